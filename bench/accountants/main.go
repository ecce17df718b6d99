// Command accountants sets the accountants of package privacy/account beside those of
// dp_accounting and Opacus: the epsilon each proves for the same releases, and the
// CPU time it takes. It is no test of speed; only sides that prove different things are
// an error.
//
//	go run ./bench/accountants
//	go run ./bench/accountants --rounds 9 --python /usr/bin/python3
//
// All take turns, so that what else the machine does hits each of them; a time is the
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

// options are what the flags say.
type options struct {
	rounds int
	python string
}

func main() {
	command.Main("accountants", parse, func(ctx context.Context, o options) error { return run(ctx, o, os.Stdout, os.Stderr) })
}

// parse reads the flags and says on w what is wrong with them.
func parse(arguments []string, w io.Writer) (o options, err error) {
	f := flag.NewFlagSet("bench/accountants", flag.ContinueOnError)
	f.SetOutput(w)
	f.IntVar(&o.rounds, "rounds", 5, "turns of each")
	f.StringVar(&o.python, "python", "", "Python that has dp-accounting "+googleVersion+" and opacus "+opacusVersion+" (default: the one that is installed into "+folder+")")
	if err := f.Parse(arguments); err != nil {
		return o, err
	}
	switch {
	case o.rounds < 1:
		err = errors.New("want at least one round")
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
