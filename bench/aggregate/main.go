// Command aggregate measures how fast updates are combined to the next model, and compares
// with the fastest aggregation function of Flower. It is not a test of speed: a missed
// target is printed; it fails only if both sides compute different models.
//
//	go run ./bench/aggregate
//	go run ./bench/aggregate --json --rounds 21
//
// All sides take turns, so that other load on the machine affects all of them; a ratio is
// the median of the rounds' ratios. There are 10 updates of 4,000,000 parameters:
//
//   - memory: from updates as bytes in memory to the weights of the next model.
//     Flower's functions begin with arrays, or with their bytes, in memory, too.
//   - stored: from verified blobs on the disk to the next model on the disk, synced
//     and labelled: all that an aggregator does. Flower works in memory, as before.
//   - ingest: from received bytes to verified blobs on the disk, each checked, synced and
//     labelled. Flower hashes and checks them in memory.
//   - peak: the peak memory of a process that combines 8, 64 and 512 updates.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/althing-network/althing/bench/command"
	"github.com/althing-network/althing/bench/flwr"
)

// options are the values of the flags.
type options struct {
	parameters int
	updates    int
	rounds     int
	json       bool
	python     string
	dir        string
	peak       int
}

func main() {
	command.Main("aggregate", parse, func(ctx context.Context, o options) error {
		if o.peak > 0 {
			return combineOnly(o.peak, o.parameters, os.Stdout)
		}
		return run(ctx, o)
	})
}

// parse parses the flags, and writes an error about them to w.
func parse(arguments []string, w io.Writer) (o options, err error) {
	f := flag.NewFlagSet("bench/aggregate", flag.ContinueOnError)
	f.SetOutput(w)
	f.IntVar(&o.parameters, "parameters", 4_000_000, "weights of the model, a multiple of 1000")
	f.IntVar(&o.updates, "updates", 10, "updates per round")
	f.IntVar(&o.rounds, "rounds", 7, "runs of each kind of work, on each side")
	f.BoolVar(&o.json, "json", false, "print JSON, one object per line")
	f.StringVar(&o.python, "python", "", "Python that has flwr "+flwr.Version+" (default: one that is installed into "+flwr.Folder+")")
	f.StringVar(&o.dir, "dir", "", "folder for blobs (default: the system's for temporary files)")
	f.IntVar(&o.peak, "peak", 0, "only combine this `number` of updates and print the peak memory in MiB")
	if err := f.Parse(arguments); err != nil {
		return o, err
	}
	if err := o.check(f.NArg()); err != nil {
		fmt.Fprintln(w, "bench/aggregate:", err)
		return o, err
	}
	return o, nil
}

func (o options) check(rest int) error {
	switch {
	case o.parameters < 2*classes || o.parameters%classes != 0:
		return fmt.Errorf("--parameters %d: want a multiple of %d, at least %d", o.parameters, classes, 2*classes)
	case o.updates < 1 || o.updates > 256:
		return fmt.Errorf("--updates %d: want 1 to 256", o.updates)
	case o.rounds < 1:
		return fmt.Errorf("--rounds %d: want at least 1", o.rounds)
	case o.peak < 0:
		return fmt.Errorf("--peak %d: want at least 0", o.peak)
	case rest > 0:
		return errors.New("want flags only")
	}
	return nil
}
