// Command accountants compares the accountants of package privacy/account with those of
// dp_accounting and Opacus: the epsilon that each proves for the same releases, and its CPU
// time. It is not a test of speed: it fails only if two sides prove different values.
//
//	go run ./bench/accountants
//	go run ./bench/accountants --rounds 9 --python /usr/bin/python3
//
// All sides take turns, so that other load on the machine affects all of them; a time is the
// median of the rounds.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/althing-network/althing/bench/command"
)

// options are the values of the flags.
type options struct {
	rounds int
	python string
}

func main() {
	command.Main("accountants", parse, func(ctx context.Context, o options) error { return run(ctx, o, os.Stdout, os.Stderr) })
}

// parse parses the flags, and writes an error about them to w.
func parse(arguments []string, w io.Writer) (o options, err error) {
	f := flag.NewFlagSet("bench/accountants", flag.ContinueOnError)
	f.SetOutput(w)
	f.IntVar(&o.rounds, "rounds", 5, "`number` of runs of each accountant per setting")
	f.StringVar(&o.python, "python", "", "Python that has dp-accounting "+googleVersion+" and opacus "+opacusVersion+" (default: one that is installed into "+folder+")")
	if err := f.Parse(arguments); err != nil {
		return o, err
	}
	switch {
	case o.rounds < 1:
		err = fmt.Errorf("--rounds %d: want at least 1", o.rounds)
	case f.NArg() > 0:
		err = errors.New("want flags only")
	}
	if err != nil {
		fmt.Fprintln(w, "bench/accountants:", err)
	}
	return o, err
}

func run(ctx context.Context, o options, w, log io.Writer) error {
	path, err := python(ctx, o.python, log)
	if err != nil {
		return err
	}
	others, err := start(ctx, path)
	if err != nil {
		return err
	}
	rows, err := contest(ctx, settings(), o.rounds, others)
	if err := errors.Join(err, others.Close()); err != nil {
		return err
	}
	if _, err := io.WriteString(w, table(rows)); err != nil {
		return err
	}
	return agree(rows)
}
