package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/althing-network/althing/bench/plot"
)

// draw publishes the output of earlier runs.
func draw(o options) error {
	var runs []measured
	for path := range strings.SplitSeq(o.draw, ",") {
		some, err := readRuns(path)
		if err != nil {
			return err
		}
		runs = append(runs, some...)
	}
	if o.plot != "" {
		f, err := os.Create(o.plot)
		if err != nil {
			return err
		}
		if err := errors.Join(picture(runs).WriteSVG(f), f.Close()); err != nil {
			return err
		}
	}
	if o.docs == "" {
		return nil
	}
	old, err := os.ReadFile(o.docs)
	if err != nil {
		return err
	}
	anew, err := replaced(old, document(runs))
	if err != nil {
		return fmt.Errorf("%s: %w", o.docs, err)
	}
	return os.WriteFile(o.docs, anew, 0o644)
}

// measured are the lines of one validator.
type measured struct {
	name  string
	lines []line
}

// readRuns reads a file of lines. The lines of one validator follow each other.
func readRuns(path string) (runs []measured, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	for s := bufio.NewScanner(bytes.NewReader(b)); s.Scan(); {
		var l line
		if err := json.Unmarshal(s.Bytes(), &l); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if len(runs) == 0 || runs[len(runs)-1].name != l.Name {
			runs = append(runs, measured{name: l.Name})
		}
		run := &runs[len(runs)-1]
		run.lines = append(run.lines, l)
	}
	if len(runs) == 0 {
		return nil, fmt.Errorf("%s: want at least one line of JSON", path)
	}
	return runs, nil
}

const mebibyte = 1 << 20

// picture shows memory and disk by height.
func picture(runs []measured) plot.Figure {
	x := plot.Axis{Label: "blocks, thousands"}
	memory := plot.Chart{Title: "memory of the process", X: x, Y: plot.Axis{Label: "MiB"}}
	disk := plot.Chart{Title: "disk of the home folder", X: x, Y: plot.Axis{Label: "MiB"}}
	for _, run := range runs {
		resident := plot.Line{Name: run.name + ", resident"}
		heap := plot.Line{Name: run.name + ", heap alive", Dashes: plot.Dashed}
		home := plot.Line{Name: run.name + ", resident"} // the same name as in the other chart, for the same colour and one entry in the legend
		for _, l := range run.lines {
			height := float64(l.Height) / 1000
			resident.Points = append(resident.Points, plot.Point{X: height, Y: float64(l.Resident) / mebibyte})
			heap.Points = append(heap.Points, plot.Point{X: height, Y: float64(l.Heap) / mebibyte})
			home.Points = append(home.Points, plot.Point{X: height, Y: float64(l.Disk) / mebibyte})
		}
		memory.Lines = append(memory.Lines, resident, heap)
		disk.Lines = append(disk.Lines, home)
	}
	return plot.Figure{Title: "A validator as its chain grows", Columns: 2, Charts: []plot.Chart{memory, disk}}
}

// The lines in a document around the part that is replaced.
const (
	begins = "<!-- written by go run ./bench/memory --docs: from here -->\n"
	ends   = "<!-- to here -->\n"
)

// replaced is a document with a new text between these lines.
func replaced(old []byte, text string) ([]byte, error) {
	head, rest, ok := bytes.Cut(old, []byte(begins))
	_, tail, closed := bytes.Cut(rest, []byte(ends))
	if !ok || !closed {
		return nil, fmt.Errorf("want the lines %q and %q", strings.TrimSpace(begins), strings.TrimSpace(ends))
	}
	return fmt.Appendf(nil, "%s%s%s%s%s", head, begins, text, ends, tail), nil
}

// document is a table in Markdown. It has some lines of each run, with the first and the last
// one.
func document(runs []measured) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s, %d cores; memory and disk in MiB.\n\n", runtime.GOOS, runtime.NumCPU())
	b.WriteString("| validator | blocks | resident | heap alive | disk | state | blocks' store | consensus' store | log of consensus |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|---|\n")
	for _, run := range runs {
		for _, l := range run.some() {
			fmt.Fprintf(&b, "| %s | %d |", run.name, l.Height)
			for _, bytes := range []int64{
				l.Resident, l.Heap, l.Disk,
				l.Folders["application.db"], l.Folders["blockstore.db"], l.Folders["state.db"], l.Folders["cs.wal"],
			} {
				fmt.Fprintf(&b, " %d |", bytes/mebibyte)
			}
			b.WriteString("\n")
		}
	}
	b.WriteString("\n")
	return b.String()
}

// some are up to six lines of a run, evenly spaced, with the first and the last.
func (m measured) some() (lines []line) {
	const parts = 5
	at := -1
	for i := range parts + 1 {
		next := i * (len(m.lines) - 1) / parts
		if next > at {
			lines = append(lines, m.lines[next])
		}
		at = next
	}
	return lines
}
