// Command opacus sets private training in the mode example beside Opacus's DP-SGD, one
// thread each: the same model, first weights, rows, sampling, clip, noise and steps. It is
// no test of speed: what was asked for and is not reached is printed.
//
//	go run ./bench/opacus
//	go run ./bench/opacus --seeds 9 --python /usr/bin/python3
//
// Both take turns, so that what else the machine does hits each of them. Times are CPU
// times. Ours is that of a whole job, its noise from AES and made of integers; Opacus's is
// that of the steps, its noise from PyTorch's usual generator of floats.
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

// options are what the flags say.
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

// parse reads the flags and says on w what is wrong with them.
func parse(arguments []string, w io.Writer) (o options, err error) {
	f := flag.NewFlagSet("bench/opacus", flag.ContinueOnError)
	f.SetOutput(w)
	f.IntVar(&o.seeds, "seeds", 5, "trainings of each side")
	f.StringVar(&o.python, "python", "", "Python that has torch "+torchVersion+" and opacus "+opacusVersion+" (default: the one that is installed into "+folder+")")
	if err := f.Parse(arguments); err != nil {
		return o, err
	}
	switch {
	case o.seeds < 1:
		err = errors.New("want at least one seed")
	case f.NArg() > 0:
		err = errors.New("want flags only")
	}
	if err != nil {
		fmt.Fprintln(w, "bench/opacus:", err)
	}
	return o, err
}

// run measures all settings and prints them, and then what was missed.
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
