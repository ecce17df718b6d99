// Command chain measures what the messages of a task cost a validator: gas, written bytes
// and time, each message in a block of its own. It also measures the block in which a round
// opens, settles, or closes its task. It is not a test of speed: it fails only if a message
// is refused.
//
//	go run ./bench/chain
//	go run ./bench/chain --json --trainers 10,2048 --tasks 20
//
// The application is the real one, with its ante handler, gas meter and stores, over a
// database in memory and without consensus. Tasks run one after the other with 4
// aggregators, 4 evaluators and the given number of trainers. Before each measured block
// comes an empty one, whose cost is subtracted. The figures are medians over all messages of
// a kind.
//
//   - gas is the gas that the transaction used, including the ante handler.
//   - keys and bytes count the keys and values that the block sets or deletes in the stores
//     of all modules, each key once, including what the end of the block does.
//   - tree counts the bytes written to the database for that: the values and all tree nodes
//     above them.
//   - time is the time of FinalizeBlock, which runs the transaction, ends the block and
//     hashes the stores. It does not include writing to a disk.
//   - check is the time of CheckTx.
//
// With --load it measures the processor time of empty blocks of a chain with many registered
// nodes and many open tasks:
//
//	go run ./bench/chain --load 100:10,10000:1000 --expired 1000000 --json --name "as it is" > now.jsonl
//	go run ./bench/chain --draw before.jsonl,now.jsonl --docs docs/chain-load.md --plot docs/chain-load.svg
//
// With --votes and --proposals it measures one poll with many votes, and then many proposals
// one after the other:
//
//	go run ./bench/chain --votes 100000 --proposals 1000 --json > votes.jsonl
//	go run ./bench/chain --draw-votes votes.jsonl --docs docs/chain-load.md --plot docs/votes.svg
//
// A message is measured when its round is as full as possible. The last message of a phase
// is not measured, because its block also ends the phase. The block of a Create also selects
// the committee.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/althing-network/althing/bench/command"
)

// options are the values of the flags.
type options struct {
	trainers []int // largest numbers of trainers per round
	tasks    int   // tasks to measure with each of these numbers
	json     bool
	loadOptions
	voteOptions
}

func main() {
	command.Main("chain", parse, func(ctx context.Context, o options) error { return run(ctx, o, os.Stdout) })
}

// parse parses the flags, and writes an error about them to w.
func parse(arguments []string, w io.Writer) (o options, err error) {
	f := flag.NewFlagSet("bench/chain", flag.ContinueOnError)
	f.SetOutput(w)
	trainers := f.String("trainers", "10,256,2048", "largest `numbers` of trainers that a round selects, separated by commas, each at least 3")
	f.IntVar(&o.tasks, "tasks", 10, "tasks of two rounds to measure with each number of trainers")
	f.BoolVar(&o.json, "json", false, "print JSON, one object per line")
	loads := o.loadOptions.flags(f)
	o.voteOptions.flags(f)
	if err := f.Parse(arguments); err != nil {
		return o, err
	}
	for s := range strings.SplitSeq(*trainers, ",") {
		n, err := strconv.Atoi(s)
		if err == nil {
			err = request(n).Validate()
		}
		if n < minTrainers && err == nil {
			err = fmt.Errorf("want at least %d", minTrainers)
		}
		if err != nil {
			err = fmt.Errorf("--trainers %s: %w", s, err)
			fmt.Fprintln(w, "bench/chain:", err)
			return o, err
		}
		o.trainers = append(o.trainers, n)
	}
	o.load, err = parseSizes(*loads)
	if err == nil {
		err = o.check()
	}
	switch {
	case err != nil:
	case o.blocks < 1 || o.expired < 0:
		err = fmt.Errorf("--blocks %d, --expired %d: want at least 1 and 0", o.blocks, o.expired)
	case o.tasks < 1 || o.tasks > maxTasks:
		err = fmt.Errorf("--tasks %d: want 1 to %d", o.tasks, maxTasks)
	case f.NArg() > 0:
		err = fmt.Errorf("%q: want flags only", f.Arg(0))
	}
	if err != nil {
		fmt.Fprintln(w, "bench/chain:", err)
	}
	return o, err
}

// run measures with each number of trainers in turn.
func run(ctx context.Context, o options, w io.Writer) error {
	if o.draw != "" || o.drawVotes != "" {
		return draw(o.loadOptions)
	}
	l := newLine(os.Stderr)
	defer l.clear()
	if len(o.load) > 0 {
		loads, err := measureLoads(ctx, o.loadOptions, l)
		if err != nil {
			return err
		}
		l.clear()
		return reportLoads(w, o.json, loads)
	}
	if o.votes > 0 {
		rows, err := measureVotes(ctx, o.voteOptions, l)
		if err != nil {
			return err
		}
		l.clear()
		return reportVotes(w, o.json, rows)
	}
	var rows []row
	for _, trainers := range o.trainers {
		l.show("%d trainers: register", trainers)
		m, err := newMeasurement(trainers)
		if err != nil {
			return fmt.Errorf("%d trainers: %w", trainers, err)
		}
		for task := range o.tasks {
			l.show("%d trainers: task %d of %d", trainers, task+1, o.tasks)
			if err := m.task(ctx); err != nil {
				return fmt.Errorf("%d trainers: task %d: %w", trainers, task+1, err)
			}
		}
		if err := m.accuse(); err != nil {
			return fmt.Errorf("%d trainers: %w", trainers, err)
		}
		rows = append(rows, m.rows()...)
	}
	l.clear()
	return report(w, o.json, rows)
}
