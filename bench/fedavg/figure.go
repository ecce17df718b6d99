package main

import (
	"fmt"

	"github.com/althing-network/althing/bench/plot"
	"github.com/althing-network/althing/model"
)

// figureOf draws the monotone curves of a log, one chart per split. Dashes show the epochs: 1
// is solid, 20 is dotted, others are dashed.
func figureOf(o options, log *record) plot.Figure {
	target := model.Fraction(o.target)
	f := plot.Figure{Title: fmt.Sprintf("%s on Fashion-MNIST, 100 clients, 10 per round", map[string]string{twoNN: "2NN", cnn: "CNN"}[o.model])}
	for _, s := range o.splits {
		c := plot.Chart{
			Title: titleOf(s),
			X:     plot.Axis{Label: "rounds", Log: true, Min: 1, Max: float64(max(2, o.rounds))},
			Y:     plot.Axis{Label: "best accuracy so far", Min: 0.5, Max: 0.9},
			Lines: []plot.Line{{Dashes: plot.Dashed, Points: []plot.Point{{X: 1, Y: target}, {X: float64(o.rounds), Y: target}}}},
		}
		for _, row := range o.rows {
			r := outcome(o, log, setting{o.model, s, row})
			if !r.Measured {
				continue
			}
			l := plot.Line{Name: row.String(), Dashes: dashes(row)}
			for round, accuracy := range best(r.curve) {
				if round > 0 {
					l.Points = append(l.Points, plot.Point{X: float64(round), Y: accuracy})
				}
			}
			c.Lines = append(c.Lines, l)
		}
		if len(c.Lines) > 1 {
			f.Charts = append(f.Charts, c)
		}
	}
	return f
}

func dashes(r row) plot.Dashes {
	switch r.Epochs {
	case 1:
		return plot.Solid
	case 20:
		return plot.Dotted
	default:
		return plot.Dashed
	}
}
