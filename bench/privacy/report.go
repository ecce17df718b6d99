package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
)

// report prints results, as one line of JSON each or as one table.
func report(w io.Writer, asJSON bool, all []result) error {
	if asJSON {
		lines := json.NewEncoder(w)
		for _, r := range all {
			if err := lines.Encode(r); err != nil {
				return err
			}
		}
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "what\tof\tunit\tours\tlow\thigh\tplain\ttarget\t\t")
	for _, r := range all {
		plain, target, met := "", "", ""
		if r.Plain > 0 {
			plain = fmt.Sprintf("%.2f", r.Plain)
		}
		if r.Target > 0 {
			target, met = fmt.Sprintf("%.0f", r.Target), "missed"
			if r.Met {
				met = "met"
			}
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%.2f\t%.2f\t%.2f\t%s\t%s\t%s\t\n", r.What, r.Of, r.Unit, r.Ours, r.Low, r.High, plain, target, met)
	}
	return t.Flush()
}
