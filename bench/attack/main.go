// Command attack measures what an attack costs a network: blocks, rounds and paid
// transactions a second while it goes on, beside those of quiet times of the same run.
// It is no test of speed: a missed target is printed, and only a network that does not
// train at all is an error.
//
//	go run ./bench/attack
//	go run ./bench/attack --only simulate,stall --turns 1
//	go run ./bench/attack --before PROGRAM --docs docs/attack.md --plot docs/attack.svg
//
// Quiet and attacked times take turns, so that what else the machine does hits both; a
// cost is the median of the turns'. All of it runs on one machine, so attackers run at
// the lowest priority: what is measured is what they make the network do, not the
// processor that they use themselves.
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

// options are what the flags say.
type options struct {
	attacks []attack
	turns   int
	window  time.Duration // of a quiet or an attacked time
	commit  time.Duration // pause between two blocks
	json    bool
	docs    string
	plot    string
	program string
	before  string
	dir     string
	draw    []string // files of lines that --json printed, to be published without measuring
	as      string   // the attack that this process carries out
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

// parse reads the flags and says on w what is wrong with them.
func parse(arguments []string, w io.Writer) (o options, err error) {
	f := flag.NewFlagSet("bench/attack", flag.ContinueOnError)
	f.SetOutput(w)
	var only, draw string
	f.StringVar(&only, "only", "", "attacks to measure, separated by commas (default: all of "+strings.Join(names(attacks()), ",")+")")
	f.IntVar(&o.turns, "turns", 3, "turns of each attack: a quiet time and an attacked one")
	f.DurationVar(&o.window, "window", 20*time.Second, "how long each of these times is")
	f.DurationVar(&o.commit, "commit-timeout", 200*time.Millisecond, "pause of the validators between two blocks")
	f.BoolVar(&o.json, "json", false, "print one JSON object a line")
	f.StringVar(&o.docs, "docs", "", "document whose table is written anew")
	f.StringVar(&o.plot, "plot", "", "SVG file for the speeds that are left")
	f.StringVar(&o.program, "program", "", "althing program to attack (default: built from ./cmd/althing)")
	f.StringVar(&o.before, "before", "", "an older althing program, which is attacked, too")
	f.StringVar(&o.dir, "dir", "", "folder for homes and logs, which then stay (default: a temporary one)")
	f.StringVar(&draw, "draw", "", "files of lines that --json printed, separated by commas: publish them and measure nothing")
	f.StringVar(&o.as, "as", "", "only attack the network in --dir in this way, until interrupted")
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
		return errors.New("want at least one turn")
	case o.window < time.Second:
		return fmt.Errorf("a window of %s: want at least 1s", o.window)
	case o.commit <= 0:
		return fmt.Errorf("a pause of %s: want more than 0s", o.commit)
	case o.as != "" && o.dir == "":
		return errors.New("--as: name the network by --dir")
	case rest > 0:
		return errors.New("want flags only")
	}
	return nil
}

// chosen are the attacks that are named; all of them where none is.
func chosen(only string) ([]attack, error) {
	all := attacks()
	if only == "" {
		return all, nil
	}
	var some []attack
	for name := range strings.SplitSeq(only, ",") {
		i := slices.Index(names(all), name)
		if i < 0 {
			return nil, fmt.Errorf("no attack %q: want some of %s", name, strings.Join(names(all), ","))
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
