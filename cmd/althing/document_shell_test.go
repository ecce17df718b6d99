package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/client"
)

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

// runPage runs the commands of a page in one shell, in an empty folder.
func runPage(t *testing.T, path string) {
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	commands := commandsOf(string(page))
	if len(commands) < 5 {
		t.Fatalf("%s has %d commands", path, len(commands))
	}
	withMovedPorts := movePorts(t)
	shell := openPageShell(t)
	printed := make([]string, len(commands))
	for i, c := range commands {
		var status int
		printed[i], status = shell.run(t, withMovedPorts(c.words))
		want := strings.Join(c.output, "\n")
		if pattern(want).MatchString(stable(printed[i])+"\n") && (status == 0 || strings.Contains(want, "althing: error:")) {
			continue
		}
		t.Errorf("%s:%d: %s\nended with %d and printed:\n%s\nwant:\n%s\n(-rewrite-pages writes what it prints into the page)", path, c.line, c.words, status, printed[i], want)
		if !*rewritePages {
			return
		}
	}
	if !*rewritePages {
		return
	}
	lines := strings.Split(string(page), "\n")
	for i, c := range slices.Backward(commands) {
		if strings.Contains(strings.Join(c.output, "\n"), "...") {
			continue
		}
		var out []string
		for line := range strings.Lines(restorePorts(printed[i])) {
			if line = strings.TrimRight(line, "\n "); line != "" { // which would end the block
				out = append(out, "    "+line)
			}
		}
		lines = slices.Replace(lines, c.line, c.line+len(c.output), out...)
	}
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o644); err != nil {
		t.Fatal(err)
	}
}

// movePorts moves the ports of a page, 26000 to 26999, to a thousand that is not in use.
func movePorts(t *testing.T) func(string) string {
	t.Helper()
	for thousand := 11 + time.Now().Nanosecond()/1000%14; thousand < 30; thousand++ {
		if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d600", thousand)); err == nil {
			_ = l.Close()
			return func(text string) string {
				return regexp.MustCompile(`\b26([0-9]{3})\b`).ReplaceAllString(text, strconv.Itoa(thousand)+"$1")
			}
		}
	}
	t.Fatal("no thousand ports are free")
	return nil
}

// restorePorts writes the ports of a page in the place of the moved ones.
func restorePorts(text string) string {
	return regexp.MustCompile(`(127\.0\.0\.[0-9]+:)[0-9]{2}([0-9]{3})\b`).ReplaceAllString(text, "${1}26$2")
}

// pageShell is a shell that keeps its folder, its variables and its processes from command to
// command.
type pageShell struct {
	in  io.Writer
	out *bufio.Reader
}

func openPageShell(t *testing.T) *pageShell {
	t.Helper()
	dir, err := os.MkdirTemp("", "page") //nolint:usetesting // a cleanup may come before the last process has ended
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command("bash")
	c.Dir = dir
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c.Stdout, c.Stderr = w, w
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	t.Cleanup(func() {
		if t.Failed() {
			logs, _ := filepath.Glob(filepath.Join(dir, "*", "*.log"))
			for _, path := range logs {
				if b, err := os.ReadFile(path); err == nil {
					t.Logf("%s:\n%s", filepath.Base(path), b[max(0, len(b)-2000):])
				}
			}
		}
		_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL) // the shell and what it started
		_ = c.Wait()
		_ = out.Close()
		_ = os.RemoveAll(dir)
	})
	return &pageShell{in, bufio.NewReader(out)}
}

// run runs a command and returns what it prints, errors included, and its exit code.
func (s *pageShell) run(t *testing.T, command string) (printed string, status int) {
	t.Helper()
	const mark = "-- end of a command: "
	done := make(chan struct{})
	defer close(done)
	go func() {
		select {
		case <-done:
		case <-time.After(5 * time.Minute):
			panic("this command does not end: " + command)
		}
	}()
	if _, err := fmt.Fprintf(s.in, "{ %s\n} < /dev/null; echo '%s'$?\n", command, mark); err != nil {
		t.Fatal(err)
	}
	for {
		line, err := s.out.ReadString('\n')
		if err != nil {
			t.Fatalf("%s: the shell has ended: %v", command, err)
		}
		before, code, found := strings.Cut(line, mark)
		printed += before
		if !found {
			continue
		}
		if status, err = strconv.Atoi(strings.TrimSpace(code)); err != nil {
			t.Fatal(err)
		}
		if printed != "" && !strings.HasSuffix(printed, "\n") {
			printed += "\n"
		}
		return printed, status
	}
}
