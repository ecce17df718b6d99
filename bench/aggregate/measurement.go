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

// measurement is one kind of work on a number of cores. Speeds are medians over the rounds,
// in GB of values per second; the ratio is the median of the rounds' ratios.
type measurement struct {
	What   string  `json:"what"` // memory, stored or ingest
	Cores  int     `json:"cores"`
	Ours   float64 `json:"gb_per_s"`
	Flower float64 `json:"flower_gb_per_s"` // always on one thread
	Read   float64 `json:"read_gb_per_s"`   // speed of these cores if they only read the values
	Ratio  float64 `json:"ratio"`           // to Flower
	Low    float64 `json:"low"`             // of the ratio in all rounds
	High   float64 `json:"high"`
}

// peak is the peak memory of a process that combines updates.
type peak struct {
	What    string  `json:"what"` // peak
	Updates int     `json:"updates"`
	MiB     float64 `json:"peak_mib"`
}

// turns are the times of each side, one per round.
type turns struct {
	ours, flower, read []time.Duration
}

// measured computes the speeds. Bytes is the size of the values in one round.
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

// digits rounds to two decimal places.
func digits(v float64) float64 { return math.Round(v*100) / 100 }

// target is a wanted figure and the measured one.
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

// targets lists the targets for what was measured.
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
	smallest, largest := math.Inf(1), 0.0
	for _, p := range peaks {
		smallest, largest = min(smallest, p.MiB), max(largest, p.MiB)
	}
	if largest > 0 {
		list = append(list, target{"smallest peak memory to the largest", 0.9, smallest / largest})
	}
	return list
}

// report prints the measurements, as one line of JSON each or as one table.
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
