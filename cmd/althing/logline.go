package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"
)

// logLines writes a log for people who read it at night: when, what, and the fields. The
// level is said where it is worse than info. It is for one node, so that its name is left
// out; for programs there is --json.
type logLines struct {
	out    io.Writer
	fields slog.Handler // writes those of a record into line

	mu   *sync.Mutex // of line and out
	line *bytes.Buffer
}

func newLogLines(out io.Writer) logLines {
	l := logLines{out: out, mu: &sync.Mutex{}, line: &bytes.Buffer{}}
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
	_, err := l.out.Write(append(bytes.TrimRight(l.line.Bytes(), " \n"), '\n'))
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
