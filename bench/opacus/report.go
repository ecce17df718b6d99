package main

import (
	"fmt"
	"slices"
	"strings"
)

// tables are two tables in Markdown: accuracy and speed, and the cost in epsilon.
func tables(all []result) string {
	var b strings.Builder
	b.WriteString("| model, sampling | program | accuracy, median (range) | rows per CPU-second | ours is |\n|---|---|---|---|---|\n")
	for _, r := range all {
		for _, s := range append([]side{r.ours}, r.theirs...) {
			times := ""
			if s.name != r.ours.name {
				times = fmt.Sprintf("%.1f times as fast", median(r.ours.speeds)/median(s.speeds))
			}
			fmt.Fprintf(&b, "| %s | %s | %.3f (%.3f to %.3f) | %.0f | %s |\n", r.setting, s.name,
				median(s.accuracies), slices.Min(s.accuracies), slices.Max(s.accuracies), median(s.speeds), times)
		}
	}
	b.WriteString("\n| model, sampling | ours, RDP | Opacus, RDP | ours, PLD | Opacus, PRV | the ledger | our sampler, CPU-ms per task |\n|---|---|---|---|---|---|---|\n")
	for _, r := range all {
		fmt.Fprintf(&b, "| %s | %.4f | %.4f | %.4f | %.4f | %.4f | %.0f |\n", r.setting, r.ourPrice.rdp, r.rdp, r.ourPrice.pld, r.prv, r.ourPrice.ledger, r.made.Seconds()*1e3)
	}
	return b.String()
}
