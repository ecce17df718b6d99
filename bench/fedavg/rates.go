package main

import (
	"fmt"
	"strings"

	"github.com/althing-network/althing/spec"
)

// defaultRates are the learning rates to try for a row: neighbours on the paper's coarser
// grid, with a factor of 10^(1/3) between two (section 3). The paper tries 11 to 13 rates.
// Large batches need larger rates.
func defaultRates(r row) []spec.PPM {
	switch r.Batch {
	case 0:
		return []spec.PPM{464_159, 215_443}
	case 50:
		return []spec.PPM{215_443, 100_000, 464_159}
	default:
		return []spec.PPM{100_000, 46_416, 215_443}
	}
}

// parseRates parses a list of rates, separated by commas.
func parseRates(list string) (rates []spec.PPM, err error) {
	for word := range strings.SplitSeq(list, ",") {
		rate, err := spec.ParsePPM(strings.TrimSpace(word))
		if err != nil || rate == 0 {
			return nil, fmt.Errorf("rate %q: want decimals above 0, for example 0.05,0.1", word)
		}
		rates = append(rates, rate)
	}
	return rates, nil
}
