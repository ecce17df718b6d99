// Package plot draws line charts as SVG: one or several on a page, with linear or
// logarithmic axes and one legend; pages of bars made of parts; and galleries of small
// pictures. A figure is plain data and drawing it is a function, so the same figure gives
// the same bytes.
//
//	f := plot.Figure{Charts: []plot.Chart{{
//		Title: "2NN, IID",
//		X:     plot.Axis{Label: "round"},
//		Y:     plot.Axis{Label: "accuracy", Max: 1},
//		Lines: []plot.Line{{Name: "E = 5, B = 10", Points: points}},
//	}}}
//	err := f.WriteSVG(file)
//
// It is not a statistics or graphics library: it computes nothing, has no
// areas or interaction, and does not guess units.
package plot
