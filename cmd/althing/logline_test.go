package main

import (
	"errors"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLogLines: a line says when, what and the fields, and the level where it is worse
// than info; the node's name, which is that of the process, it leaves out.
func TestLogLines(t *testing.T) {
	var b strings.Builder
	log := slog.New(newLogLines(&b)).With(slog.String("node", "trainer-1"))
	log.Info("node is up")
	log.With(slog.Uint64("task", 1)).Info("trained", slog.Int("rows", 471))
	log.Warn("work failed", slog.Any("err", errors.New("no\nmore rows")))
	log.Debug("nobody wants to know")
	log.WithGroup("of").Info("grouped", slog.String("node", "x"))
	want := []string{"node is up", "trained task=1 rows=471", `WARN work failed err="no\nmore rows"`, "grouped of.node=x", ""}
	var got []string
	at := regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d `)
	for line := range strings.SplitSeq(b.String(), "\n") {
		if line != "" && !at.MatchString(line) {
			t.Errorf("%q does not begin with the time", line)
		}
		got = append(got, at.ReplaceAllString(line, ""))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
