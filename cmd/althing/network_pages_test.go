package main

import (
	"bufio"
	"flag"
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
)

// rewritePages lets a test write what the commands of a page print into the page.
var rewritePages = flag.Bool("rewrite-pages", false, "write the output of their commands into docs/join.md and docs/hosts.md")

// TestNetworkPages runs the commands of pages that are one session, as a reader types
// them: in one shell, whose functions and processes stay. Output is compared as in
// [TestDocuments].
func TestNetworkPages(t *testing.T) {
	if testing.Short() {
		t.Skip("runs networks")
	}
	for _, name := range []string{"docs/join.md", "docs/hosts.md"} {
		t.Run(name, func(t *testing.T) { runPage(t, filepath.Join("..", "..", name)) })
	}
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
	moved := ports(t)
	shell := openPageShell(t)
	printed := make([]string, len(commands))
	for i, c := range commands {
		var status int
		printed[i], status = shell.run(t, moved(c.words))
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
		for line := range strings.Lines(unmoved(printed[i])) {
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

// ports moves the ports of a page, 26000 to 26999, to a thousand that is not in use.
func ports(t *testing.T) func(string) string {
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

// unmoved has the ports of a page again.
func unmoved(text string) string {
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
