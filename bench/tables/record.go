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
	Held   int       `json:"held"` // rows of the hold-out
	Ours   float64   `json:"ours"` // accuracy or R2 of the last model on the whole hold-out
	Theirs float64   `json:"theirs"`
	Curve  []float64 `json:"curve,omitempty"` // in the simulator: accuracy or R2 of the model of each round
	// Seconds is the time of the demo from start to end.
	Seconds float64 `json:"seconds,omitempty"`
}

// points is the number of points of a score of 1.
const points = 100

// in reports whether the list has a trial with the same settings.
func (r record) in(all []record) bool {
	return slices.ContainsFunc(all, func(o record) bool { return o.Set == r.Set && o.Way == r.Way && o.Split == r.Split })
}

// readRecords reads a file of trials. Without a name, or if the file does not exist, there
// are none.
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

// append appends the trial to a file. Without a name it does nothing.
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
