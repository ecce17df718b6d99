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

// rewriteDocs lets a test write what the commands of a page print into the page.
var rewriteDocs = flag.Bool("rewrite-docs", false, "write the output of their commands into docs/join.md and docs/hosts.md")

// The pages that are sessions: their commands are run in the order of the page, and print
// what the page shows. Numbers, keys, addresses and times may differ; a line "..." stands
// for any lines.
func TestDocumentedCommands(t *testing.T) {
	if testing.Short() {
		t.Skip("runs networks")
	}
	for _, name := range []string{"join.md", "hosts.md"} {
		t.Run(name, func(t *testing.T) { runPage(t, filepath.Join("..", "..", "docs", name)) })
	}
}

// pageCommand is a command of a page, with what it prints.
type pageCommand struct {
	line         int // of the page, counted from 0, on which it stands
	end          int // first line that is no output of it
	text, output string
}

// pageCommands finds the commands of a page: lines of a block that begin with "$ ", with
// the lines that they go on for after a backslash. What follows in the block is output.
func pageCommands(lines []string) (commands []pageCommand) {
	const indent = "    "
	var current *pageCommand
	open := false // the line before ended with a backslash
	for i, line := range lines {
		text, inside := strings.CutPrefix(line, indent)
		command, begins := strings.CutPrefix(text, "$ ")
		switch {
		case !inside:
			current = nil
			continue
		case begins:
			commands = append(commands, pageCommand{line: i, end: i + 1, text: command})
			current = &commands[len(commands)-1]
		case current == nil:
			continue
		case open:
			current.text += "\n" + text
			current.end = i + 1
		default:
			current.output += text + "\n"
			current.end = i + 1
		}
		open = (begins || open) && strings.HasSuffix(text, `\`)
	}
	return commands
}

func TestCommandsOfAPage(t *testing.T) {
	page := "text\n\n    $ one \\\n        two\n    out\n    more\n    $ three\n\n    no command\n"
	got := pageCommands(strings.Split(page, "\n"))
	if len(got) != 2 || got[0].text != "one \\\n    two" || got[0].output != "out\nmore\n" || got[1].text != "three" || got[1].output != "" {
		t.Errorf("commands are %+v", got)
	}
	for _, c := range []struct {
		want, got string
		same      bool
	}{
		{"node 12 has 1.5 THING\n", "node  3 has 200 THING\n", true},
		{"a\n...\nb\n", "a\nx\ny\nb\n", true},
		{"...\nb\n", "a\nb\n", true},
		{"a\n...\n", "a\n", true},
		{"a\n", "a\nb\n", false},
		{"a\n...\nc\n", "a\nb\n", false},
		{"node 12 is up\n", "node 12 is down\n", false},
	} {
		if same := likePage(c.want, c.got); same != c.same {
			t.Errorf("%q is like %q: %t", c.got, c.want, same)
		}
	}
}

// runPage runs the commands of a page in one shell, in an empty folder.
func runPage(t *testing.T, path string) {
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(b), "\n")
	commands := pageCommands(lines)
	if len(commands) < 5 {
		t.Fatalf("%s has %d commands", path, len(commands))
	}
	moved := ports(t)
	shell := openShell(t)
	for i, c := range slices.Backward(commands) {
		commands[i].text = moved(c.text)
	}
	rewritten := make([]string, len(commands))
	for i, c := range commands { // -rewrite-docs goes on where the output differs
		got, status := shell.run(t, c.text)
		if !likePage(c.output, got) || status != 0 && !strings.Contains(c.output, "althing: error:") {
			t.Errorf("%s line %d: %s\nended with %d and printed:\n%s\nwant:\n%s\n(-rewrite-docs writes what it prints into the page)", path, c.line+1, c.text, status, got, c.output)
			if !*rewriteDocs {
				return
			}
		}
		rewritten[i] = got
	}
	if !*rewriteDocs {
		return
	}
	for i, c := range slices.Backward(commands) {
		if slices.Contains(strings.Split(c.output, "\n"), "...") {
			continue
		}
		first := c.line + 1 + strings.Count(c.text, "\n")
		var out []string
		for line := range strings.Lines(unmoved(rewritten[i])) {
			if line = strings.TrimRight(line, "\n "); line != "" {
				out = append(out, "    "+line)
			}
		}
		lines = slices.Replace(lines, first, c.end, out...)
	}
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o644); err != nil {
		t.Fatal(err)
	}
}

// likePage reports whether a command prints what its page shows.
func likePage(want, got string) bool {
	var pattern strings.Builder
	pattern.WriteString(`^`)
	for line := range strings.Lines(want) {
		if strings.TrimSpace(line) == "" {
			continue // in a page it would end the block
		}
		if strings.TrimSpace(line) == "..." {
			pattern.WriteString(`(?s:.*\n)?`)
			continue
		}
		pattern.WriteString(regexp.QuoteMeta(alike(line)) + `\n`)
	}
	pattern.WriteString(`$`)
	var text strings.Builder
	for line := range strings.Lines(got) {
		if strings.TrimSpace(line) != "" {
			text.WriteString(alike(line) + "\n")
		}
	}
	return regexp.MustCompile(pattern.String()).MatchString(text.String())
}

// alike is a line without what differs from run to run.
func alike(line string) string {
	for _, r := range []struct{ what, as string }{
		{`althing1[a-z0-9]{30,}`, "ADDRESS"},
		{`\b[0-9a-f]{8,}\b`, "HEX"},
		{`/[^ ]*/(net|rows|hospital)`, "PATH/$1"},
		{`[0-9]+([.:-][0-9]+)*`, "N"},
		{`[▁▂▃▄▅▆▇█]+`, "BARS"},
		{`[ \t]+`, " "},
		{` each\b`, ""},
	} {
		line = regexp.MustCompile(r.what).ReplaceAllString(line, r.as)
	}
	return strings.TrimSpace(line)
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

// shell is a shell that keeps its folder, its variables and its processes from command to
// command.
type shell struct {
	in  io.Writer
	out *bufio.Reader
}

func openShell(t *testing.T) *shell {
	t.Helper()
	dir, err := os.MkdirTemp("", "page") // a cleanup may come before the last process has ended
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
	return &shell{in, bufio.NewReader(out)}
}

// run runs a command and returns what it prints, errors included, and its exit code.
func (s *shell) run(t *testing.T, command string) (printed string, status int) {
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
