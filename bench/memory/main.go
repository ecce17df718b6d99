// Command memory measures what a validator takes of memory and disk as its chain
// grows: one validator in a process of its own, with a few transactions in every
// block. It is no test: a figure is printed whatever it is, and only a validator that
// does not make blocks is an error.
//
//	go run ./bench/memory --name "as it is written" > now.jsonl
//	go run ./bench/memory --name before --program OLDER/althing > before.jsonl
//	go run ./bench/memory --draw now.jsonl,before.jsonl --docs docs/validator.md --plot docs/memory.svg
//
// The validator is what "althing localnet" writes, with a pause of 1 ms between two
// blocks; --set changes its validator.json. Two accounts own a node each and change its
// registration in every block. Each line that is printed has the memory that is
// resident, the heap that was alive after the last garbage collection, and the bytes of
// the folders under data/. How fast blocks come is no figure here, for other work may
// share the machine.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/althing-network/althing/bench/command"
	"github.com/althing-network/althing/chain"
)

// options are what the flags say.
type options struct {
	name    string
	program string
	blocks  int64
	step    int64
	old     int64
	set     settings
	dir     string
	draw    string
	docs    string
	plot    string
}

// settings are fields of validator.json that are written over.
type settings map[string]json.RawMessage

func main() {
	command.Main("memory", parse, func(ctx context.Context, o options) error {
		if o.draw != "" {
			return draw(o)
		}
		return run(ctx, o, os.Stdout)
	})
}

// parse reads the flags and says on w what is wrong with them.
func parse(arguments []string, w io.Writer) (o options, err error) {
	f := flag.NewFlagSet("bench/memory", flag.ContinueOnError)
	f.SetOutput(w)
	var set string
	f.StringVar(&o.name, "name", "now", "name of the validator in lines and pictures")
	f.StringVar(&o.program, "program", "", "althing program to measure (default: built from ./cmd/althing)")
	f.Int64Var(&o.blocks, "blocks", 100_000, "height at which to stop")
	f.Int64Var(&o.step, "step", 500, "blocks between two lines")
	f.Int64Var(&o.old, "evidence", chain.EvidenceBlocks, "blocks in which it can be shown that a validator signed twice, as the genesis has it: all of them are kept")
	f.StringVar(&set, "set", "{}", "JSON object whose fields are written into validator.json")
	f.StringVar(&o.dir, "dir", "", "folder for the home folder, which then stays (default: a temporary one)")
	f.StringVar(&o.draw, "draw", "", "only draw the lines in these files, separated by commas")
	f.StringVar(&o.docs, "docs", "", "document whose table is written anew, with --draw")
	f.StringVar(&o.plot, "plot", "", "SVG file for the picture, with --draw")
	if err := f.Parse(arguments); err != nil {
		return o, err
	}
	switch err = json.Unmarshal([]byte(set), &o.set); {
	case err != nil:
		err = fmt.Errorf("--set %s: want a JSON object: %w", set, err)
	case o.step < 1 || o.blocks < o.step:
		err = fmt.Errorf("--step %d, --blocks %d: want at least one step of at least one block", o.step, o.blocks)
	case o.old < 1:
		err = fmt.Errorf("--evidence %d: want at least one block", o.old)
	case o.draw == "" && o.docs+o.plot != "":
		err = errors.New("--docs and --plot: want --draw with them")
	case f.NArg() > 0:
		err = fmt.Errorf("%s: want flags only", strings.Join(f.Args(), " "))
	}
	if err != nil {
		fmt.Fprintln(w, "bench/memory:", err)
	}
	return o, err
}
