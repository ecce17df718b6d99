package spec

import "fmt"

// LayerDropout is the word for a dropout in a task file.
const LayerDropout = "dropout"

// dropout sets a fraction of the values to 0 while a network is trained.
func dropout() kind {
	return kind{
		name:   LayerDropout,
		fields: []string{"rate"},
		wrong: func(l Layer) string {
			if l.Rate == 0 || l.Rate >= One {
				return fmt.Sprintf("rate is %s: want more than 0 and less than 1", l.Rate)
			}
			return ""
		},
		out: same,
	}
}
