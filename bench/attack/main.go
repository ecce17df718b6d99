// Command attack measures how much attacks slow down a network: blocks, rounds and paid
// transactions per second during an attack, compared with quiet times of the same run. It
// is not a test of speed: a missed target is printed; it fails only if the network does not
// train at all.
//
//	go run ./bench/attack
//	go run ./bench/attack --only simulate,stall --turns 1
//	go run ./bench/attack --before PROGRAM --docs docs/attack.md --plot docs/attack.svg
//
// Quiet and attacked times take turns, so that other load on the machine affects both. A
// figure is the median over the turns. Everything runs on one machine, so attackers run at
// the lowest priority: the bench measures the work that they cause in the network, not the
// processor time that they use themselves.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/althing-network/althing/bench/command"
)

// options are the values of the flags.
type options struct {
	attacks []attack
	turns   int
	window  time.Duration // length of each quiet and each attacked time
	commit  time.Duration // pause between two blocks
	json    bool
	docs    string
	plot    string
	program string
	before  string
	dir     string
	draw    []string // files with output of --json, which are published without measuring
	as      string   // the attack of this process; empty: this process measures
}

func main() {
	command.Main("attack", parse, func(ctx context.Context, o options) error {
		switch {
		case o.as != "":
			return carryOut(ctx, o.as, o.dir)
		case len(o.draw) > 0:
			return redraw(o)
		}
		return run(ctx, o)
	})
}

// parse parses the flags, and writes an error about them to w.
func parse(arguments []string, w io.Writer) (o options, err error) {
	f := flag.NewFlagSet("bench/attack", flag.ContinueOnError)
	f.SetOutput(w)
	var only, draw string
	f.StringVar(&only, "only", "", "attacks to measure, separated by commas (default: all of "+strings.Join(names(attacks()), ",")+")")
	f.IntVar(&o.turns, "turns", 3, "turns per attack; a turn is a quiet time and an attacked time")
	f.DurationVar(&o.window, "window", 20*time.Second, "length of each quiet and each attacked time")
	f.DurationVar(&o.commit, "commit-timeout", 200*time.Millisecond, "pause of the validators between two blocks")
	f.BoolVar(&o.json, "json", false, "print JSON, one object per line")
	f.StringVar(&o.docs, "docs", "", "`document` whose table is replaced")
	f.StringVar(&o.plot, "plot", "", "SVG `file` for a picture of the remaining speeds")
	f.StringVar(&o.program, "program", "", "althing `program` to attack (default: built from ./cmd/althing)")
	f.StringVar(&o.before, "before", "", "older althing `program` to attack, too")
	f.StringVar(&o.dir, "dir", "", "`folder` for home folders and logs, which is kept (default: a temporary one)")
	f.StringVar(&draw, "draw", "", "`files` with output of --json, separated by commas: publish them and measure nothing")
	f.StringVar(&o.as, "as", "", "only carry out this `attack` on the network in --dir, until interrupted")
	if err := f.Parse(arguments); err != nil {
		return o, err
	}
	if draw != "" {
		o.draw = strings.Split(draw, ",")
	}
	if o.attacks, err = chosen(only); err == nil {
		err = o.check(f.NArg())
	}
	if err != nil {
		fmt.Fprintln(w, "bench/attack:", err)
	}
	return o, err
}

func (o options) check(rest int) error {
	switch {
	case o.turns < 1:
		return fmt.Errorf("--turns %d: want at least 1", o.turns)
	case o.window < time.Second:
		return fmt.Errorf("--window %s: want at least 1s", o.window)
	case o.commit <= 0:
		return fmt.Errorf("--commit-timeout %s: want more than 0s", o.commit)
	case o.as != "" && o.dir == "":
		return errors.New("--as needs --dir: want the folder of the network")
	case rest > 0:
		return errors.New("want flags only")
	}
	return nil
}

// chosen are the named attacks, or all attacks if none is named.
func chosen(only string) ([]attack, error) {
	all := attacks()
	if only == "" {
		return all, nil
	}
	var some []attack
	for name := range strings.SplitSeq(only, ",") {
		i := slices.Index(names(all), name)
		if i < 0 {
			return nil, fmt.Errorf("no attack is named %q: want some of %s", name, strings.Join(names(all), ","))
		}
		some = append(some, all[i])
	}
	return some, nil
}

func names(all []attack) (list []string) {
	for _, a := range all {
		list = append(list, a.name)
	}
	return list
}
