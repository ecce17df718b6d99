package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
)

// record is one trial.
type record struct {
	Group    string  `json:"group"`
	Mode     string  `json:"mode"`
	Epsilon  float64 `json:"epsilon"` // of the whole task, per unit; 0: no noise
	Seed     uint64  `json:"seed"`
	Accuracy float64 `json:"accuracy"` // of the whole hold-out
}

// in reports whether the list has a trial with the same settings.
func (r record) in(all []record) bool {
	return slices.ContainsFunc(all, func(o record) bool {
		o.Accuracy = r.Accuracy
		return o == r
	})
}

// readRecords reads a file of trials. Without a name, or if the file does not exist, there
// are none.
func readRecords(name string) (all []record, err error) {
	if name == "" {
		return nil, nil
	}
	file, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var r record
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, r)
	}
	return all, lines.Err()
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
