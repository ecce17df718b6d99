// Command privacy measures how fast noise is drawn and an update made private, on one
// core, beside what programs do that add float noise. It is no test of speed: a missed
// target is printed, and only sides that draw different laws are an error.
//
//	go run ./bench/privacy
//	go run ./bench/privacy --json --rounds 51
//
// All take turns in slices of CPU time, so that what else the machine does hits each
// of them; a figure is the median of the rounds.
//
//   - samples: draws from a table, added to integers, from AES-256 under a key of
//     crypto/rand. The plain side draws floats with math/rand/v2: it is not private.
//   - exact: draws from the sampler that compares integers only; the same plain side.
//   - table: how long it takes to make a table, once a task.
//   - update: an update of integers is rotated, clipped and given a Skellam share. The
//     plain side clips floats and adds float noise, without a rotation.
//
// What noise costs in accuracy is measured by bench/epsilon, a whole private training
// beside another program's by bench/opacus.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/althing-network/althing/bench/command"
)

// options are what the flags say.
type options struct {
	rounds     int
	slice      time.Duration
	parameters int
	json       bool
}

func main() {
	command.Main("privacy", parse, func(ctx context.Context, o options) error { return run(ctx, o, os.Stdout) })
}

// parse reads the flags and says on w what is wrong with them.
func parse(arguments []string, w io.Writer) (o options, err error) {
	f := flag.NewFlagSet("bench/privacy", flag.ContinueOnError)
	f.SetOutput(w)
	f.IntVar(&o.rounds, "rounds", 21, "turns: slices of each side")
	f.DurationVar(&o.slice, "slice", 20*time.Millisecond, "CPU `time` of a slice, at least one piece of work")
	f.IntVar(&o.parameters, "parameters", 100_000, "values of an update")
	f.BoolVar(&o.json, "json", false, "print one JSON object a line")
	if err := f.Parse(arguments); err != nil {
		return o, err
	}
	switch {
	case o.rounds < 1:
		err = fmt.Errorf("--rounds %d: want at least 1", o.rounds)
	case o.slice <= 0:
		err = fmt.Errorf("--slice %s: want more than nothing", o.slice)
	case o.parameters < 1 || o.parameters > 1<<24:
		err = fmt.Errorf("--parameters %d: want 1 to 2^24", o.parameters)
	case f.NArg() > 0:
		err = fmt.Errorf("%q: want flags only", f.Arg(0))
	}
	if err != nil {
		fmt.Fprintln(w, "bench/privacy:", err)
	}
	return o, err
}

// run measures all contests and prints them.
func run(ctx context.Context, o options, w io.Writer) error {
	all, err := contests(o.parameters)
	if err != nil {
		return err
	}
	results := make([]result, len(all))
	for i, c := range all {
		if results[i], err = c.measure(ctx, o); err != nil {
			return fmt.Errorf("%s, %s: %w", c.what, c.of, err)
		}
	}
	return report(w, o.json, results)
}
