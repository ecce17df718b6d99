package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/althing-network/althing/spec"
)

// line prints one JSON object on a line of its own.
func (s *session) line(v any) error {
	encoder := json.NewEncoder(s.out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

// table lines cells up for people. Nothing is printed before flush.
type table struct{ w *tabwriter.Writer }

// table begins one, with the names of its columns or without.
func (s *session) table(head ...any) table {
	t := table{tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)}
	if len(head) > 0 {
		t.row(head...)
	}
	return t
}

func (t table) row(cells ...any) {
	for i, cell := range cells {
		if i > 0 {
			fmt.Fprint(t.w, "\t")
		}
		fmt.Fprint(t.w, cell)
	}
	fmt.Fprintln(t.w)
}

func (t table) flush() error { return t.w.Flush() }

// show prints many things: each as JSON, or all as rows of a table.
func show[T any](s *session, things []T, head []any, row func(T) []any) error {
	if !s.json {
		t := s.table(head...)
		for _, thing := range things {
			t.row(row(thing)...)
		}
		return t.flush()
	}
	for _, thing := range things {
		if err := s.line(thing); err != nil {
			return err
		}
	}
	return nil
}

// unless is a cell that stays empty while there is nothing to say.
func unless(nothing bool, cell any) any {
	if nothing {
		return "-"
	}
	return cell
}

// height is a cell for a height, 0 being none.
func height(h int64) any { return unless(h == 0, h) }

// money is a cell for an amount of uthing.
func money(uthing uint64) string { return inThing(uthing) + " THING" }

// number is a JSON figure that may be missing.
func number(p spec.PPM, known bool) *spec.PPM {
	if !known {
		return nil
	}
	return &p
}

// figure is the same as a cell.
func figure(r *spec.PPM) any {
	if r == nil {
		return "-"
	}
	return *r
}

// replace writes a file as a whole: after a crash there is the old one or the
// new one.
func replace(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".althing-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, cause(err))
	}
	defer os.Remove(f.Name())
	_, err = f.Write(b)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, cause(err))
	}
	return os.Rename(f.Name(), path)
}

// cause is a file's error without the name of the file, for a caller that says
// the name itself.
func cause(err error) error {
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		return at.Err
	}
	return err
}
