package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/althing-network/althing/bench/plot"
)

// accuracies are the accuracies of all trials of a mode with an epsilon, sorted.
func accuracies(all []record, group, mode string, epsilon float64) (found []float64) {
	for _, r := range all {
		if r.Group == group && r.Mode == mode && r.Epsilon == epsilon {
			found = append(found, r.Accuracy)
		}
	}
	slices.Sort(found)
	return found
}

// epsilons are all epsilons of a group's trials with noise, sorted.
func epsilons(all []record, group string) (found []float64) {
	for _, r := range all {
		if r.Group == group && r.Epsilon > 0 {
			found = append(found, r.Epsilon)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func median(sorted []float64) float64 {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// tables are tables in Markdown, one per group: the median accuracy, and the range over the
// seeds.
func tables(all []record) string {
	var b strings.Builder
	for _, g := range groups("") {
		columns := epsilons(all, g.name)
		if len(columns) == 0 {
			continue
		}
		fmt.Fprintf(&b, "| %s |", g.title)
		for _, e := range columns {
			fmt.Fprintf(&b, " epsilon %v |", e)
		}
		b.WriteString("\n|---" + strings.Repeat("|---", len(columns)) + "|\n")
		for _, m := range g.modes {
			fmt.Fprintf(&b, "| %s |", m.name)
			for _, e := range columns {
				if m.public() {
					e = 0
				}
				fmt.Fprintf(&b, " %s |", cell(accuracies(all, g.name, m.name, e)))
			}
			b.WriteString("\n")
		}
		b.WriteString("\n")
	}
	return b.String()
}

func cell(sorted []float64) string {
	switch len(sorted) {
	case 0:
		return "-"
	case 1:
		return fmt.Sprintf("%.3f", sorted[0])
	}
	return fmt.Sprintf("%.3f (%.3f to %.3f)", median(sorted), sorted[0], sorted[len(sorted)-1])
}

// draw draws the medians of all groups by epsilon.
func draw(name string, all []record) error {
	f := plot.Figure{Title: "accuracy of the hold-out over the budget of the whole task", Columns: 2}
	for _, g := range groups("") {
		across := epsilons(all, g.name)
		if len(across) == 0 {
			continue
		}
		c := plot.Chart{Title: g.title, X: plot.Axis{Label: "epsilon", Log: true, Min: 0.1, Max: 10}, Y: plot.Axis{Label: "accuracy", Max: 1}}
		for _, m := range g.modes {
			name, _, _ := strings.Cut(m.name, ", 1,000")
			l := plot.Line{Name: name}
			for _, e := range across {
				of := e
				if m.public() {
					l.Dashes, of = plot.Dashed, 0
				}
				if found := accuracies(all, g.name, m.name, of); len(found) > 0 {
					l.Points = append(l.Points, plot.Point{X: e, Y: median(found)})
				}
			}
			c.Lines = append(c.Lines, l)
		}
		f.Charts = append(f.Charts, c)
	}
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(f.WriteSVG(file), file.Close())
}
