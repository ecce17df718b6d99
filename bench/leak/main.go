// Command leak attacks the privacy of rows, with and without noise, and draws the results. One
// attack rebuilds rows from one step of their trainer; the other guesses whether a row was
// among those that a model was trained on. It measures no network, and it proves nothing: a
// failed attack is not a guarantee, only epsilon is.
//
//	go run ./bench/leak
//	go run ./bench/leak --out docs
//
// All randomness comes from fixed seeds, so the pictures are reproducible.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/althing-network/althing/bench/command"
	"github.com/althing-network/althing/bench/plot"
	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

// options are the values of the flags.
type options struct {
	models int
	out    string // folder for pictures; empty: none
}

func main() {
	command.Main("leak", parse, func(ctx context.Context, o options) error { return run(ctx, o, os.Stdout) })
}

// parse parses the flags, and writes an error about them to w.
func parse(arguments []string, w io.Writer) (o options, err error) {
	f := flag.NewFlagSet("bench/leak", flag.ContinueOnError)
	f.SetOutput(w)
	f.IntVar(&o.models, "models", 256, "models to train and attack per epsilon")
	f.StringVar(&o.out, "out", "", "`folder` for the pictures (default: no pictures)")
	if err := f.Parse(arguments); err != nil {
		return o, err
	}
	switch {
	case o.models < 8:
		err = fmt.Errorf("--models %d: want at least 8", o.models)
	case f.NArg() > 0:
		err = errors.New("want flags only")
	}
	if err != nil {
		fmt.Fprintln(w, "bench/leak:", err)
	}
	return o, err
}

// run runs both attacks and prints the results.
func run(ctx context.Context, o options, w io.Writer) error {
	rows, holdout, err := digits()
	if err != nil {
		return err
	}
	shown, all, err := inversions(ctx, rows)
	if err != nil {
		return err
	}
	fmt.Fprintln(w, "| one step of a trainer with one row | likeness of what is rebuilt, mean of ten rows |\n|---|---|")
	for _, i := range all {
		sum := 0.0
		for _, v := range i.likeness {
			sum += v / float64(len(i.likeness))
		}
		fmt.Fprintf(w, "| %s | %.3f |\n", i.name, sum)
	}
	few := shown.View([]int{0, 1, 2, 3, 4})
	for i := range all {
		all[i].rebuilt = all[i].rebuilt[:few.Rows()]
	}
	if err := o.write("privacy-inversion.svg", gallery(few, all).WriteSVG); err != nil {
		return err
	}
	lines, err := memberships(ctx, o.models, rows, holdout, w)
	if err != nil {
		return err
	}
	figure := plot.Figure{Title: "was this row among those trained on?", Charts: []plot.Chart{{
		X:     plot.Axis{Label: "of rows that were not, accused", Log: true, Min: 1e-4, Max: 1},
		Y:     plot.Axis{Label: "of rows that were, found", Log: true, Min: 1e-4, Max: 1},
		Lines: lines,
	}}}
	return o.write("privacy-membership.svg", figure.WriteSVG)
}

// write writes a picture to a file in --out, if that is set.
func (o options) write(name string, draw func(io.Writer) error) error {
	if o.out == "" {
		return nil
	}
	file, err := os.Create(filepath.Join(o.out, name))
	if err != nil {
		return err
	}
	return errors.Join(draw(file), file.Close())
}

// digits are few rows to train on, so that a model can memorise them, and a hold-out.
func digits() (rows, holdout data.Table, err error) {
	table, err := data.Digits()
	if err != nil {
		return rows, holdout, err
	}
	const few = 300
	rows, holdout, err = data.Holdout(table, spec.One/5, 1)
	if err != nil {
		return rows, holdout, err
	}
	first := make([]int, few)
	for i := range first {
		first[i] = i
	}
	return rows.View(first), holdout, nil
}

// inversions attacks the first row of each class, without noise and with several epsilons.
func inversions(ctx context.Context, rows data.Table) (shown data.Table, all []inversion, err error) {
	var first []int
	for class := range rows.Classes {
		for i, y := range rows.Y {
			if int(y) == class {
				first = append(first, i)
				break
			}
		}
	}
	shown = rows.View(first)
	values := (rows.Features + 1) * rows.Classes
	clear, err := invert(ctx, shown, "without noise", nil)
	if err != nil {
		return shown, nil, err
	}
	all = append(all, clear)
	for _, epsilon := range []float64{8, 1} {
		p, err := promised(epsilon, values, 1, 1)
		if err != nil {
			return shown, nil, err
		}
		found, err := invert(ctx, shown, fmt.Sprintf("epsilon %v", epsilon), &p)
		if err != nil {
			return shown, nil, err
		}
		all = append(all, found)
	}
	return shown, all, nil
}

// memberships attacks models without noise and with several epsilons. It prints a table and
// returns the lines of a chart.
func memberships(ctx context.Context, models int, rows, holdout data.Table, w io.Writer) (lines []plot.Line, err error) {
	weights, err := model.Init(attacked(rows))
	if err != nil {
		return nil, err
	}
	fmt.Fprintln(w, "\n| model | accuracy | share of members found at a false positive rate of 0.1 | of 0.01 | of 0.001 |\n|---|---|---|---|---|")
	for _, epsilon := range []float64{0, 8, 1} {
		name, p := "without noise", (*promise)(nil)
		if epsilon > 0 {
			made, err := promised(epsilon, len(weights), 30, uint64(rows.Rows()/2))
			if err != nil {
				return nil, err
			}
			name, p = fmt.Sprintf("epsilon %v", epsilon), &made
		}
		all, err := worldsOf(ctx, rows, holdout, models, p)
		if err != nil {
			return nil, err
		}
		points := curve(all.ratios())
		fmt.Fprintf(w, "| %s | %.3f | %.3f | %.4f | %.4f |\n", name, all.accuracy, found(points, 0.1), found(points, 0.01), found(points, 0.001))
		lines = append(lines, plot.Line{Name: name, Points: points})
	}
	return append(lines,
		plot.Line{Name: "the most there can be at epsilon 1", Dashes: plot.Dashed, Points: bound(1)},
		plot.Line{Name: "guessing", Dashes: plot.Dotted, Points: bound(0)},
	), nil
}
