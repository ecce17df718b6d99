package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
)

// The ways in which a task is run.
const (
	inSimulator = "simulator"
	inDemo      = "demo"
)

// record is one trial.
type record struct {
	Set    string    `json:"set"`
	Way    string    `json:"way"`
	Split  uint64    `json:"split"`
	Rows   int       `json:"rows"` // of all trainers
	Held   int       `json:"held"` // rows that are held out
	Ours   float64   `json:"ours"` // of the last model: accuracy of the whole hold-out, or R2
	Theirs float64   `json:"theirs"`
	Curve  []float64 `json:"curve,omitempty"` // in the simulator: of the model of each round
	// Seconds are those of the demo, from its start to its end.
	Seconds float64 `json:"seconds,omitempty"`
}

// points are in a whole.
const points = 100

// in reports whether the same trial was made already.
func (r record) in(all []record) bool {
	return slices.ContainsFunc(all, func(o record) bool { return o.Set == r.Set && o.Way == r.Way && o.Split == r.Split })
}

// readRecords reads a file of trials; there are none where it is not there, or has no name.
func readRecords(name string) (all []record, err error) {
	if name == "" {
		return nil, nil
	}
	b, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for line := range bytes.Lines(b) {
		var r record
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, fmt.Errorf("%s: line %d: %w", name, len(all)+1, err)
		}
		all = append(all, r)
	}
	return all, nil
}

// append adds the trial to a file, unless it has no name.
func (r record) append(name string) error {
	if name == "" {
		return nil
	}
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = file.Write(append(line, '\n'))
	return errors.Join(err, file.Close())
}
