// Command aggregate measures how fast updates become the next model, beside the
// fastest aggregation function of Flower. It is no test of speed: a missed target is
// printed, and only sides that compute different things are an error.
//
//	go run ./bench/aggregate
//	go run ./bench/aggregate --json --rounds 21
//
// All take turns, so that what else the machine does hits each of them; a ratio is
// the median of the rounds' ratios. There are 10 updates of 4,000,000 parameters:
//
//   - memory: from updates as bytes in memory to the weights of the next model.
//     Flower's functions begin with arrays, or with their bytes, in memory, too.
//   - stored: from verified blobs on the disk to the next model on the disk, synced
//     and labelled: all that an aggregator does. Flower, as before, is in memory.
//   - ingest: from bytes that arrive to verified blobs on the disk, each checked,
//     synced and labelled. Flower hashes and checks them, in memory.
//   - peak: the most memory that a process takes that combines so many updates.
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

// options are what the flags say.
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

// parse reads the flags and says on w what is wrong with them.
func parse(arguments []string, w io.Writer) (o options, err error) {
	f := flag.NewFlagSet("bench/aggregate", flag.ContinueOnError)
	f.SetOutput(w)
	f.IntVar(&o.parameters, "parameters", 4_000_000, "weights of the model, a multiple of 1000")
	f.IntVar(&o.updates, "updates", 10, "updates of a round")
	f.IntVar(&o.rounds, "rounds", 7, "turns of each")
	f.BoolVar(&o.json, "json", false, "print one JSON object a line")
	f.StringVar(&o.python, "python", "", "Python that has flwr "+flwr.Version+" (default: the one that is installed into "+flwr.Folder+")")
	f.StringVar(&o.dir, "dir", "", "folder for blobs (default: the system's for temporary files)")
	f.IntVar(&o.peak, "peak", 0, "only combine so many updates and print the most memory it took, in MiB")
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
		return fmt.Errorf("%d parameters: want a multiple of %d, and at least two of it", o.parameters, classes)
	case o.updates < 1 || o.updates > 256:
		return fmt.Errorf("%d updates: want 1 to 256", o.updates)
	case o.rounds < 1:
		return errors.New("want at least one round")
	case o.peak < 0:
		return errors.New("want no negative number of updates")
	case rest > 0:
		return errors.New("want flags only")
	}
	return nil
}
