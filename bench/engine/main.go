// Command engine compares the speed of the built-in engine with PyTorch, on one thread each,
// in examples per CPU-second. It is not a test of speed: a missed target is printed; it fails
// only if both sides compute different trainings.
//
//	go run ./bench/engine
//	go run ./bench/engine --json --models cnn --batches 10 --rounds 21
//
// All sides take turns in short slices, so that other load on the machine affects all of
// them; a ratio is the median of the rounds' ratios. Both sides start from the same weights,
// use the same rows and batches, and must have the same losses. Our time is the time of a
// whole job: it includes checks of the table, shuffling and copying rows, and the garbage
// collector. PyTorch's batches are slices of its tensor in order, without a copy, and its
// time is the time of the steps only.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/althing-network/althing/bench/command"
)

// options are the values of the flags.
type options struct {
	models  []string
	batches []int
	rounds  int
	slice   time.Duration
	plain   bool
	json    bool
	data    string
	pythons []string
}

func main() {
	command.Main("engine", parse, run)
}

// parse parses the flags, and writes an error about them to w.
func parse(arguments []string, w io.Writer) (o options, err error) {
	f := flag.NewFlagSet("bench/engine", flag.ContinueOnError)
	f.SetOutput(w)
	models := f.String("models", "softmax,mlp,cnnsmall,cnn", "`names` of models")
	batches := f.String("batches", "10,32", "`sizes` of batches")
	python := f.String("python", "", "Python that has torch (default python3, then /usr/bin/python3)")
	f.IntVar(&o.rounds, "rounds", 7, "slices per runner")
	f.DurationVar(&o.slice, "slice", 300*time.Millisecond, "CPU `time` of a slice, which has at least one epoch")
	f.BoolVar(&o.plain, "plain", false, "also measure the kernel in plain Go, which is slow")
	f.BoolVar(&o.json, "json", false, "print JSON, one object per line")
	f.StringVar(&o.data, "data", "", "`folder` of four IDX files, as of MNIST (default: random rows)")
	if err := f.Parse(arguments); err != nil {
		return o, err
	}
	o.pythons = []string{"python3", "/usr/bin/python3"}
	if *python != "" {
		o.pythons = []string{*python}
	}
	if err := o.fill(*models, *batches, f.NArg()); err != nil {
		fmt.Fprintln(w, "bench/engine:", err)
		return o, err
	}
	return o, nil
}

func (o *options) fill(models, batches string, rest int) error {
	for name := range strings.SplitSeq(models, ",") {
		if _, err := architecture(name); err != nil {
			return err
		}
		o.models = append(o.models, name)
	}
	for size := range strings.SplitSeq(batches, ",") {
		n, err := strconv.Atoi(size)
		if err != nil || n < 1 || n > tableRows {
			return fmt.Errorf("--batches %q: want 1 to %d rows", size, tableRows)
		}
		o.batches = append(o.batches, n)
	}
	switch {
	case o.rounds < 1:
		return fmt.Errorf("--rounds %d: want at least 1", o.rounds)
	case o.slice <= 0:
		return fmt.Errorf("--slice %s: want more than 0s", o.slice)
	case rest > 0:
		return errors.New("want flags only")
	}
	return nil
}
