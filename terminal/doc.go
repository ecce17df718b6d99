// Package terminal draws for people: a [view.Page], bars, plots, paragraphs, and a region
// that is redrawn while something runs.
//
// A [Screen] is made once from a stream and the environment. It knows how wide the terminal
// is, whether it shows colours and UTF-8, and whether it can redraw. A pipe has neither
// colours nor a width, and gets plain ASCII for everything that this package draws.
//
// The package reads nothing from a chain and does not print JSON; it only draws what it is
// given. Control characters in texts of other people become question marks.
package terminal
