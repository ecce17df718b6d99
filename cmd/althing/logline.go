package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/althing-network/althing/terminal"
)

// logLines writes a log for people: the time, the message and the fields, and the level where
// it is worse than info. The name of the node is left out, because a log has one node. The rest
// of a line that is too long for a terminal follows on the next one, indented. Programs use --json.
type logLines struct {
	screen *terminal.Screen
	fields slog.Handler // writes the fields of a record into line

	mu   *sync.Mutex // guards line and screen
	line *bytes.Buffer
}

func newLogLines(out io.Writer) logLines {
	l := logLines{screen: terminal.New(out, os.Getenv), mu: &sync.Mutex{}, line: &bytes.Buffer{}}
	l.fields = slog.NewTextHandler(l.line, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		switch {
		case len(groups) > 0:
		case a.Key == slog.TimeKey, a.Key == slog.LevelKey, a.Key == slog.MessageKey, a.Key == "node":
			return slog.Attr{}
		}
		return a
	}})
	return l
}

// Enabled implements [slog.Handler].
func (l logLines) Enabled(ctx context.Context, level slog.Level) bool {
	return l.fields.Enabled(ctx, level)
}

// Handle implements [slog.Handler].
func (l logLines) Handle(ctx context.Context, r slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.line.Reset()
	l.line.WriteString(r.Time.Format(time.DateTime) + " ")
	if r.Level != slog.LevelInfo {
		l.line.WriteString(r.Level.String() + " ")
	}
	fmt.Fprintf(l.line, "%s ", r.Message)
	if err := l.fields.Handle(ctx, r); err != nil {
		return err
	}
	line := bytes.TrimRight(l.line.Bytes(), " \n")
	if l.screen.Live {
		return l.screen.Paragraph(string(line))
	}
	_, err := l.screen.Out.Write(append(line, '\n'))
	return err
}

// WithAttrs implements [slog.Handler].
func (l logLines) WithAttrs(attrs []slog.Attr) slog.Handler {
	l.fields = l.fields.WithAttrs(attrs)
	return l
}

// WithGroup implements [slog.Handler].
func (l logLines) WithGroup(name string) slog.Handler {
	l.fields = l.fields.WithGroup(name)
	return l
}
