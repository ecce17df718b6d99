// Command audit measures what audits of private tasks catch. In each mode and kind, a
// network in the simulator trains on canaries with noise that is honest, that has 0.7 of its
// scale, and half of it; an auditor sees what the mode shows, and says whether the
// noise is that of the card. It is not a test: what is caught is counted, and the tests
// that must hold stand in privacy/audit, in daemon and beside this file. The mode example
// through daemons, chain and sockets is daemon's TestAuditOfExample, with its flags.
//
//	go run ./bench/audit
//	go run ./bench/audit --json --seeds 3 --only local
//
// All is drawn from fixed seeds, so a figure can be found again.
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

// options are what the flags say.
type options struct {
	seeds int
	only  string
	json  bool
}

func main() {
	command.Main("audit", parse, func(ctx context.Context, o options) error { return run(ctx, o, os.Stdout) })
}

// parse reads the flags and says on w what is wrong with them.
func parse(arguments []string, w io.Writer) (o options, err error) {
	f := flag.NewFlagSet("bench/audit", flag.ContinueOnError)
	f.SetOutput(w)
	f.IntVar(&o.seeds, "seeds", 20, "fixed seeds of each figure")
	f.StringVar(&o.only, "only", "", "`words` of the settings to be measured, as \"central gaussian\" (default all)")
	f.BoolVar(&o.json, "json", false, "print one JSON object a line")
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

// settings are those that the flags ask for.
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

// run measures one setting after the other and says each when it is there.
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
