// Command theory draws the figures of docs/theory.md: the distance between federated training
// of a regularised softmax and its optimum after each round, with the two bounds of the
// convergence theorem, for 1 to 64 trainers, all or a quarter of them per round, with one
// step or several epochs between rounds. It is not a test: a curve that leaves a bound is
// shown, not an error. The tests are in bench/theory/theorem.
//
//	go run ./bench/theory --out DIR
//	go run ./bench/theory --json --trainers 16,64 --seeds 10
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/althing-network/althing/bench/theory/theorem"
)

// errFlags is wrapped by errors that package flag has printed already.
var errFlags = errors.New("flags")

// options are the values of the flags.
type options struct {
	trainers []int
	rounds   int
	seeds    int
	out      string // folder for the plots; empty: no plots
	json     bool
}

func main() {
	o, err := parse(os.Args[1:], os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return
	case errors.Is(err, errFlags):
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	if err == nil {
		err = run(ctx, o, os.Stdout, newBar(os.Stderr))
	}
	if ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/theory:", err)
		os.Exit(1)
	}
}

// parse parses the flags. Help and errors of package flag are written to w.
func parse(arguments []string, w io.Writer) (o options, err error) {
	f := flag.NewFlagSet("bench/theory", flag.ContinueOnError)
	f.SetOutput(w)
	trainers := f.String("trainers", "1,2,4,8,16,32,64", "`numbers` of trainers, separated by commas, each a divisor of 448, the number of rows")
	f.IntVar(&o.rounds, "rounds", 100, "rounds per curve")
	f.IntVar(&o.seeds, "seeds", 100, "runs per curve, over which the mean is taken")
	f.StringVar(&o.out, "out", "", "`folder` for the SVG plots (default: no plots)")
	f.BoolVar(&o.json, "json", false, "print JSON, one object per curve")
	if err := f.Parse(arguments); err != nil {
		return o, fmt.Errorf("%w: %w", errFlags, err)
	}
	for s := range strings.SplitSeq(*trainers, ",") {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			return o, fmt.Errorf("--trainers %q: want numbers above 0, for example 4,16", *trainers)
		}
		o.trainers = append(o.trainers, n)
	}
	switch {
	case o.rounds < 1 || o.seeds < 1:
		return o, fmt.Errorf("--rounds %d --seeds %d: want at least 1 of both", o.rounds, o.seeds)
	case f.NArg() > 0:
		return o, fmt.Errorf("%q: want flags only", f.Arg(0))
	}
	return o, nil
}

// run measures all curves, prints each when it is ready, and draws them.
func run(ctx context.Context, o options, w io.Writer, b *bar) error {
	table, err := theorem.Digits()
	if err != nil {
		return err
	}
	p, err := theorem.NewProblem(table, decay)
	if err != nil {
		return err
	}
	if o.out != "" {
		if err := os.MkdirAll(o.out, 0o755); err != nil { // fail before hours of work, not after
			return err
		}
	}
	if !o.json {
		fmt.Fprintf(w, "mu %.3g, L %.4g, eta %s, batches of %d rows, seeds: %d\n%s\n", p.Mu, p.L, p.Rate(), batch, o.seeds, head)
	}
	all := settings(o.trainers)
	b.all = len(all) * o.seeds
	defer b.clear()
	var results []result
	for _, s := range all {
		b.what = s.String()
		r, err := s.measure(ctx, p, o, b.tick)
		if err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
		results = append(results, r)
		b.clear()
		if err := r.print(w, o.json); err != nil {
			return err
		}
	}
	if o.out == "" {
		return nil
	}
	return draw(o.out, results)
}

// print prints a result as a line of the table or as a line of JSON.
func (r result) print(w io.Writer, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(r)
	}
	_, err := fmt.Fprintln(w, r)
	return err
}

// draw writes the plots into a folder.
func draw(folder string, results []result) error {
	for name, figure := range figures(results) {
		f, err := os.Create(filepath.Join(folder, name))
		if err != nil {
			return err
		}
		if err := errors.Join(figure.WriteSVG(f), f.Close()); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}
