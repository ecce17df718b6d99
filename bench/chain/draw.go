package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"text/tabwriter"

	"github.com/althing-network/althing/bench/plot"
)

// reportLoads prints loads, as one line of JSON each or as one table.
func reportLoads(w io.Writer, asJSON bool, loads []load) error {
	if asJSON {
		lines := json.NewEncoder(w)
		for _, l := range loads {
			if err := lines.Encode(l); err != nil {
				return err
			}
		}
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "nodes\ttasks\tended\ttasks are\tblocks\tmedian us\tmean us\tlongest us\t")
	for _, l := range loads {
		fmt.Fprintf(t, "%d\t%d\t%d\t%s\t%d\t%d\t%d\t%d\t\n", l.Nodes, l.Tasks, l.Expired, l.Life, l.Blocks, l.Median, l.Mean, l.Longest)
	}
	return t.Flush()
}

// draw publishes the output of earlier runs.
func draw(o loadOptions) error {
	if o.drawVotes != "" {
		return drawLines(o, o.drawVotes, "--draw-votes", votePicture, voteTable)
	}
	return drawLines(o, o.draw, "--docs", loadPicture, loadTable)
}

// drawLines draws the lines in files, and replaces the table in the document that is marked
// with the flag.
func drawLines[T any](o loadOptions, paths, flag string, picture func([]T) plot.Figure, table func([]T) string) error {
	var lines []T
	for path := range strings.SplitSeq(paths, ",") {
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for s := bufio.NewScanner(bytes.NewReader(b)); s.Scan(); {
			var l T
			if err := json.Unmarshal(s.Bytes(), &l); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			lines = append(lines, l)
		}
	}
	if o.plot != "" {
		f, err := os.Create(o.plot)
		if err != nil {
			return err
		}
		if err := errors.Join(picture(lines).WriteSVG(f), f.Close()); err != nil {
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
	const ends = "<!-- to here -->\n"
	begins := fmt.Sprintf("<!-- written by go run ./bench/chain %s: from here -->\n", flag)
	head, rest, ok := bytes.Cut(old, []byte(begins))
	_, tail, closed := bytes.Cut(rest, []byte(ends))
	if !ok || !closed {
		return fmt.Errorf("%s: want the lines %q and %q", o.docs, strings.TrimSpace(begins), strings.TrimSpace(ends))
	}
	return os.WriteFile(o.docs, fmt.Appendf(nil, "%s%s%s%s%s", head, begins, table(lines), ends, tail), 0o644)
}

// loadPicture shows the mean time of a block by the number of nodes, in one chart per life.
func loadPicture(loads []load) plot.Figure {
	f := plot.Figure{Title: "An empty block with 10 nodes for each open task", Columns: len(lives())}
	for _, life := range lives() {
		c := plot.Chart{
			Title: "tasks are " + life,
			X:     plot.Axis{Label: "nodes", Log: true}, Y: plot.Axis{Label: "ms of processor time, mean", Log: true},
		}
		for _, l := range loads {
			if l.Life != life || l.Expired > 0 {
				continue
			}
			if n := len(c.Lines); n == 0 || c.Lines[n-1].Name != l.Name {
				c.Lines = append(c.Lines, plot.Line{Name: l.Name})
			}
			line := &c.Lines[len(c.Lines)-1]
			line.Points = append(line.Points, plot.Point{X: float64(l.Nodes), Y: float64(l.Mean) / 1000})
		}
		f.Charts = append(f.Charts, c)
	}
	return f
}

// loadTable is a table in Markdown.
func loadTable(loads []load) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s, %d cores; milliseconds of processor time for a block, Commit included.\n\n", runtime.GOOS, runtime.NumCPU())
	b.WriteString("| chain | nodes | open tasks | ended tasks | tasks are | blocks | median | mean | longest |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|---|\n")
	for _, l := range loads {
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %s | %d |", l.Name, l.Nodes, l.Tasks, l.Expired, l.Life, l.Blocks)
		for _, micros := range []int64{l.Median, l.Mean, l.Longest} {
			fmt.Fprintf(&b, " %.2f |", float64(micros)/1000)
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
	return b.String()
}
