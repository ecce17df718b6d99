// Command fedavg repeats an experiment of the FedAvg paper (McMahan et al. 2017,
// arXiv:1602.05629, Tables 2 and 4) on Fashion-MNIST: how many rounds federated averaging
// over 100 clients, 10 per round, needs for an accuracy, by the epochs and the batch size of
// a client.
//
//	go run ./bench/fedavg --split iid --rows E1B10,E10B10 --out runs.jsonl --plot curves.svg
//
// It trains and aggregates with the code of the network, but it runs no network: there is
// one process without chain and messages. Its figures are not directly comparable with the
// paper's: docs/fedavg.md says what can be compared.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/althing-network/althing/data"
)

// gcPercent is how much garbage may accumulate before a collection, in percent of the live
// heap. Most of the heap are rows, which the collector need not scan, so collections are
// cheap. With the default of 100 the garbage would grow to the size of the rows.
const gcPercent = 10

func main() {
	debug.SetGCPercent(gcPercent)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	o, err := parse(os.Args[1:], os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return
	case errors.Is(err, errFlags):
		os.Exit(2)
	case err == nil:
		err = run(ctx, o, os.Stdout, os.Stderr)
	}
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("interrupted: %w", err)
	}
	if err != nil {
		stop()
		fmt.Fprintln(os.Stderr, "bench/fedavg:", err)
		os.Exit(1)
	}
}

// run runs the trials that the flags select and the log does not have, and shows the results.
func run(ctx context.Context, o options, out, progress io.Writer) error {
	if o.report {
		if _, err := os.Stat(o.out); err != nil {
			return err
		}
	}
	log, err := open(o.out)
	if err != nil {
		return err
	}
	if !o.report {
		if err := errors.Join(log.writable(), checkWritable(o.plot)); err != nil { // before hours of work
			return err
		}
		b := bench{options: o, log: log, progress: progress}
		if b.table, b.holdout, err = images(o.data); err != nil {
			return err
		}
		for _, s := range o.settings() {
			if err := b.measure(ctx, s); err != nil {
				return fmt.Errorf("%s: %w", s, err)
			}
			if o.json {
				if err := writeJSON(out, resultOf(o, log, s)); err != nil {
					return err
				}
			}
		}
	}
	return show(o, log, out)
}

// show prints the results of a log, and draws them with --plot.
func show(o options, log *record, out io.Writer) error {
	switch {
	case !o.json:
		if err := writeTable(out, o, log); err != nil {
			return err
		}
	case o.report:
		for _, s := range o.settings() {
			if err := writeJSON(out, resultOf(o, log, s)); err != nil {
				return err
			}
		}
	}
	if o.plot == "" {
		return nil
	}
	figure := figureOf(o, log)
	if len(figure.Charts) == 0 {
		return errors.New("nothing to draw: the log has no trial of the selected rows")
	}
	var drawn bytes.Buffer
	if err := figure.WriteSVG(&drawn); err != nil {
		return err
	}
	return os.WriteFile(o.plot, drawn.Bytes(), 0o644)
}

// checkWritable returns an error if a file cannot be written. It does not change an existing
// file.
func checkWritable(path string) error {
	if path == "" {
		return nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	return f.Close()
}

// images reads the data set. An error says where to get one.
func images(folder string) (rows, holdout data.Table, err error) {
	rows, holdout, err = data.ReadImages(os.DirFS(folder))
	if err != nil {
		return rows, holdout, fmt.Errorf("%s: want a folder with a data set: %w\nname one with --data, or install Debian's:\n\n    apt-get install dataset-fashion-mnist", folder, err)
	}
	return rows, holdout, nil
}
