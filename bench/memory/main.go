// Command memory measures how much memory and disk a validator uses as its chain grows: one
// validator in a process of its own, with a few transactions in every block. It is not a
// test: it fails only if the validator makes no blocks.
//
//	go run ./bench/memory --name "as it is written" > now.jsonl
//	go run ./bench/memory --name before --program OLDER/althing > before.jsonl
//	go run ./bench/memory --draw now.jsonl,before.jsonl --docs docs/validator.md --plot docs/memory.svg
//
// The validator is created by "althing localnet", with a pause of 1 ms between two blocks;
// --set changes its validator.json. Two accounts own a node each and change its registration
// in every block. Each printed line has the resident memory, the live heap after the last
// garbage collection, and the size of the folders in data/. The speed of blocks is not
// measured, because other work may share the machine.
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

// options are the values of the flags.
type options struct {
	name           string
	program        string
	blocks         int64
	step           int64
	evidenceBlocks int64
	set            settings
	dir            string
	draw           string
	docs           string
	plot           string
}

// settings are fields of validator.json that replace the default ones.
type settings map[string]json.RawMessage

func main() {
	command.Main("memory", parse, func(ctx context.Context, o options) error {
		if o.draw != "" {
			return draw(o)
		}
		return run(ctx, o, os.Stdout)
	})
}

// parse parses the flags, and writes an error about them to w.
func parse(arguments []string, w io.Writer) (o options, err error) {
	f := flag.NewFlagSet("bench/memory", flag.ContinueOnError)
	f.SetOutput(w)
	var set string
	f.StringVar(&o.name, "name", "now", "`name` of the validator in lines and pictures")
	f.StringVar(&o.program, "program", "", "althing `program` to measure (default: built from ./cmd/althing)")
	f.Int64Var(&o.blocks, "blocks", 100_000, "`height` at which to stop")
	f.Int64Var(&o.step, "step", 500, "blocks between two printed lines")
	f.Int64Var(&o.evidenceBlocks, "evidence", chain.EvidenceBlocks, "maximum age of evidence of double signing in the genesis, in blocks; a validator keeps these blocks")
	f.StringVar(&set, "set", "{}", "JSON `object` whose fields are written into validator.json")
	f.StringVar(&o.dir, "dir", "", "`folder` for the home folder, which is kept (default: a temporary one)")
	f.StringVar(&o.draw, "draw", "", "measure nothing, draw the output in these `files`, separated by commas")
	f.StringVar(&o.docs, "docs", "", "with --draw: `document` whose table is replaced")
	f.StringVar(&o.plot, "plot", "", "with --draw: SVG `file` for the picture")
	if err := f.Parse(arguments); err != nil {
		return o, err
	}
	switch err = json.Unmarshal([]byte(set), &o.set); {
	case err != nil:
		err = fmt.Errorf("--set %s: want a JSON object: %w", set, err)
	case o.step < 1 || o.blocks < o.step:
		err = fmt.Errorf("--step %d, --blocks %d: want a step of at least 1, and no fewer blocks", o.step, o.blocks)
	case o.evidenceBlocks < 1:
		err = fmt.Errorf("--evidence %d: want at least 1", o.evidenceBlocks)
	case o.draw == "" && o.docs+o.plot != "":
		err = errors.New("--docs and --plot need --draw: want the files to draw")
	case f.NArg() > 0:
		err = fmt.Errorf("%s: want flags only", strings.Join(f.Args(), " "))
	}
	if err != nil {
		fmt.Fprintln(w, "bench/memory:", err)
	}
	return o, err
}
