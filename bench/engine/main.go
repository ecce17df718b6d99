// Command engine measures how fast the built-in engine trains beside PyTorch, one
// thread each, in examples per CPU-second. It is not a test of speed: a missed
// target is printed, and only runners that compute different things are an error.
//
//	go run ./bench/engine
//	go run ./bench/engine --json --models cnn --batches 10 --rounds 21
//
// All take turns in short slices, so that what else the machine does hits each of
// them; a ratio is the median of the rounds' ratios. Both sides start from the
// same weights, see the same rows and batches, and must agree on their losses. Our
// time is that of a whole job: the engine checks its table, shuffles and copies
// rows, and the garbage collector runs. PyTorch is given batches cut out of its
// tensor in order, without a copy, and its time is that of the steps alone.
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

// options are what the flags say.
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

// parse reads the flags and says on w what is wrong with them.
func parse(arguments []string, w io.Writer) (o options, err error) {
	f := flag.NewFlagSet("bench/engine", flag.ContinueOnError)
	f.SetOutput(w)
	models := f.String("models", "softmax,mlp,cnnsmall,cnn", "`names` of models")
	batches := f.String("batches", "10,32", "`sizes` of batches")
	python := f.String("python", "", "Python that has torch (default python3, then /usr/bin/python3)")
	f.IntVar(&o.rounds, "rounds", 7, "turns: slices of each runner")
	f.DurationVar(&o.slice, "slice", 300*time.Millisecond, "CPU `time` of a slice, at least one epoch")
	f.BoolVar(&o.plain, "plain", false, "measure the kernel in plain Go too, which is slow")
	f.BoolVar(&o.json, "json", false, "print one JSON object a line")
	f.StringVar(&o.data, "data", "", "`folder` of four IDX files, like MNIST's (default: rows made up)")
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
			return fmt.Errorf("batch %q: want 1 to %d rows", size, tableRows)
		}
		o.batches = append(o.batches, n)
	}
	switch {
	case o.rounds < 1:
		return errors.New("want at least one round")
	case o.slice <= 0:
		return errors.New("want a slice longer than nothing")
	case rest > 0:
		return errors.New("want flags only")
	}
	return nil
}
