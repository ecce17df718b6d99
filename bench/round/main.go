// Command round compares the seconds per round of our networks with Flower, which trains the
// same model on the same shards. It is not a test of speed: a missed target is printed; it
// fails only if a system does not train.
//
//	go run ./bench/round
//	go run ./bench/round --only althing-4-50ms,flower-deployment --repeats 1
//	go run ./bench/round --before FOLDER --syncs --docs docs/round.md --plot docs/round-budget.svg
//
// All systems take turns, so that other load on the machine affects all of them; a ratio is
// the median of the turns' ratios. All systems use loopback. Pinned versions of Flower are
// installed into the folder .cache, for which python3 is needed.
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

// options are the values of the flags.
type options struct {
	rounds  int // counted rounds per sample
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

// warmup is the number of rounds at the beginning of each sample that are not counted, because
// caches are cold, connections are new, and the task may still be preparing.
const warmup = 2

func main() {
	command.Main("round", parse, func(ctx context.Context, o options) error {
		if o.host != "" {
			return host(ctx, o.host)
		}
		return run(ctx, o)
	})
}

// parse parses the flags, and writes an error about them to w.
func parse(arguments []string, w io.Writer) (o options, err error) {
	f := flag.NewFlagSet("bench/round", flag.ContinueOnError)
	f.SetOutput(w)
	var only string
	f.IntVar(&o.rounds, "rounds", 5, fmt.Sprintf("counted rounds per sample, after %d rounds of warm-up", warmup))
	f.IntVar(&o.repeats, "repeats", 3, "samples per system; all systems take turns")
	f.StringVar(&only, "only", "", "systems to measure, separated by commas (default: all of "+strings.Join(names(systems()), ",")+")")
	f.BoolVar(&o.syncs, "syncs", false, "also count file syncs, in an additional sample per network of ours; needs strace")
	f.BoolVar(&o.json, "json", false, "print JSON, one object per line")
	f.StringVar(&o.docs, "docs", "", "`document` whose tables are replaced")
	f.StringVar(&o.plot, "plot", "", "SVG `file` for a picture of how the time of our rounds is spent")
	f.StringVar(&o.python, "python", "", "Python that has flwr "+flwr.Version+" (default: one that is installed into "+flwr.Folder+")")
	f.StringVar(&o.program, "program", "", "althing `program` to measure (default: built from ./cmd/althing)")
	f.StringVar(&o.before, "before", "", "`folder` with an older version to measure, too, built by go build -o FOLDER ./cmd/althing ./bench/round")
	f.StringVar(&o.dir, "dir", "", "`folder` for home folders and logs, which is kept (default: a temporary one)")
	f.StringVar(&o.host, "host", "", "only run the home folders in this `folder`, in one process as the demo does, until interrupted")
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
		return fmt.Errorf("--rounds %d: want at least 1", o.rounds)
	case o.rounds > 40:
		return fmt.Errorf("--rounds %d: want at most 40", o.rounds)
	case o.repeats < 1:
		return fmt.Errorf("--repeats %d: want at least 1", o.repeats)
	case rest > 0:
		return errors.New("want flags only")
	}
	return nil
}

// chosen are the named systems, or all systems if none is named.
func chosen(only string) ([]system, error) {
	all := systems()
	if only == "" {
		return all, nil
	}
	var some []system
	for name := range strings.SplitSeq(only, ",") {
		i := slices.Index(names(all), name)
		if i < 0 {
			return nil, fmt.Errorf("no system is named %q: want some of %s", name, strings.Join(names(all), ","))
		}
		some = append(some, all[i])
	}
	return some, nil
}
