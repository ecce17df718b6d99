package main

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"time"
)

// measurement has the figures of one system over all turns. Seconds are medians over the
// counted rounds.
type measurement struct {
	What        string  `json:"what"`
	Name        string  `json:"name"` // in --only
	Validators  int     `json:"validators"`
	Aggregators int     `json:"aggregators"`
	Evaluators  int     `json:"evaluators"`
	Trainers    int     `json:"trainers"`
	PauseMs     float64 `json:"pause_ms"`
	RTTMs       float64 `json:"rtt_ms"`
	Processes   int     `json:"processes"`
	Rounds      int     `json:"rounds"` // number of counted rounds
	Seconds     float64 `json:"s_per_round"`
	Least       float64 `json:"s_least"`
	Most        float64 `json:"s_most"`
	ResidentMiB float64 `json:"resident_mib"`
	Accuracy    float64 `json:"accuracy"` // median over the turns
	After       int     `json:"accuracy_after_rounds"`
	// Ratio of the seconds of a turn to those of the other system in the same turn, as the
	// median over the turns; 0 if the other was not measured.
	ToDeployment  float64 `json:"ratio_to_deployment"`
	ToStartServer float64 `json:"ratio_to_start_server"`
	Budget        *budget `json:"budget,omitempty"` // of ours, mean over the turns
	Syncs         *syncs  `json:"syncs,omitempty"`  // of ours, if they were counted

	title string
	apart bool
}

// measure computes the measurements from samples. After is the number of rounds per sample.
func measure(all []system, samples map[string][]sample, after int) (list []measurement) {
	for _, s := range all {
		m := measurement{
			apart: s.Apart,
			What:  s.What, Name: s.name(), title: s.title(), Validators: s.Validators, Aggregators: s.Aggregators,
			Evaluators: s.Evaluators, Trainers: trainers, After: after,
			PauseMs: milliseconds(s.Pause), RTTMs: milliseconds(s.RTT),
		}
		own := samples[s.name()]
		var times, resident, accuracy []float64
		for _, r := range own {
			times = append(times, seconds(r.Rounds)...)
			resident, accuracy = append(resident, r.Resident), append(accuracy, r.Accuracy)
			m.Processes = max(m.Processes, r.Processes)
		}
		m.Rounds, m.Seconds, m.Least, m.Most = len(times), digits(median(times), 4), digits(slices.Min(times), 4), digits(slices.Max(times), 4)
		m.ResidentMiB, m.Accuracy = digits(median(resident), 0), digits(median(accuracy), 4)
		m.ToDeployment, m.ToStartServer = ratio(own, samples[deployment]), ratio(own, samples[startServer])
		m.Budget, m.Syncs = meanBudget(own), own[0].Syncs
		list = append(list, m)
	}
	return list
}

// ratio is the median of the turns' ratios.
func ratio(own, other []sample) float64 {
	var ratios []float64
	for i := range min(len(own), len(other)) {
		ratios = append(ratios, median(seconds(own[i].Rounds))/median(seconds(other[i].Rounds)))
	}
	if len(ratios) == 0 {
		return 0
	}
	return digits(median(ratios), 4)
}

// meanBudget is the mean budget over the turns that have one.
func meanBudget(all []sample) *budget {
	sum, n := budget{}, 0.0
	for _, r := range all {
		if r.Budget != nil {
			sum.each(*r.Budget, func(a, b float64) float64 { return a + b })
			n++
		}
	}
	if n == 0 {
		return nil
	}
	sum.each(sum, func(a, _ float64) float64 { return digits(a/n, 1) })
	return &sum
}

func seconds(times []time.Duration) (list []float64) {
	for _, d := range times {
		list = append(list, d.Seconds())
	}
	return list
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	n := len(v)
	if n%2 == 1 {
		return v[n/2]
	}
	return (v[n/2-1] + v[n/2]) / 2
}

// digits rounds to n decimal places.
func digits(v float64, n int) float64 {
	unit := math.Pow10(n)
	return math.Round(v*unit) / unit
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
		if err := drawBudget(o.plot, all); err != nil {
			return err
		}
	}
	if o.docs != "" {
		return writeDocs(o.docs, all, o)
	}
	return nil
}
