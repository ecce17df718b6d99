package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/terminal"
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
func (s *session) hint(words ...string) { s.hintLine(s.command(words...)) }

// hintLine is [session.hint] for a whole command line. It is never broken, so that it can be
// pasted.
func (s *session) hintLine(line string) {
	fmt.Fprintf(s.err, "althing: hint: %s\n", s.asTyped(line))
}

// sentenceIndent is how far a sentence that is broken into lines is indented, in columns.
const sentenceIndent = 2

// say prints a sentence. A terminal gets lines that fit.
func (s *session) say(format string, args ...any) error {
	return s.screen().PrintWrapped(view.Neutral, sentenceIndent, fmt.Sprintf(format, args...))
}

// tell is [session.say] for the error stream.
func (s *session) tell(format string, args ...any) {
	screen := terminal.New(s.err, os.Getenv)
	for line := range strings.Lines(fmt.Sprintf(format, args...)) {
		_ = screen.PrintWrapped(view.Neutral, sentenceIndent, strings.TrimRight(line, "\n")) // who cannot be told is not told
	}
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
