// Package theorem tests the convergence theorem of stochastic gradient descent on the
// network's own code: trainers make steps with package train; package model converts their
// updates to fixed point; package aggregate averages them.
//
// The theorem: let F be mu-strongly convex and L-smooth, and let each step go against an
// unbiased estimate of the gradient with a variance of at most sigma^2, at a rate eta <= 1/L.
// Then, for every t,
//
//	E|w_t - w*|^2 <= (1 - eta mu)^t |w_0 - w*|^2 + eta sigma^2 / mu
//
// Because eta <= 1/L <= 1/mu, the last term is at most sigma^2 / mu^2, which is how the
// theorem is often quoted. Proof of one step: a step against the exact gradient multiplies
// the squared distance by at most 1 - 2 eta mu L / (mu + L), which is at most 1 - eta mu
// (Nesterov 2004, theorem 2.1.15). The noise has mean zero, so it adds its variance, at most
// eta^2 sigma^2. Over all steps, what remains of these variances is a geometric sum (as in
// Bottou, Curtis and Nocedal 2018, section 4.2).
//
// The package knows mu, L, w* and sigma^2 of one [Problem], L2-regularised softmax
// regression, in float64. It proves nothing about other models, and it is not used
// by the network.
package theorem
