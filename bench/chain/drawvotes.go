package main

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"strings"
	"text/tabwriter"

	"github.com/althing-network/althing/bench/plot"
)

// reportVotes prints rows, as one line of JSON each or as one table.
func reportVotes(w io.Writer, asJSON bool, rows []voteRow) error {
	if asJSON {
		lines := json.NewEncoder(w)
		for _, r := range rows {
			if err := lines.Encode(r); err != nil {
				return err
			}
		}
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "what\tvotes\tdecided\tsamples\tgas\tmedian us\tlongest us\t")
	for _, r := range rows {
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%s\t%d\t%d\t\n", r.What, r.Votes, r.Decided, r.Samples, orDash(r.Gas), r.Median, r.Longest)
	}
	return t.Flush()
}

// votePicture shows the time of a vote by the number of earlier votes, and the time of blocks
// by the number of earlier proposals.
func votePicture(rows []voteRow) plot.Figure {
	y := plot.Axis{Label: "ms of processor time, median"}
	poll := plot.Chart{Title: "A vote", X: plot.Axis{Label: "votes in the poll", Log: true}, Y: y}
	chain := plot.Chart{Title: "A block", X: plot.Axis{Label: "proposals decided before", Log: true}, Y: y}
	add := func(c *plot.Chart, name string, x int, r voteRow) {
		i := 0
		for i < len(c.Lines) && c.Lines[i].Name != name {
			i++
		}
		if i == len(c.Lines) {
			c.Lines = append(c.Lines, plot.Line{Name: name})
		}
		c.Lines[i].Points = append(c.Lines[i].Points, plot.Point{X: float64(x), Y: float64(r.Median) / 1000})
	}
	for _, r := range rows {
		switch {
		case r.Decided > 0:
			add(&chain, r.What, r.Decided, r)
		case r.What == whatVote:
			add(&poll, r.What, r.Votes, r)
		}
	}
	return plot.Figure{Title: "Votes and proposals", Columns: 2, Charts: []plot.Chart{poll, chain}}
}

// voteTable are two tables in Markdown: of polls, and of many proposals.
func voteTable(rows []voteRow) string {
	var poll, chain strings.Builder
	for _, r := range rows {
		gas := orDash(r.Gas)
		if r.Decided > 0 {
			fmt.Fprintf(&chain, "| %d | %s | %d | %s | %.2f | %.2f |\n", r.Decided, r.What, r.Samples, gas, float64(r.Median)/1000, float64(r.Longest)/1000)
		} else {
			fmt.Fprintf(&poll, "| %d | %s | %d | %s | %.2f | %.2f |\n", r.Votes, r.What, r.Samples, gas, float64(r.Median)/1000, float64(r.Longest)/1000)
		}
	}
	const line = "|---|---|---|---|---|---|\n"
	return fmt.Sprintf("\n%s, %d cores; milliseconds of processor time.\n\n", runtime.GOOS, runtime.NumCPU()) +
		"| votes in the poll | what | samples | gas, median | median | longest |\n" + line + poll.String() +
		"\n| proposals before | what | samples | gas, median | median | longest |\n" + line + chain.String() + "\n"
}
