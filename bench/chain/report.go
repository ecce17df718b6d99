package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"golang.org/x/term"
)

// report prints rows, as one line of JSON each or as one table.
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
	fmt.Fprintf(w, "Medians of single blocks minus the empty block before; %d aggregators and %d evaluators.\n", committee, committee)
	fmt.Fprintln(w, "keys, bytes: set or deleted in the stores; tree: bytes written to the database; time: FinalizeBlock; check: CheckTx.")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "trainers\twhat\tsamples\tgas\tkeys\tbytes\ttree\ttime us\tcheck us\t")
	for _, r := range rows {
		fmt.Fprintf(t, "%d\t%s\t%d\t%s\t%d\t%d\t%d\t%d\t%s\t\n",
			r.Trainers, r.What, r.Samples, orDash(r.Gas), r.Keys, r.Bytes, r.Tree, r.Time, orDash(r.Check))
	}
	return t.Flush()
}

// orDash is a figure, or a dash if there was no message to measure.
func orDash(figure int64) string {
	if figure == 0 {
		return "-"
	}
	return fmt.Sprint(figure)
}

// line shows on a terminal what is being measured. Elsewhere it shows nothing.
type line struct {
	out *os.File // nil if it is not a terminal
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

// clear removes the line.
func (l line) clear() { l.show("") }
