package main

import "fmt"

// target is a wanted ratio of speed between two systems, and the measured one.
type target struct {
	of, than     string
	want, figure float64
}

// String is a line like "althing-4-50ms, times as fast as flower-deployment: at least
// 25: 26.1, reached".
func (t target) String() string {
	verdict := "missed"
	if t.figure >= t.want {
		verdict = "reached"
	}
	return fmt.Sprintf("%s, times as fast as %s: at least %g: %.1f, %s", t.of, t.than, t.want, t.figure, verdict)
}

// targets lists the targets for which both systems were measured.
func targets(samples map[string][]sample) (list []target) {
	for _, t := range []target{
		{of: "althing-4-50ms", than: deployment, want: 25},
		{of: "althing-4-50ms", than: "before-4-200ms", want: 2},
		{of: "althing-1-50ms", than: "before-1-200ms", want: 4},
	} {
		if t.figure = ratio(samples[t.than], samples[t.of]); t.figure > 0 {
			list = append(list, t)
		}
	}
	return list
}
