// Command epsilon measures how much accuracy privacy costs. It runs tasks in each mode with
// several epsilons, and the same tasks without noise, in the simulator, with the roles,
// rounds and books of a real network. It measures neither time nor attacks.
//
//	go run ./bench/epsilon --only digits
//	go run ./bench/epsilon --only clients --epsilons 8 --fashion /usr/share/datasets/fashion-mnist
//	go run ./bench/epsilon --only none --trials docs/privacy-accuracy.jsonl --plot docs/privacy-accuracy.svg
//
// Fashion-MNIST is a folder of its four IDX files; Debian has it as dataset-fashion-mnist.
// Each trial is a line of a file. A trial that is in the file is not run again. The tables
// and the picture show all trials in the file.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/althing-network/althing/bench/command"
)

// options are the values of the flags.
type options struct {
	only     []string // names of groups
	epsilons []float64
	seeds    int
	fashion  string // folder
	trials   string // file; empty: trials are not kept
	plot     string // file; empty: none
}

func main() {
	command.Main("epsilon", parse, func(ctx context.Context, o options) error { return run(ctx, o, os.Stdout, os.Stderr) })
}

// parse parses the flags, and writes an error about them to w.
func parse(arguments []string, w io.Writer) (o options, err error) {
	f := flag.NewFlagSet("bench/epsilon", flag.ContinueOnError)
	f.SetOutput(w)
	only := f.String("only", "digits,fashion,clients", "`groups` of trials to run, separated by commas; none: only print tables and draw the picture")
	epsilons := f.String("epsilons", "0.1,0.5,1,2,4,8", "`numbers`, separated by commas, each the budget of a whole task")
	f.IntVar(&o.seeds, "seeds", 5, "trials per mode and epsilon")
	f.StringVar(&o.fashion, "fashion", "/usr/share/datasets/fashion-mnist", "`folder` of Fashion-MNIST")
	f.StringVar(&o.trials, "trials", "", "`file` to which trials are appended, one per line, and that keeps earlier ones")
	f.StringVar(&o.plot, "plot", "", "`file` for the picture")
	if err := f.Parse(arguments); err != nil {
		return o, err
	}
	if err = o.fill(*only, *epsilons); err == nil && f.NArg() > 0 {
		err = errors.New("want flags only")
	}
	if err != nil {
		fmt.Fprintln(w, "bench/epsilon:", err)
	}
	return o, err
}

func (o *options) fill(only, epsilons string) error {
	for name := range strings.SplitSeq(only, ",") {
		if name != "none" && !slices.ContainsFunc(groups(""), func(g group) bool { return g.name == name }) {
			return fmt.Errorf("--only %q: want digits, fashion, clients or none", name)
		}
		o.only = append(o.only, name)
	}
	for text := range strings.SplitSeq(epsilons, ",") {
		e, err := strconv.ParseFloat(text, 64)
		if err != nil || !(e >= 0.01 && e <= 100) {
			return fmt.Errorf("--epsilons %q: want numbers from 0.01 to 100", text)
		}
		o.epsilons = append(o.epsilons, e)
	}
	if o.seeds < 1 {
		return fmt.Errorf("--seeds %d: want at least 1", o.seeds)
	}
	return nil
}

// group are modes that are compared on the same rows.
type group struct {
	name, title string
	modes       []mode
	rows        func() (federation, error)
}

func groups(fashion string) []group {
	return []group{
		{"digits", "digits, 10 trainers", fewModes(), func() (federation, error) { return digitsOf(10) }},
		{"fashion", "Fashion-MNIST, 10 trainers", fewModes(), func() (federation, error) { return fashionOf(fashion, 10) }},
		{"clients", "Fashion-MNIST, 1,000 trainers", clientModes(), func() (federation, error) { return fashionOf(fashion, manyTrainers) }},
	}
}

// run runs the trials that are missing, and reports all.
func run(ctx context.Context, o options, w, log io.Writer) error {
	all, err := readRecords(o.trials)
	if err != nil {
		return err
	}
	for _, g := range groups(o.fashion) {
		if !slices.Contains(o.only, g.name) {
			continue
		}
		if all, err = g.run(ctx, o, all, log); err != nil {
			return err
		}
	}
	if _, err := io.WriteString(w, tables(all)); err != nil || o.plot == "" {
		return err
	}
	return draw(o.plot, all)
}

// run runs the missing trials of a group.
func (g group) run(ctx context.Context, o options, all []record, log io.Writer) ([]record, error) {
	f, err := g.rows()
	if err != nil {
		return all, err
	}
	for _, m := range g.modes {
		epsilons, seeds := o.epsilons, o.seeds
		if m.public() { // without noise nothing is random: a softmax starts at zero
			epsilons, seeds = []float64{0}, 1
		}
		for _, epsilon := range epsilons {
			for seed := range uint64(seeds) {
				r := record{Group: g.name, Mode: m.name, Epsilon: epsilon, Seed: seed + 1}
				if r.in(all) {
					continue
				}
				if r.Accuracy, err = trial(ctx, f, m, epsilon, r.Seed); err != nil {
					return all, fmt.Errorf("epsilon %v: %w", epsilon, err)
				}
				fmt.Fprintf(log, "%s, %s, epsilon %v, seed %d: %.3f\n", r.Group, r.Mode, r.Epsilon, r.Seed, r.Accuracy)
				if err := r.append(o.trials); err != nil {
					return all, err
				}
				all = append(all, r)
			}
		}
	}
	return all, nil
}
