package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
)

// heads and cells are the columns of the table, on a terminal and in a document.
func heads() []string {
	return []string{"system", "s per round", "least to most", "of Flower's deployment", "of `start_server`", "memory, MiB", "processes", "accuracy"}
}

func (m measurement) cells() []string {
	return []string{
		m.title, fmt.Sprintf("%.3g", m.Seconds), fmt.Sprintf("%.3g to %.3g", m.Least, m.Most),
		times(m.ToDeployment), times(m.ToStartServer),
		fmt.Sprintf("%.0f", m.ResidentMiB), fmt.Sprint(m.Processes), fmt.Sprintf("%.3f", m.Accuracy),
	}
}

// times is the text of a ratio, for example "1/25" or "3.1"; empty if there is none.
func times(ratio float64) string {
	switch {
	case ratio == 0:
		return ""
	case ratio == 1:
		return "1"
	case ratio < 1:
		return fmt.Sprintf("1/%.3g", 1/ratio)
	}
	return fmt.Sprintf("%.3g", ratio)
}

// printTable prints the table, and below it how the time of our rounds is spent.
func printTable(out io.Writer, all []measurement) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, strings.Join(heads(), "\t"))
	for _, m := range all {
		fmt.Fprintln(w, strings.Join(m.cells(), "\t"))
	}
	fmt.Fprintln(w)
	fmt.Fprintln(w, strings.Join(budgetHeads(), "\t"))
	for _, m := range all {
		if m.Budget != nil {
			fmt.Fprintln(w, strings.Join(m.budgetCells(), "\t"))
		}
	}
	return w.Flush()
}

func budgetHeads() []string {
	return []string{
		"milliseconds per round", "pause", "proposal", "prevote", "precommit", "waiting", "serial blocks", "floor",
		"train", "its engine", "upload", "combine", "score", "file syncs", "syncs, ms of all together",
	}
}

func (m measurement) budgetCells() []string {
	b := m.Budget
	cells := []string{m.title}
	for _, v := range []float64{b.Pause, b.Proposal, b.Prevote, b.Precommit, b.Waiting} {
		cells = append(cells, fmt.Sprintf("%.0f", v))
	}
	cells = append(cells, fmt.Sprintf("%.1f", b.Serial), fmt.Sprintf("%.0f", b.Floor))
	for _, v := range []float64{b.Train, b.Compute, b.Upload, b.Combine, b.Score} {
		cells = append(cells, fmt.Sprintf("%.0f", v))
	}
	if m.Syncs == nil {
		return append(cells, "", "")
	}
	return append(cells, fmt.Sprintf("%.0f", m.Syncs.Calls), fmt.Sprintf("%.0f", m.Syncs.Ms))
}

// The lines in a document around the part that is replaced.
const (
	begins = "<!-- written by go run ./bench/round --docs: from here -->\n"
	ends   = "<!-- to here -->\n"
)

// writeDocs writes both tables into a document, between these lines.
func writeDocs(path string, all []measurement, o options) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	anew, err := replaced(old, document(all, o))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return os.WriteFile(path, anew, 0o644)
}

// replaced is a document with a new text between these lines.
func replaced(old []byte, text string) ([]byte, error) {
	head, rest, ok := bytes.Cut(old, []byte(begins))
	_, tail, closed := bytes.Cut(rest, []byte(ends))
	if !ok || !closed {
		return nil, fmt.Errorf("want the lines %q and %q", strings.TrimSpace(begins), strings.TrimSpace(ends))
	}
	return fmt.Appendf(nil, "%s%s%s%s%s", head, begins, text, ends, tail), nil
}

// document are both tables in Markdown.
func document(all []measurement, o options) string {
	var b strings.Builder
	row := func(cells []string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	rule := func(n int) { fmt.Fprintf(&b, "|%s\n", strings.Repeat("---|", n)) }
	fmt.Fprintf(&b, "\n%s, %d rounds of each system in each of %d turns, after %d that are not counted.\n\n", machine(), o.rounds, o.repeats, warmup)
	row(heads())
	rule(len(heads()))
	for _, m := range all {
		row(m.cells())
	}
	b.WriteString("\n")
	row(budgetHeads())
	rule(len(budgetHeads()))
	for _, m := range all {
		if m.Budget != nil {
			row(m.budgetCells())
		}
	}
	b.WriteString("\n")
	return b.String()
}
