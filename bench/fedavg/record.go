package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// record is the log of finished trials, one JSON object a line. With a file it
// survives the program, so that a long run can be cut and go on.
type record struct {
	path   string // empty: in memory only
	trials []trial
}

// open reads a log; a file that is not there yet is an empty one. A last line
// without its end was cut in writing and is forgotten, in the file as well.
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
	whole := bytes.LastIndexByte(b, '\n') + 1
	number := 0
	for line := range bytes.Lines(b[:whole]) {
		number++
		var t trial
		if err := json.Unmarshal(line, &t); err != nil {
			return nil, fmt.Errorf("%s: line %d is not a finished trial: %w", path, number, err)
		}
		r.trials = append(r.trials, t)
	}
	if whole < len(b) {
		return r, os.Truncate(path, int64(whole))
	}
	return r, nil
}

// writable reports why trials cannot be added.
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

// find looks for a trial that need not be run again.
func (r *record) find(wanted trial) (trial, bool) {
	for _, t := range r.trials {
		if t.same(wanted) && t.final(wanted.Cap) {
			return t, true
		}
	}
	return trial{}, false
}
