package main

import (
	"fmt"
	"math"
	"slices"

	"github.com/althing-network/althing/bench/plot"
)

// figures are the plots by file name, for one step and for several epochs, for all trainers
// and for a quarter of them. A plot has one chart per number of trainers.
func figures(results []result) map[string]plot.Figure {
	all := map[string]plot.Figure{}
	for _, part := range []struct {
		name, says string
		has        func(result) bool
	}{
		{"all", "all trainers in every round", func(r result) bool { return r.Drawn == r.Trainers }},
		{"quarter", "a quarter of the trainers, at least one, in every round", func(r result) bool { return r.Drawn < r.Trainers }},
	} {
		steps, epochs := plot.Figure{Title: "One step, " + part.says, Columns: 3}, plot.Figure{Title: "Several epochs, " + part.says, Columns: 3}
		for first := range results {
			if r := results[first]; part.has(r) && r.Epochs == 0 {
				steps.Charts = append(steps.Charts, chart(r))
				epochs.Charts = append(epochs.Charts, chart(alike(results, r)...))
			}
		}
		if len(steps.Charts) > 0 {
			level(&steps)
			level(&epochs)
			all["theory-steps-"+part.name+".svg"], all["theory-epochs-"+part.name+".svg"] = steps, epochs
		}
	}
	return all
}

// alike are the results with the same numbers of trainers.
func alike(results []result, like result) (same []result) {
	for _, r := range results {
		if r.Trainers == like.Trainers && r.Drawn == like.Drawn {
			same = append(same, r)
		}
	}
	return same
}

// chart shows results with the same numbers of trainers, and their bounds. The bounds are
// those of the largest sigma^2, which are the highest.
func chart(results ...result) plot.Chart {
	loosest := slices.MaxFunc(results, func(a, b result) int {
		switch {
		case a.Sigma2 < b.Sigma2:
			return -1
		case a.Sigma2 > b.Sigma2:
			return 1
		}
		return 0
	})
	first := results[0]
	title := fmt.Sprintf("%d trainers, %d in a round", first.Trainers, first.Drawn)
	if first.Drawn == first.Trainers {
		title = fmt.Sprintf("%d trainers", first.Trainers)
	}
	if first.Trainers == 1 {
		title = "1 trainer"
	}
	c := plot.Chart{
		Title: title,
		X:     plot.Axis{Label: "t, in rounds", Max: float64(first.Rounds)},
		Y:     plot.Axis{Label: fmt.Sprintf("|w − w*|², mean of %d seeds", first.Seeds), Log: true},
		Lines: []plot.Line{
			{Name: "bound with σ²/μ²", Dashes: plot.Dashed, Points: points(first.Rounds, loosest.curve.Quoted())},
			{Name: "bound with ησ²/μ", Dashes: plot.Dotted, Points: points(first.Rounds, loosest.curve.Tight())},
		},
	}
	for _, r := range results {
		c.Lines = append(c.Lines, plot.Line{Name: r.work(), Points: points(r.Rounds, func(t int) float64 { return r.curve.Mean[t] })})
	}
	for _, r := range results {
		if t := r.LeavesTight; t != nil {
			c.Lines = append(c.Lines, plot.Line{Name: "leaves the bound with ησ²/μ", Points: []plot.Point{{X: float64(*t), Y: r.curve.Mean[*t]}}})
		}
	}
	return c
}

func points(rounds int, at func(t int) float64) (all []plot.Point) {
	for t := range rounds + 1 {
		all = append(all, plot.Point{X: float64(t), Y: at(t)})
	}
	return all
}

// level gives all charts of a figure the same vertical axis, from one power of ten to another.
func level(f *plot.Figure) {
	low, high := math.Inf(1), math.Inf(-1)
	for _, c := range f.Charts {
		for _, l := range c.Lines {
			for _, p := range l.Points {
				low, high = min(low, p.Y), max(high, p.Y)
			}
		}
	}
	for i := range f.Charts {
		y := &f.Charts[i].Y
		y.Min, y.Max = math.Pow10(int(math.Floor(math.Log10(low)))), math.Pow10(int(math.Ceil(math.Log10(high))))
	}
}
