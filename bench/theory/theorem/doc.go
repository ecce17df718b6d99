// Package theorem puts the convergence theorem of stochastic gradient descent to
// the test on the network's own code: trainers step with package train, their
// updates are made fixed-point by package model and averaged by package aggregate.
//
// The theorem: let F be mu-strongly convex and L-smooth, and let each step go
// against an unbiased estimate of its gradient whose variance is at most sigma^2,
// at a rate eta <= 1/L. Then, for every t,
//
//	E|w_t - w*|^2 <= (1 - eta mu)^t |w_0 - w*|^2 + eta sigma^2 / mu
//
// and eta <= 1/L <= 1/mu makes the last term at most sigma^2 / mu^2, which is how
// the theorem is often quoted. The proof, one step: going against the gradient
// itself multiplies the squared distance by 1 - 2 eta mu L / (mu + L) at most, which
// is no more than 1 - eta mu (Nesterov 2004, theorem 2.1.15); the noise
// has mean zero, so it adds its variance, eta^2 sigma^2 at most; and the sum of what
// is left of it over all steps is geometric (as in Bottou, Curtis and Nocedal 2018,
// section 4.2).
//
// The package knows mu, L, w* and sigma^2 of one [Problem], L2-regularised softmax
// regression, in float64. It proves nothing about other models, and it is not used
// by the network.
package theorem
