package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/view"
)

// line prints one JSON object on a line of its own.
func (s *session) line(v any) error {
	encoder := json.NewEncoder(s.out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

// show prints a thing: with --json as one object, else as its page.
func (s *session) show(v interface{ Page() view.Page }) error {
	if s.json {
		return s.line(v)
	}
	return s.page(v.Page())
}

// page prints a page, and its hints on the error stream.
func (s *session) page(p view.Page) error {
	if err := s.screen().Page(p); err != nil {
		return err
	}
	for _, hint := range p.Hints {
		s.hint(hint...)
	}
	return nil
}

// hint prints on the error stream a command that may come next.
func (s *session) hint(words ...string) {
	fmt.Fprintf(s.err, "althing: hint: %s\n", s.asTyped(s.command(words...)))
}

// showList prints a list: with --json each entry as an object on its own line, else as one
// page.
func showList[T any, L interface {
	~[]T
	Page() view.Page
}](s *session, list L,
) error {
	if s.json {
		return showLines(s, list)
	}
	return s.page(list.Page())
}

// showLines prints each entry of a list as a JSON object on its own line.
func showLines[T any, L ~[]T](s *session, list L) error {
	for _, entry := range list {
		if err := s.line(entry); err != nil {
			return err
		}
	}
	return nil
}

// writeFile writes a whole file atomically, and everybody may read it.
func writeFile(path string, b []byte) error {
	if err := daemon.ReplaceFile(path, b, 0o644); err != nil {
		return fmt.Errorf("write %s: %w", path, withoutPath(err))
	}
	return nil
}

// withoutPath is a file's error without the name of the file, for a caller that says the name
// itself.
func withoutPath(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

// withPath names the file where an error does not name it yet.
func withPath(path string, err error) error {
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("%s: %w", path, withoutPath(err))
	}
	return err
}
