// Command tables compares what ten trainers with different kinds of rows learn together with
// scikit-learn, which has all their rows, on raw popular data sets. Tasks have the defaults
// for tables. They run in the simulator, with the roles and rounds of a network, and with
// --demo also in "althing demo", with real consensus. It is not a test: missed targets are
// printed.
//
//	go run ./bench/tables
//	go run ./bench/tables --only iris,wine --splits 5
//	go run ./bench/tables --demo --trials docs/tables-accuracy.jsonl --plot docs/tables-accuracy.svg
//
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
	"strings"

	"github.com/althing-network/althing/bench/command"
)

// options are the values of the flags.
type options struct {
	only   []string // names of data sets
	splits int
	demo   bool
	python string
	trials string // file; empty: trials are not kept
	plot   string // file; empty: none
}

func main() {
	command.Main("tables", parse, func(ctx context.Context, o options) error { return run(ctx, o, os.Stdout, os.Stderr) })
}

// parse parses the flags, and writes an error about them to w.
func parse(arguments []string, w io.Writer) (o options, err error) {
	var names []string
	for _, s := range sets() {
		names = append(names, s.name)
	}
	all := strings.Join(names, ",")
	f := flag.NewFlagSet("bench/tables", flag.ContinueOnError)
	f.SetOutput(w)
	only := f.String("only", all, "data `sets` to learn, separated by commas; none: only print tables and draw the picture")
	f.IntVar(&o.splits, "splits", 20, "`number` of random splits per data set")
	f.BoolVar(&o.demo, "demo", false, "also learn each data set once with althing demo")
	f.StringVar(&o.python, "python", "", "Python that has scikit-learn "+sklearnVersion+", pandas "+pandasVersion+" and palmerpenguins "+penguinsVersion+" (default: one that is installed into "+folder+")")
	f.StringVar(&o.trials, "trials", "", "`file` to which trials are appended, one per line, and that keeps earlier ones")
	f.StringVar(&o.plot, "plot", "", "`file` for the picture")
	if err := f.Parse(arguments); err != nil {
		return o, err
	}
	o.only = strings.Split(*only, ",")
	switch {
	case f.NArg() > 0:
		err = errors.New("want flags only")
	case o.splits < 1:
		err = fmt.Errorf("--splits %d: want at least 1", o.splits)
	default:
		for _, name := range o.only {
			if name != "none" && !slices.Contains(names, name) {
				err = fmt.Errorf("--only %q: want some of %s, or none", name, all)
			}
		}
	}
	if err != nil {
		fmt.Fprintln(w, "bench/tables:", err)
	}
	return o, err
}

// run runs the trials that are missing, and reports all trials and the missed targets.
func run(ctx context.Context, o options, w, log io.Writer) error {
	all, err := readRecords(o.trials)
	if err != nil {
		return err
	}
	if !slices.Equal(o.only, []string{"none"}) {
		if all, err = measure(ctx, o, all, log); err != nil {
			return err
		}
	}
	if _, err := io.WriteString(w, tables(all)); err != nil {
		return err
	}
	for _, line := range missed(all) {
		fmt.Fprintln(log, "missed:", line)
	}
	if o.plot == "" {
		return nil
	}
	return draw(o.plot, all)
}

// measure runs the missing trials.
func measure(ctx context.Context, o options, all []record, log io.Writer) (_ []record, err error) {
	path, err := python(ctx, o.python, log)
	if err != nil {
		return all, err
	}
	peer, err := start(ctx, path)
	if err != nil {
		return all, err
	}
	defer func() { err = errors.Join(err, peer.Close()) }()
	folder, err := os.MkdirTemp("", "althing-tables-")
	if err != nil {
		return all, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	b := bench{peer: peer, folder: folder, records: all, keep: o.trials, log: log}
	for _, s := range sets() {
		if !slices.Contains(o.only, s.name) {
			continue
		}
		if err := b.run(ctx, s, o.splits, o.demo); err != nil {
			return b.records, fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return b.records, nil
}
