// Package plot draws SVG pictures: pages of line charts with linear or logarithmic axes and
// one legend ([Figure]); pages of stacked bars ([Bars]); and galleries of small pictures
// ([Gallery]). A figure is plain data, and the same figure gives the same bytes.
//
//	f := plot.Figure{Charts: []plot.Chart{{
//		Title: "2NN, IID",
//		X:     plot.Axis{Label: "round"},
//		Y:     plot.Axis{Label: "accuracy", Max: 1},
//		Lines: []plot.Line{{Name: "E = 5, B = 10", Points: points}},
//	}}}
//	err := f.WriteSVG(file)
//
// It is not a statistics or graphics library: it computes no figures, has no interaction,
// and does not guess units.
package plot
