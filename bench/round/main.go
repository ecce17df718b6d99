// Command round measures seconds a round: ours beside Flower's, which train the same
// model on the same shards. It is no test of speed: a missed target is printed, and
// only a system that does not train is an error.
//
//	go run ./bench/round
//	go run ./bench/round --only althing-4-50ms,flower-deployment --repeats 1
//	go run ./bench/round --before FOLDER --syncs --docs docs/round.md --plot docs/round-budget.svg
//
// All systems take turns, so that what else the machine does hits each of them; a
// ratio is the median of the turns' ratios. All talk over loopback. Flower is
// installed from its registry into the folder .cache, in the versions that are named
// here; python3 is all it needs.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/althing-network/althing/bench/command"
	"github.com/althing-network/althing/bench/flwr"
)

// options are what the flags say.
type options struct {
	rounds  int // that are counted, of each sample
	repeats int
	systems []system
	syncs   bool
	json    bool
	docs    string
	plot    string
	python  string
	program string
	before  string
	dir     string
	host    string
}

// warmup is how many rounds each sample begins with that are not counted: caches are
// cold, connections new, and a round's first block may still be one of its task's
// preparation.
const warmup = 2

func main() {
	command.Main("round", parse, func(ctx context.Context, o options) error {
		if o.host != "" {
			return host(ctx, o.host)
		}
		return run(ctx, o)
	})
}

// parse reads the flags and says on w what is wrong with them.
func parse(arguments []string, w io.Writer) (o options, err error) {
	f := flag.NewFlagSet("bench/round", flag.ContinueOnError)
	f.SetOutput(w)
	var only string
	f.IntVar(&o.rounds, "rounds", 5, fmt.Sprintf("rounds that are counted of each sample, after %d that are not", warmup))
	f.IntVar(&o.repeats, "repeats", 3, "samples of each system; all take turns")
	f.StringVar(&only, "only", "", "systems to measure, separated by commas (default: all of "+strings.Join(names(systems()), ",")+")")
	f.BoolVar(&o.syncs, "syncs", false, "also count file syncs, in one more sample of each of ours; needs strace")
	f.BoolVar(&o.json, "json", false, "print one JSON object a line")
	f.StringVar(&o.docs, "docs", "", "document whose table is written anew")
	f.StringVar(&o.plot, "plot", "", "SVG file for the budget of our rounds")
	f.StringVar(&o.python, "python", "", "Python that has flwr "+flwr.Version+" (default: the one that is installed into "+flwr.Folder+")")
	f.StringVar(&o.program, "program", "", "althing program to measure (default: built from ./cmd/althing)")
	f.StringVar(&o.before, "before", "", "folder into which an older version was built by go build -o FOLDER ./cmd/althing ./bench/round; it takes turns, too")
	f.StringVar(&o.dir, "dir", "", "folder for homes and logs, which then stay (default: a temporary one)")
	f.StringVar(&o.host, "host", "", "only run the home folders in this folder, in one process as the demo does, until interrupted")
	if err := f.Parse(arguments); err != nil {
		return o, err
	}
	if o.systems, err = chosen(only); err == nil {
		err = o.check(f.NArg())
	}
	if o.before != "" {
		o.systems = append(o.systems, olderSystems()...)
	}
	if err != nil {
		fmt.Fprintln(w, "bench/round:", err)
	}
	return o, err
}

func (o options) check(rest int) error {
	switch {
	case o.rounds < 1:
		return errors.New("want at least one round")
	case o.rounds > 40:
		return fmt.Errorf("%d rounds: want 40 at most", o.rounds)
	case o.repeats < 1:
		return errors.New("want at least one repeat")
	case rest > 0:
		return errors.New("want flags only")
	}
	return nil
}

// chosen are the systems that are named; all of them where none is.
func chosen(only string) ([]system, error) {
	all := systems()
	if only == "" {
		return all, nil
	}
	var some []system
	for name := range strings.SplitSeq(only, ",") {
		i := slices.Index(names(all), name)
		if i < 0 {
			return nil, fmt.Errorf("no system %q: want some of %s", name, strings.Join(names(all), ","))
		}
		some = append(some, all[i])
	}
	return some, nil
}
