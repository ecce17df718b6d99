package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/client"
)

// walks lists the documents whose commands are run. The documents of one walk are run in
// order in one folder, because later ones use what earlier ones have made.
func walks() [][]string {
	return [][]string{
		{"README.md", "docs/for-engineers.md", "docs/tables.md"},
		{"docs/network.md", "docs/for-hospitals.md", "docs/privacy.md"},
		{"docs/for-token-holders.md", "docs/for-researchers.md"},
	}
}

// TestDocuments runs each line of a document that begins with "$ " and compares what is
// printed with what the document shows.
func TestDocuments(t *testing.T) {
	if testing.Short() {
		t.Skip("runs networks")
	}
	for _, walk := range walks() {
		t.Run(strings.Join(walk, ", "), func(t *testing.T) {
			s := documentShell{t: t, dir: t.TempDir()}
			s.file("penguins.csv", penguins)
			patients, err := os.ReadFile("../../data/testdata/tables/plain.csv")
			if err != nil {
				t.Fatal(err)
			}
			s.file("patients.csv", string(patients))
			for _, name := range walk {
				text, err := os.ReadFile(filepath.Join("../..", name))
				if err != nil {
					t.Fatal(err)
				}
				for file, content := range namedFiles(string(text)) {
					s.file(file, content)
				}
				for _, c := range commandsOf(string(text)) {
					s.check(name, c)
				}
			}
		})
	}
}

// shownCommand is a command in a document, with the output that the document shows.
type shownCommand struct {
	line   int
	words  string
	output []string
}

// commandsOf finds the commands of a document, in order. A command is a line that is
// indented by four spaces and begins with "$ "; the indented lines after it are its output.
func commandsOf(document string) (found []shownCommand) {
	inside := false
	for i, line := range strings.Split(document, "\n") {
		text, indented := strings.CutPrefix(line, "    ")
		command, isCommand := strings.CutPrefix(text, "$ ")
		switch {
		case indented && isCommand:
			found, inside = append(found, shownCommand{line: i + 1, words: command}), true
		case indented && inside:
			last := &found[len(found)-1]
			last.output = append(last.output, text)
		case strings.TrimSpace(line) != "":
			inside = false
		}
	}
	return found
}

// namedFiles finds the files that a document shows: a fenced block whose first line is
// "# NAME" and nothing else.
func namedFiles(document string) map[string]string {
	files := map[string]string{}
	for _, m := range regexp.MustCompile("(?ms)^```[a-z]*\n# ([a-z-]+\\.[a-z]+)\n(.*?)^```$").FindAllStringSubmatch(document, -1) {
		files[m[1]] = m[2]
	}
	return files
}

// documentShell runs commands in one folder.
type documentShell struct {
	t   *testing.T
	dir string
}

func (s *documentShell) file(name, content string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(content), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// check runs a command and compares its output. It must succeed, unless the document shows
// an error. A network takes ports that are free, and "go run ./cmd/althing" is the program
// under test.
func (s *documentShell) check(document string, c shownCommand) {
	s.t.Helper()
	words := strings.Replace(c.words, "go run ./cmd/althing", "althing", 1)
	if strings.HasPrefix(words, "althing localnet ") {
		words += " --port 0"
	}
	place := fmt.Sprintf("%s:%d: %s", document, c.line, c.words)
	s.t.Log(place)
	if background, found := strings.CutSuffix(words, " &"); found {
		s.start(place, background)
		return
	}
	want := strings.Join(c.output, "\n")
	out, err := s.run(words)
	if failed := err != nil; failed != strings.Contains(want, "althing: error: ") {
		s.t.Fatalf("%s: %v\n%s", place, err, out)
	}
	if len(c.output) > 0 && !pattern(want).MatchString(stable(out)+"\n") {
		s.t.Errorf("%s (-document +program):\n%s", place, cmp.Diff(stable(want), stable(out)))
	}
}

// run runs a command to its end. One that finds no chain is repeated, because a network
// takes some seconds to start.
func (s *documentShell) run(words string) (out string, err error) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 5*time.Minute)
	defer cancel()
	for {
		var b bytes.Buffer
		c := exec.CommandContext(ctx, "sh", "-c", words)
		c.Dir, c.Stdout, c.Stderr = s.dir, &b, &b
		err = c.Run()
		waits := strings.Contains(b.String(), "no chain at ") || strings.Contains(b.String(), "the chain has no block yet")
		if err == nil || !waits {
			return b.String(), err
		}
		if wait := client.Sleep(ctx, 200*time.Millisecond); wait != nil {
			return b.String(), errors.Join(err, wait)
		}
	}
}

// start runs a command until the test ends.
func (s *documentShell) start(place, words string) {
	s.t.Helper()
	c := exec.Command("sh", "-c", "exec "+words)
	c.Dir, c.Stdout, c.Stderr = s.dir, io.Discard, io.Discard
	if err := c.Start(); err != nil {
		s.t.Fatalf("%s: %v", place, err)
	}
	s.t.Cleanup(func() {
		_ = c.Process.Signal(syscall.SIGKILL)
		_ = c.Wait()
	})
}

// stable leaves out what may differ from run to run: digests, numbers, the length of
// bars, the width of columns, empty lines.
func stable(output string) string {
	// digests are also addresses, and short forms of digests.
	digests := regexp.MustCompile(`\b(althing1[a-z0-9]{38}|[0-9a-f]{64}|[0-9a-f]{8})\b`)
	numbers := regexp.MustCompile(`[0-9]+(\.[0-9]+)?(e-?[0-9]+)?`)
	bars := regexp.MustCompile(`\[[=# ]*\]`)
	var lines []string
	for line := range strings.Lines(output) {
		line = numbers.ReplaceAllString(digests.ReplaceAllString(line, "0"), "0")
		line = bars.ReplaceAllString(line, "[]")
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// pattern matches the output that a document shows. "..." stands for anything within a
// line; a line that is "..." stands for any number of lines.
func pattern(shown string) *regexp.Regexp {
	var b strings.Builder
	for line := range strings.SplitSeq(stable(shown), "\n") {
		if line == "..." {
			b.WriteString(`(.*\n)*?`)
			continue
		}
		b.WriteString(strings.ReplaceAll(regexp.QuoteMeta(line), `\.\.\.`, `.*`) + `\n`)
	}
	return regexp.MustCompile(`^` + b.String() + `$`)
}
