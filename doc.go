// Package althing is the root of a network in which people who do not trust
// each other train one AI model on data that never leaves its owner, agree on
// how good it is, get paid for it and govern it together.
//
// It is documentation and the rules of the house, not an API: the command is
// cmd/althing, the vocabulary is package spec, the machine that decides a
// training round is package round, and typed access to a running chain is
// package client. DESIGN.md says why the tree is as it is, GLOSSARY.md what each
// word means; the repo_*_test.go files beside this one hold both to it.
package althing
