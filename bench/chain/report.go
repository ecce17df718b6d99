package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"golang.org/x/term"
)

// report prints rows: a line of JSON each, or a table of all.
func report(w io.Writer, asJSON bool, rows []row) error {
	if asJSON {
		lines := json.NewEncoder(w)
		for _, r := range rows {
			if err := lines.Encode(r); err != nil {
				return err
			}
		}
		return nil
	}
	fmt.Fprintf(w, "Medians of single blocks less the empty block before, committee %d + %d.\n", committee, committee)
	fmt.Fprintln(w, "keys, bytes: set or deleted in the stores; tree: bytes given to the database; time: FinalizeBlock; check: CheckTx.")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "trainers\twhat\tsamples\tgas\tkeys\tbytes\ttree\ttime us\tcheck us\t")
	for _, r := range rows {
		fmt.Fprintf(t, "%d\t%s\t%d\t%s\t%d\t%d\t%d\t%d\t%s\t\n",
			r.Trainers, r.What, r.Samples, orDash(r.Gas), r.Keys, r.Bytes, r.Tree, r.Time, orDash(r.Check))
	}
	return t.Flush()
}

// orDash is a dash where there was no message to measure.
func orDash(figure int64) string {
	if figure == 0 {
		return "-"
	}
	return fmt.Sprint(figure)
}

// line says on a terminal what is being measured, and nothing elsewhere.
type line struct {
	out *os.File // nil: no terminal
}

func newLine(out *os.File) line {
	if !term.IsTerminal(int(out.Fd())) {
		return line{}
	}
	return line{out: out}
}

func (l line) show(format string, arguments ...any) {
	if l.out != nil {
		fmt.Fprintf(l.out, "\r\x1b[K"+format, arguments...)
	}
}

// clear takes the line away.
func (l line) clear() { l.show("") }
