// Package view is what a person is shown of a task, a round, a node, a model, a proposal, a
// data set or a budget. The terminal, --json and web pages share it.
//
// Each thing has a struct. Its JSON is what --json prints. Where a thing needs more than one
// query, a function ReadX reads it through a [client.Client]. The method Page lays the thing
// out as a neutral [Page] of labels, texts, tables, bars and plots.
//
// The package never prints: it knows no terminal, no width, no colour code and no HTML. It
// does not sign or send anything either. Texts that other people wrote (names, titles, cards)
// are in a Page as they are on the chain; whoever draws the Page makes them harmless.
package view
