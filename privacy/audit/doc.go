// Package audit says from outside whether noise is what a model card claims: it
// compares what was released with what the claim allows, and gives the chance that
// an honest release looks like that. It makes no noise, counts no cost and decides
// nothing; a claim that is not refuted is not proven.
//
// There are two kinds of audit. [Residual] knows the true sum, so it sees the noise
// itself: it says whether the implementation is the mechanism on the card, and
// nothing of other ways by which rows may leak. [OneRun] and [Steinke] know only
// which canaries were in and what was released. They assume nothing about noise, and
// bound from below what was lost; the price is power. [Norm] is the check that a
// node makes of its own noise.
//
// Every chance here is an upper bound that holds for any number of coordinates,
// with no approximation for large numbers. docs/privacy-audits.md says what each audit
// proves, what it does not, and what it was measured to catch.
package audit
