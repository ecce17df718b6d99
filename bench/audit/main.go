// Command audit measures how often audits of private tasks detect too little noise. In each
// mode and kind, a network in the simulator trains on canaries with three scales of noise:
// as stated, 0.7 of it, and half of it. An auditor sees what the mode reveals and decides
// whether the noise is as stated on the card. It is not a test: it only counts. The tests
// are in privacy/audit, in daemon and next to this file. TestAuditOfExample in daemon audits
// the mode example over a real chain and sockets.
//
//	go run ./bench/audit
//	go run ./bench/audit --json --seeds 3 --only local
//
// All randomness comes from fixed seeds, so figures can be reproduced.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/althing-network/althing/bench/command"
)

// options are the values of the flags.
type options struct {
	seeds int
	only  string
	json  bool
}

func main() {
	command.Main("audit", parse, func(ctx context.Context, o options) error { return run(ctx, o, os.Stdout) })
}

// parse parses the flags, and writes an error about them to w.
func parse(arguments []string, w io.Writer) (o options, err error) {
	f := flag.NewFlagSet("bench/audit", flag.ContinueOnError)
	f.SetOutput(w)
	f.IntVar(&o.seeds, "seeds", 20, "number of seeds per figure")
	f.StringVar(&o.only, "only", "", "measure only settings with these `words`, for example \"central gaussian\" (default: all)")
	f.BoolVar(&o.json, "json", false, "print JSON, one object per line")
	if err := f.Parse(arguments); err != nil {
		return o, err
	}
	switch {
	case o.seeds < 1:
		err = fmt.Errorf("--seeds %d: want at least 1", o.seeds)
	case f.NArg() > 0:
		err = fmt.Errorf("%q: want flags only", f.Arg(0))
	case len(o.settings()) == 0:
		err = fmt.Errorf("--only %q: no setting has these words", o.only)
	}
	if err != nil {
		fmt.Fprintln(w, err)
	}
	return o, err
}

// settings are the settings selected by the flags.
func (o options) settings() (wanted []setting) {
	for _, s := range settings() {
		fits := true
		for word := range strings.FieldsSeq(o.only) {
			fits = fits && strings.Contains(" "+s.String()+" ", " "+word+" ")
		}
		if fits {
			wanted = append(wanted, s)
		}
	}
	return wanted
}

// run measures the settings in turn, and prints the results of each when they are ready.
func run(ctx context.Context, o options, w io.Writer) error {
	if !o.json {
		fmt.Fprintln(w, head)
	}
	for _, s := range o.settings() {
		results, err := s.measure(ctx, o.seeds)
		if err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
		for _, r := range results {
			if err := r.print(w, o.json); err != nil {
				return err
			}
		}
	}
	return nil
}
