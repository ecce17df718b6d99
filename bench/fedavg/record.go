package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// record is the log of finished trials, one JSON object per line. If it is in a file, a long
// measurement can be interrupted and continued.
type record struct {
	path   string // empty: in memory only
	trials []trial
}

// open reads a log. A file that does not exist is an empty log. An incomplete last line is
// removed from the file.
func open(path string) (*record, error) {
	r := &record{path: path}
	if path == "" {
		return r, nil
	}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return nil, err
	}
	complete := bytes.LastIndexByte(b, '\n') + 1
	number := 0
	for line := range bytes.Lines(b[:complete]) {
		number++
		var t trial
		if err := json.Unmarshal(line, &t); err != nil {
			return nil, fmt.Errorf("%s: line %d is not a finished trial: %w", path, number, err)
		}
		r.trials = append(r.trials, t)
	}
	if complete < len(b) {
		return r, os.Truncate(path, int64(complete))
	}
	return r, nil
}

// writable returns an error if trials cannot be added.
func (r *record) writable() error { return r.write(nil) }

// add appends a trial.
func (r *record) add(t trial) error {
	r.trials = append(r.trials, t)
	line, err := json.Marshal(t)
	if err != nil {
		return err
	}
	return r.write(append(line, '\n'))
}

func (r *record) write(b []byte) error {
	if r.path == "" {
		return nil
	}
	f, err := os.OpenFile(r.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Close())
}

// find looks for a finished trial.
func (r *record) find(wanted trial) (trial, bool) {
	for _, t := range r.trials {
		if t.same(wanted) && t.final(wanted.Cap) {
			return t, true
		}
	}
	return trial{}, false
}
