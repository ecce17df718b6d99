package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strconv"

	"github.com/althing-network/althing/model"
)

// writePredictions writes a CSV file with a line for each row: its number and its class
// with the probability of each class, or the number that is predicted.
func writePredictions(path string, f model.File, each []prediction) error {
	var b bytes.Buffer
	lines := csv.NewWriter(&b)
	head := []string{"row", "value"}
	if !f.Model.Regression() {
		head[1] = "class"
		for class := range int32(f.Model.Classes) {
			head = append(head, fmt.Sprintf("probability of %v", className(f, class)))
		}
	}
	if err := lines.Write(head); err != nil {
		return err
	}
	decimal := func(x float32) string { return strconv.FormatFloat(float64(x), 'g', -1, 32) }
	for _, p := range each {
		cells := []string{strconv.Itoa(p.Row)}
		if p.Value != nil {
			cells = append(cells, decimal(*p.Value))
		} else {
			cells = append(cells, fmt.Sprint(p.Class))
		}
		for _, x := range p.Probabilities {
			cells = append(cells, decimal(x))
		}
		if err := lines.Write(cells); err != nil {
			return err
		}
	}
	lines.Flush()
	return writeFile(path, b.Bytes())
}
