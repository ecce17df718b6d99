// Package audit tests from outside whether noise is what a model card claims. It compares
// what was released with what the claim allows, and gives the probability that an honest
// release looks like that. It makes no noise, counts no cost and decides nothing. A claim
// that is not refuted is not proven.
//
// There are two kinds of audit. [Residual] knows the true sum, so it sees the noise
// itself: it tests whether the implementation is the mechanism on the card, and nothing
// else by which rows may leak. [OneRun] and [Steinke] know only which canaries were in
// and what was released. They assume nothing about the noise and give a lower bound on the
// privacy loss, but have less power. [Norm] is the check that a node makes of its own
// noise.
//
// Every probability here is an upper bound that holds for any number of coordinates,
// without asymptotic approximations. docs/privacy-audits.md says what each audit proves,
// what it does not prove, and what it was measured to catch.
package audit
