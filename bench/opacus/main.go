// Command opacus compares private training in the mode example with Opacus's DP-SGD, on one
// thread each, with the same model, first weights, rows, sampling, clip, noise and steps. It
// is not a test of speed: missed targets are printed.
//
//	go run ./bench/opacus
//	go run ./bench/opacus --seeds 9 --python /usr/bin/python3
//
// Both sides take turns, so that other load on the machine affects both. Times are CPU times.
// Ours is the time of a whole job with integer noise from AES; Opacus's is the time of the
// steps with float noise from PyTorch's default generator.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"

	"github.com/althing-network/althing/bench/command"
)

// options are the values of the flags.
type options struct {
	seeds  int
	python string
}

func main() {
	command.Main("opacus", parse, func(ctx context.Context, o options) error {
		runtime.GOMAXPROCS(1)
		return run(ctx, o, os.Stdout, os.Stderr)
	})
}

// parse parses the flags, and writes an error about them to w.
func parse(arguments []string, w io.Writer) (o options, err error) {
	f := flag.NewFlagSet("bench/opacus", flag.ContinueOnError)
	f.SetOutput(w)
	f.IntVar(&o.seeds, "seeds", 5, "trainings per side and setting")
	f.StringVar(&o.python, "python", "", "Python that has torch "+torchVersion+" and opacus "+opacusVersion+" (default: one that is installed into "+folder+")")
	if err := f.Parse(arguments); err != nil {
		return o, err
	}
	switch {
	case o.seeds < 1:
		err = fmt.Errorf("--seeds %d: want at least 1", o.seeds)
	case f.NArg() > 0:
		err = errors.New("want flags only")
	}
	if err != nil {
		fmt.Fprintln(w, "bench/opacus:", err)
	}
	return o, err
}

// run measures all settings, and prints them and the missed targets.
func run(ctx context.Context, o options, w, log io.Writer) (err error) {
	path, err := python(ctx, o.python, log)
	if err != nil {
		return err
	}
	peer, err := start(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, peer.Close()) }()
	all, err := settings()
	if err != nil {
		return err
	}
	var results []result
	var missed []string
	for _, s := range all {
		r, err := measure(ctx, s, o.seeds, peer, []string{hooks, ghost})
		if err != nil {
			return err
		}
		results, missed = append(results, r), append(missed, r.misses()...)
	}
	if _, err := io.WriteString(w, tables(results)); err != nil {
		return err
	}
	for _, m := range missed {
		fmt.Fprintln(log, "missed:", m)
	}
	return nil
}
