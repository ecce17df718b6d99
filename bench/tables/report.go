package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/althing-network/althing/bench/plot"
)

// The targets: how many points below scikit-learn a mean may be.
const (
	usualBar  = 2.0
	smallBar  = 4.0
	smallRows = 300 // a data set with fewer is small
)

// result summarises all trials of a data set in one way.
type result struct {
	set, way     string
	rows, held   int
	trials       int
	ours, theirs float64   // means
	difference   float64   // its mean, in points
	within       float64   // half the width of its 95% interval
	seconds      float64   // mean
	curve        []float64 // of the model of each round: the mean difference, in points
}

// resultOf summarises the trials of a data set. If there are none, trials is 0.
func resultOf(all []record, set, way string) (r result) {
	r.set, r.way = set, way
	var ours, theirs, differences, seconds []float64
	var curves [][]float64 // by round
	for _, t := range all {
		if t.Set != set || t.Way != way {
			continue
		}
		r.trials, r.rows, r.held = r.trials+1, t.Rows, t.Held
		ours, theirs, seconds = append(ours, t.Ours), append(theirs, t.Theirs), append(seconds, t.Seconds)
		differences = append(differences, points*(t.Ours-t.Theirs))
		for i, score := range t.Curve {
			if i == len(curves) {
				curves = append(curves, nil)
			}
			curves[i] = append(curves[i], points*(score-t.Theirs))
		}
	}
	r.ours, _ = mean(ours)
	r.theirs, _ = mean(theirs)
	r.seconds, _ = mean(seconds)
	r.difference, r.within = mean(differences)
	for _, c := range curves {
		difference, _ := mean(c)
		r.curve = append(r.curve, difference)
	}
	return r
}

// bar is how many points below scikit-learn the mean may be.
func (r result) bar() float64 {
	if r.rows+r.held < smallRows {
		return smallBar
	}
	return usualBar
}

// results are the results of all data sets with trials in one way.
func results(all []record, way string) (found []result) {
	for _, s := range sets() {
		if r := resultOf(all, s.name, way); r.trials > 0 {
			found = append(found, r)
		}
	}
	return found
}

// missed lists the missed targets.
func missed(all []record) (lines []string) {
	for _, way := range []string{inSimulator, inDemo} {
		for _, r := range results(all, way) {
			if r.difference < -r.bar() {
				lines = append(lines, fmt.Sprintf("%s, %s: %.2f points below scikit-learn: want at most %.0f", r.set, way, -r.difference, r.bar()))
			}
		}
	}
	return lines
}

// tables are tables in Markdown, one per way.
func tables(all []record) string {
	var b strings.Builder
	if found := results(all, inSimulator); len(found) > 0 {
		b.WriteString("| in the simulator | rows | held out | splits | Althing | scikit-learn | difference in points, 95% interval | wanted |\n|---|---|---|---|---|---|---|---|\n")
		for _, r := range found {
			fmt.Fprintf(&b, "| %s | %d | %d | %d | %.3f | %.3f | %s (%s to %s) | at least %.0f |\n",
				r.set, r.rows, r.held, r.trials, r.ours, r.theirs, signed(r.difference), signed(r.difference-r.within), signed(r.difference+r.within), -r.bar())
		}
		b.WriteString("\n")
	}
	if found := results(all, inDemo); len(found) > 0 {
		b.WriteString("| in the demo | rows | held out | Althing | scikit-learn | difference in points | seconds |\n|---|---|---|---|---|---|---|\n")
		for _, r := range found {
			fmt.Fprintf(&b, "| %s | %d | %d | %.3f | %.3f | %s | %.1f |\n", r.set, r.rows, r.held, r.ours, r.theirs, signed(r.difference), r.seconds)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// signed is a number of points with its sign; 0 has no sign.
func signed(points float64) string {
	text := fmt.Sprintf("%+.2f", points)
	if text == "-0.00" || text == "+0.00" {
		return "0.00"
	}
	return text
}

// draw draws the difference to scikit-learn of the model of each round, as the mean over all
// splits in the simulator.
func draw(name string, all []record) error {
	c := plot.Chart{X: plot.Axis{Label: "rounds"}, Y: plot.Axis{Label: "points beyond scikit-learn", Min: -15, Max: 5}}
	for _, r := range results(all, inSimulator) {
		l := plot.Line{Name: r.set}
		for i, difference := range r.curve {
			l.Points = append(l.Points, plot.Point{X: float64(i + 1), Y: difference})
		}
		c.Lines = append(c.Lines, l)
	}
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	f := plot.Figure{Title: "10 trainers of unlike rows beside scikit-learn with all of them", Charts: []plot.Chart{c}}
	return errors.Join(f.WriteSVG(file), file.Close())
}
