package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"
	"time"
)

// measurement is one kind of work on some cores. Speeds are medians over the rounds,
// in GB of values a second; the ratio is the median of the rounds' ratios.
type measurement struct {
	What   string  `json:"what"` // memory, stored or ingest
	Cores  int     `json:"cores"`
	Ours   float64 `json:"gb_per_s"`
	Flower float64 `json:"flower_gb_per_s"` // one thread: it has no more
	Read   float64 `json:"read_gb_per_s"`   // what the cores read, when they do nothing else
	Ratio  float64 `json:"ratio"`           // to Flower
	Low    float64 `json:"low"`             // of the ratio in all rounds
	High   float64 `json:"high"`
}

// peak is the most memory that it takes to combine updates.
type peak struct {
	What    string  `json:"what"` // peak
	Updates int     `json:"updates"`
	MiB     float64 `json:"peak_mib"`
}

// turns are the times that each took in every round.
type turns struct {
	ours, flower, read []time.Duration
}

// measured makes speeds of times; bytes are those of the values.
func (t turns) measured(what string, cores int, bytes float64) measurement {
	speed := func(times []time.Duration) float64 {
		speeds := make([]float64, len(times))
		for i, d := range times {
			speeds[i] = bytes / d.Seconds() / 1e9
		}
		return digits(median(speeds))
	}
	ratios := make([]float64, len(t.ours))
	for i, d := range t.ours {
		ratios[i] = t.flower[i].Seconds() / d.Seconds()
	}
	return measurement{
		What: what, Cores: cores, Ours: speed(t.ours), Flower: speed(t.flower), Read: speed(t.read),
		Ratio: digits(median(ratios)), Low: digits(slices.Min(ratios)), High: digits(slices.Max(ratios)),
	}
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	n := len(v)
	if n%2 == 1 {
		return v[n/2]
	}
	return (v[n/2-1] + v[n/2]) / 2
}

// digits keeps two behind the point.
func digits(v float64) float64 { return math.Round(v*100) / 100 }

// target is a figure we want to reach and the one that was reached.
type target struct {
	what         string
	want, figure float64
}

// String is a line like "memory, 1 core, to Flower: at least 1.5: 1.62, reached".
func (t target) String() string {
	verdict := "missed"
	if t.figure >= t.want {
		verdict = "reached"
	}
	return fmt.Sprintf("%s: at least %g: %.2f, %s", t.what, t.want, t.figure, verdict)
}

// targets are those about what was measured.
func targets(all []measurement, peaks []peak) (list []target) {
	for _, t := range []struct {
		what  string
		cores int
		want  float64
	}{{memory, 1, 1.5}, {memory, 2, 2.5}, {stored, 2, 1}} {
		for _, m := range all {
			if m.What == t.what && m.Cores == t.cores {
				list = append(list, target{fmt.Sprintf("%s, cores %d, to Flower in memory", t.what, t.cores), t.want, m.Ratio})
			}
		}
	}
	least, most := math.Inf(1), 0.0
	for _, p := range peaks {
		least, most = min(least, p.MiB), max(most, p.MiB)
	}
	if most > 0 {
		list = append(list, target{"least peak of memory to the most", 0.9, least / most})
	}
	return list
}

// report prints measurements: a line of JSON each, or a table of all.
func report(w io.Writer, asJSON bool, all []measurement, peaks []peak) error {
	if asJSON {
		lines := json.NewEncoder(w)
		for _, m := range all {
			if err := lines.Encode(m); err != nil {
				return err
			}
		}
		for _, p := range peaks {
			if err := lines.Encode(p); err != nil {
				return err
			}
		}
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\tcores\tGB/s\tFlower\tread\tratio\tlow\thigh\t")
	for _, m := range all {
		fmt.Fprintf(t, "%s\t%d\t%.2f\t%.2f\t%.1f\t%.2f\t%.2f\t%.2f\t\n", m.What, m.Cores, m.Ours, m.Flower, m.Read, m.Ratio, m.Low, m.High)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, p := range peaks {
		if _, err := fmt.Fprintf(w, "%d updates: %.0f MiB at most\n", p.Updates, p.MiB); err != nil {
			return err
		}
	}
	return nil
}
