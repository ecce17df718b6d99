// Command privacy measures how fast noise is drawn and an update is made private, on one
// core, and compares with simple float noise. It is not a test of speed: a missed target is
// printed; it fails only if both sides draw from different laws.
//
//	go run ./bench/privacy
//	go run ./bench/privacy --json --rounds 51
//
// All sides take turns in slices of CPU time, so that other load on the machine affects all
// of them; a figure is the median of the rounds.
//
//   - samples: draws from a table, with randomness from AES-256 under a key of crypto/rand,
//     added to integers. The plain side draws floats with math/rand/v2, which is not private.
//   - exact: draws from the sampler that only compares integers, against the same plain side.
//   - table: the time to make a table, once per task.
//   - update: an update of integers is rotated and clipped, and a Skellam share is added. The
//     plain side clips floats and adds float noise, without a rotation.
//
// bench/epsilon measures how much accuracy noise costs; bench/opacus compares whole private
// trainings with another program.
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

// options are the values of the flags.
type options struct {
	rounds     int
	slice      time.Duration
	parameters int
	json       bool
}

func main() {
	command.Main("privacy", parse, func(ctx context.Context, o options) error { return run(ctx, o, os.Stdout) })
}

// parse parses the flags, and writes an error about them to w.
func parse(arguments []string, w io.Writer) (o options, err error) {
	f := flag.NewFlagSet("bench/privacy", flag.ContinueOnError)
	f.SetOutput(w)
	f.IntVar(&o.rounds, "rounds", 21, "slices per side")
	f.DurationVar(&o.slice, "slice", 20*time.Millisecond, "CPU `time` of a slice, which has at least one piece of work")
	f.IntVar(&o.parameters, "parameters", 100_000, "values of an update")
	f.BoolVar(&o.json, "json", false, "print JSON, one object per line")
	if err := f.Parse(arguments); err != nil {
		return o, err
	}
	switch {
	case o.rounds < 1:
		err = fmt.Errorf("--rounds %d: want at least 1", o.rounds)
	case o.slice <= 0:
		err = fmt.Errorf("--slice %s: want more than 0s", o.slice)
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
