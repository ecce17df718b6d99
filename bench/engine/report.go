package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
)

// report prints measurements, as one line of JSON each or as one table.
func report(w io.Writer, asJSON bool, all []measurement) error {
	if asJSON {
		lines := json.NewEncoder(w)
		for _, m := range all {
			if err := lines.Encode(m); err != nil {
				return err
			}
		}
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "model\tbatch\tkernel\tmode\tours\ttorch\tratio\tlow\thigh\tof fused\t")
	for _, m := range all {
		ofFused := ""
		if m.StrictOfFused > 0 {
			ofFused = fmt.Sprintf("%.2f", m.StrictOfFused)
		}
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%.0f\t%.0f\t%.2f\t%.2f\t%.2f\t%s\t\n",
			m.Model, m.Batch, m.Kernel, m.Mode, m.Ours, m.Torch, m.Ratio, m.Low, m.High, ofFused)
	}
	return t.Flush()
}
