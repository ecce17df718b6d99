// Command tables sets what ten trainers of unlike rows learn together beside scikit-learn,
// which has all their rows: on the data sets that people try first, raw as they come. Tasks
// have the defaults for tables and run in the simulator, with the roles and rounds of a
// network, and with --demo in "althing demo", with real consensus. It is no test: what was
// wanted and is not reached is printed.
//
//	go run ./bench/tables
//	go run ./bench/tables --only iris,wine --splits 5
//	go run ./bench/tables --demo --trials docs/tables-accuracy.jsonl --plot docs/tables-accuracy.svg
//
// Each trial is a line of a file, and none that stands there is made again. The tables and
// the picture are of all that stands there.
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

// options are what the flags say.
type options struct {
	only   []string // names of data sets
	splits int
	demo   bool
	python string
	trials string // file; empty: none is kept
	plot   string // file; empty: none
}

func main() {
	command.Main("tables", parse, func(ctx context.Context, o options) error { return run(ctx, o, os.Stdout, os.Stderr) })
}

// parse reads the flags and says on w what is wrong with them.
func parse(arguments []string, w io.Writer) (o options, err error) {
	var names []string
	for _, s := range sets() {
		names = append(names, s.name)
	}
	all := strings.Join(names, ",")
	f := flag.NewFlagSet("bench/tables", flag.ContinueOnError)
	f.SetOutput(w)
	only := f.String("only", all, "`sets` to learn; none: only tables and picture")
	f.IntVar(&o.splits, "splits", 20, "into trainers' and held-out rows, of each set")
	f.BoolVar(&o.demo, "demo", false, "learn each set once with althing demo as well")
	f.StringVar(&o.python, "python", "", "Python that has scikit-learn "+sklearnVersion+", pandas "+pandasVersion+" and palmerpenguins "+penguinsVersion+" (default: the one that is installed into "+folder+")")
	f.StringVar(&o.trials, "trials", "", "`file` that keeps trials, a line each")
	f.StringVar(&o.plot, "plot", "", "`file` for the picture")
	if err := f.Parse(arguments); err != nil {
		return o, err
	}
	o.only = strings.Split(*only, ",")
	switch {
	case f.NArg() > 0:
		err = errors.New("want flags only")
	case o.splits < 1:
		err = errors.New("want at least one split")
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

// run makes the trials that are missing, and reports all, and then what was missed.
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

// measure adds the trials that are not there yet.
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
