package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/althing-network/althing/bench/plot"
)

// measurement is how much one attack slows down a network.
type measurement struct {
	Attack  string `json:"attack"`
	Before  bool   `json:"before"` // of the older program
	Turns   int    `json:"turns"`
	Blocks  speed  `json:"blocks"`
	Rounds  speed  `json:"rounds"`
	Paid    speed  `json:"paid"`           // transactions of one payer, one after the other
	Stopped int    `json:"rounds_stopped"` // rounds of the whole run that were not settled

	title string
}

// speed is how many blocks, rounds or transactions per second there were: medians over the turns.
type speed struct {
	Quiet    float64 `json:"quiet"`
	Attacked float64 `json:"attacked"`
	Left     float64 `json:"left"` // of the quiet speed, in the same turn
}

func compare(times []time.Time, quiet, attacked []span) speed {
	var before, under []float64
	for i := range quiet {
		before, under = append(before, perSecond(times, quiet[i])), append(under, perSecond(times, attacked[i]))
	}
	round := func(v float64) float64 { return math.Round(v*1000) / 1000 }
	return speed{round(median(before)), round(median(under)), round(left(before, under))}
}

// least is the smallest of the three remaining shares of speed.
func (m measurement) least() float64 { return min(m.Blocks.Left, m.Rounds.Left, m.Paid.Left) }

func (m measurement) name() string {
	if m.Before {
		return m.Attack + ", before"
	}
	return m.Attack
}

func heads() []string {
	return []string{"attack", "blocks per second, quiet and attacked", "left", "rounds per second", "left", "paid transactions per second", "left"}
}

func (m measurement) cells() []string {
	cells := []string{m.name()}
	for _, s := range []speed{m.Blocks, m.Rounds, m.Paid} {
		cells = append(cells, fmt.Sprintf("%.2f, %.2f", s.Quiet, s.Attacked), fmt.Sprintf("%.0f%%", 100*s.Left))
	}
	return cells
}

// publish prints measurements and writes the files named by flags.
func publish(o options, all []measurement) error {
	if o.json {
		lines := json.NewEncoder(os.Stdout)
		for _, m := range all {
			if err := lines.Encode(m); err != nil {
				return err
			}
		}
	} else if err := printTable(os.Stdout, all); err != nil {
		return err
	}
	if o.plot != "" {
		if err := draw(o.plot, all); err != nil {
			return err
		}
	}
	if o.docs != "" {
		return writeDocs(o, all)
	}
	return nil
}

// redraw publishes measurements of earlier runs. Of two measurements with the same program
// and the same attack the later one counts.
func redraw(o options) error {
	var all []measurement
	for _, path := range o.draw {
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for lines := json.NewDecoder(bytes.NewReader(b)); lines.More(); {
			var m measurement
			if err := lines.Decode(&m); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			same := func(other measurement) bool { return other.name() == m.name() }
			if i := slices.IndexFunc(all, same); i >= 0 {
				all[i] = m
			} else {
				all = append(all, m)
			}
		}
	}
	return publish(o, all)
}

func printTable(out io.Writer, all []measurement) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, strings.Join(heads(), "\t"))
	for _, m := range all {
		fmt.Fprintln(w, strings.Join(m.cells(), "\t"))
	}
	return w.Flush()
}

// draw draws the remaining share of each speed.
func draw(path string, all []measurement) error {
	p := plot.Bars{Title: "What an attack leaves of a network's speed", Label: "% of the speed in quiet times of the same run"}
	for _, m := range all {
		for _, s := range []struct {
			name string
			of   speed
		}{{"blocks", m.Blocks}, {"rounds", m.Rounds}, {"paid transactions", m.Paid}} {
			p.Rows = append(p.Rows, plot.Bar{
				Name: m.name() + ": " + s.name, Slim: s.name != "blocks",
				Parts: []plot.Part{{Name: s.name, Value: 100 * s.of.Left}},
			})
		}
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(p.WriteSVG(f), f.Close())
}

// The lines in a document around the part that is replaced.
const (
	begins = "<!-- written by go run ./bench/attack --docs: from here -->\n"
	ends   = "<!-- to here -->\n"
)

func writeDocs(o options, all []measurement) error {
	old, err := os.ReadFile(o.docs)
	if err != nil {
		return err
	}
	head, rest, ok := bytes.Cut(old, []byte(begins))
	_, tail, closed := bytes.Cut(rest, []byte(ends))
	if !ok || !closed {
		return fmt.Errorf("%s: want the lines %q and %q", o.docs, strings.TrimSpace(begins), strings.TrimSpace(ends))
	}
	return os.WriteFile(o.docs, fmt.Appendf(nil, "%s%s%s%s%s", head, begins, document(o, all), ends, tail), 0o644)
}

// document is the table in Markdown.
func document(o options, all []measurement) string {
	var b strings.Builder
	row := func(cells []string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	fmt.Fprintf(&b, "\n%d turns of %s quiet and %s attacked, %s between two blocks, on %d cores (%s/%s).\n\n",
		o.turns, o.window, o.window, o.commit, runtime.NumCPU(), runtime.GOOS, runtime.GOARCH)
	row(heads())
	fmt.Fprintf(&b, "|%s\n", strings.Repeat("---|", len(heads())))
	for _, m := range all {
		row(m.cells())
	}
	b.WriteString("\n")
	return b.String()
}
