package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"strings"

	"github.com/althing-network/althing/spec"
)

// errFlags is wrapped by errors that package flag has printed already.
var errFlags = errors.New("flags")

// options are the values of the flags.
type options struct {
	data    string
	model   string
	splits  []string
	rows    []row      // in the order in which they are run
	rates   []spec.PPM // empty: the default rates of each row
	rounds  int        // maximum per trial
	target  spec.PPM
	seed    uint64
	workers int
	strict  bool
	out     string
	plot    string
	report  bool
	json    bool
}

func (o options) arithmetic() string {
	if o.strict {
		return spec.ArithmeticStrict
	}
	return spec.ArithmeticFused
}

// wanted is the trial of a setting with a rate, without results.
func (o options) wanted(s setting, rate spec.PPM) trial {
	return trial{setting: s, Rate: rate, Seed: o.seed, Arithmetic: o.arithmetic(), Target: o.target, Cap: o.rounds}
}

// settings are the selected experiments, in their order.
func (o options) settings() (all []setting) {
	for _, s := range o.splits {
		for _, r := range o.rows {
			all = append(all, setting{o.model, s, r})
		}
	}
	return all
}

// parse parses the flags. Help and errors of package flag are written to w.
func parse(args []string, w io.Writer) (o options, err error) {
	f := flag.NewFlagSet("fedavg", flag.ContinueOnError)
	f.SetOutput(w)
	f.StringVar(&o.data, "data", "/usr/share/datasets/fashion-mnist", "`folder` of the four IDX files, gzipped or not")
	f.StringVar(&o.model, "model", twoNN, "`model`: 2nn or cnn")
	splits := f.String("split", "both", "`split` of the rows: iid, non-iid or both")
	rows := f.String("rows", "", "`rows` to run, in this order, for example E1B10,E5Binf,FedSGD (default: all; with cnn E1B10,E1B50,E5B10)")
	rates := f.String("rates", "", "learning `rates` to try for each row; the best counts (default: two or three, by batch size)")
	rounds := f.String("rounds", "", "stop a row after this `number` of rounds (default: 1000, with cnn 100)")
	target := f.String("target", "", "`accuracy` to reach (default: 0.85, with cnn 0.88)")
	f.Uint64Var(&o.seed, "seed", 1, "seed of all random draws")
	f.IntVar(&o.workers, "workers", runtime.GOMAXPROCS(0), "clients that train at the same time")
	f.BoolVar(&o.strict, "strict", false, "strict arithmetic: the same figures on every machine, but slower")
	f.StringVar(&o.out, "out", "", "`file` to which finished runs are appended; runs in it are not repeated")
	f.StringVar(&o.plot, "plot", "", "SVG `file` for the curves")
	f.BoolVar(&o.report, "report", false, "run nothing, show the runs in --out")
	f.BoolVar(&o.json, "json", false, "print JSON, one object per row")
	if err := f.Parse(args); err != nil {
		return o, fmt.Errorf("%w: %w", errFlags, err)
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("%q: want flags only", f.Arg(0))
	}
	defaultRounds, defaultTarget, defaultRows := 1000, "0.85", ""
	switch o.model {
	case twoNN:
	case cnn:
		defaultRounds, defaultTarget, defaultRows = 100, "0.88", "E1B10,E1B50,E5B10"
	default:
		return o, fmt.Errorf("--model %q: want 2nn or cnn", o.model)
	}
	switch *splits {
	case "both":
		o.splits = []string{iid, nonIID}
	case iid, nonIID:
		o.splits = []string{*splits}
	default:
		return o, fmt.Errorf("--split %q: want iid, non-iid or both", *splits)
	}
	if o.rounds, err = strconv.Atoi(cmp.Or(*rounds, strconv.Itoa(defaultRounds))); err != nil || o.rounds < 1 {
		return o, fmt.Errorf("--rounds %q: want at least 1", *rounds)
	}
	if o.report && o.out == "" {
		return o, errors.New("--report needs --out: want the file of runs to show")
	}
	if o.workers < 1 {
		return o, fmt.Errorf("--workers %d: want at least 1", o.workers)
	}
	if o.target, err = spec.ParsePPM(cmp.Or(*target, defaultTarget)); err != nil || o.target == 0 || o.target > spec.One {
		return o, fmt.Errorf("--target %q: want an accuracy above 0 and up to 1", *target)
	}
	if o.rows, err = parseRows(o.model, cmp.Or(*rows, defaultRows)); err != nil {
		return o, fmt.Errorf("--rows: %w", err)
	}
	if *rates != "" {
		if o.rates, err = parseRates(*rates); err != nil {
			return o, fmt.Errorf("--rates: %w", err)
		}
	}
	return o, nil
}

// parseRows finds the rows of a list. An empty list stands for all rows.
func parseRows(model, list string) (rows []row, err error) {
	if list == "" {
		for _, f := range paper(model) {
			rows = append(rows, f.row)
		}
		return rows, nil
	}
	for name := range strings.SplitSeq(list, ",") {
		r, err := findRow(model, strings.TrimSpace(name))
		if err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, nil
}
