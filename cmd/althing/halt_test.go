package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/demo"
)

// outcome is what a process says when it has ended.
type outcome struct {
	code   int // -1: a signal ended it
	stderr string
}

// process is a command that runs.
type process struct {
	*exec.Cmd
	t      *testing.T
	stderr string // file
}

// run starts a command; its standard input is open, and nobody writes to it.
func (p *processes) run(name string, args ...string) *process {
	p.t.Helper()
	log := filepath.Join(p.t.TempDir(), "stderr")
	f, err := os.Create(log)
	if err != nil {
		p.t.Fatal(err)
	}
	defer f.Close()
	c := exec.Command(name, args...)
	c.Stderr = f
	if _, err := c.StdinPipe(); err != nil {
		p.t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = c.Process.Kill() })
	return &process{c, p.t, log}
}

// says waits until a process has said something on standard error.
func (c *process) says(p *processes, words string) {
	p.until(c.String()+" says "+words, func() (error, bool) {
		b, err := os.ReadFile(c.stderr)
		return err, bytes.Contains(b, []byte(words))
	})
}

// end waits for a process, far longer than it may take.
func (c *process) end() outcome {
	c.t.Helper()
	late := time.AfterFunc(2*time.Minute, func() {
		c.t.Errorf("%s does not end", c)
		_ = c.Process.Kill()
	})
	defer late.Stop()
	var failed *exec.ExitError
	if err := c.Wait(); err != nil && !errors.As(err, &failed) {
		c.t.Fatal(err)
	}
	b, err := os.ReadFile(c.stderr)
	if err != nil {
		c.t.Fatal(err)
	}
	return outcome{c.ProcessState.ExitCode(), string(b)}
}

// small writes a network of one validator.
func (p *processes) small() {
	p.t.Helper()
	p.call("localnet", p.dir, "--port", "0", "--validators", "1", "--trainers", "1", "--aggregators", "1", "--evaluators", "1", "--model", "softmax")
}

// A process that cannot write any more ends with a code of its own and says why, be it
// a validator or a demo with validators in it. When there is room again the validator
// goes on where it was.
func TestFullDiskEndsTheProcess(t *testing.T) {
	p := build(t)
	p.small()
	validator := filepath.Join(p.dir, "validator-1")
	const full = `ulimit -f 512; exec "$0" "$@"` // no file grows above 256 or 512 KiB
	for _, args := range [][]string{
		{"start", "--home", validator},
		{"demo", "--home", filepath.Join(t.TempDir(), "demo"), "--model", "softmax", "--target", "0", "--rounds", "1000"},
	} {
		got := p.run("sh", append([]string{"-c", full, p.program}, args...)...).end()
		if got.code != codeHalted || !strings.Contains(got.stderr, daemon.ErrHalted.Error()) || !strings.Contains(got.stderr, "file too large") {
			t.Errorf("althing %s: ends with code %d, want %d and the reason:\n%s", args[0], got.code, codeHalted, got.stderr)
		}
	}
	again := p.run(p.program, "start", "--home", validator)
	chain := p.dial("validator-1")
	height, err := chain.Height(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p.until("the chain goes on", func() (error, bool) {
		now, err := chain.Height(t.Context())
		return err, now > height+5
	})
	if err := again.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if got := again.end(); got.code != 0 {
		t.Errorf("the validator ends with code %d:\n%s", got.code, got.stderr)
	}
}

// Every command ends after a signal, whatever it is doing.
func TestSignalEndsEveryCommand(t *testing.T) {
	p := build(t)
	p.small()
	home := func(name string) string { return filepath.Join(p.dir, name) }
	mute, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	rpc := "http://" + mute.Addr().String()
	folder := filepath.Join(t.TempDir(), "demo")
	later := filepath.Join(t.TempDir(), "later") // a validator of a chain that begins in a year
	p.postpone(home("validator-1"), later)

	up := p.run(p.program, "start", "--home", home("validator-1"))
	up.says(p, "validator is up")
	chain := p.dial("validator-1")
	atOnce := func(*process) {}
	for _, c := range []struct {
		args   []string
		moment func(*process)
	}{
		{[]string{"start", "--home", later}, atOnce},
		{[]string{"start", "--home", later}, func(*process) { _ = client.Sleep(t.Context(), 2*time.Second) }},
		{[]string{"start", "--home", home("trainer-1")}, atOnce},
		{[]string{"start", "--home", home("trainer-1")}, func(c *process) { c.says(p, "node is up") }},
		{[]string{"localnet", filepath.Join(t.TempDir(), "net"), "--port", "0"}, atOnce},
		{[]string{"demo", "--home", folder + "1"}, atOnce},
		{[]string{"demo", "--home", folder + "2"}, p.exists(folder+"2", "task.yaml")},
		{[]string{"demo", "--home", folder + "3"}, p.exists(folder+"3", "validator-2/data/cs.wal/wal")},
		{[]string{"demo", "--home", folder + "4"}, p.exists(folder+"4", "trainer-1/lock")},
		{[]string{"demo", "--home", folder + "5", "--model", "softmax", "--target", "0.5"}, p.exists(folder+"5", "trainer-1/blobs")},
		{[]string{"task", "create", "-", "--home", home(demo.Consumer)}, func(*process) { _ = client.Sleep(t.Context(), time.Second) }},
		{[]string{"task", "list", "--rpc", rpc}, func(*process) { _ = client.Sleep(t.Context(), time.Second) }},
		{[]string{"round", "list", "1", "--rpc", rpc}, func(*process) { _ = client.Sleep(t.Context(), time.Second) }},
		{[]string{"node", "activate", "--home", home("trainer-1"), "--rpc", rpc}, func(*process) { _ = client.Sleep(t.Context(), time.Second) }},
	} {
		got := p.run(p.program, c.args...)
		c.moment(got)
		if err := got.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		end := got.end()
		if terminated := codeSignal + int(syscall.SIGTERM); end.code > codeFailed && end.code != codeForced && end.code != terminated || strings.Contains(end.stderr, "goroutine ") {
			t.Errorf("althing %s: ends with code %d:\n%s", strings.Join(c.args, " "), end.code, end.stderr)
		}
		t.Logf("althing %s: %s, %q", strings.Join(c.args[:2], " "), got.ProcessState, last(end.stderr))
	}
	if _, err := chain.Height(t.Context()); err != nil {
		t.Errorf("the validator that was not signalled: %v", err)
	}
	if err := up.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if got := up.end(); got.code != 0 {
		t.Errorf("the validator ends with code %d:\n%s", got.code, got.stderr)
	}
}

// exists waits until a file is there.
func (p *processes) exists(home, file string) func(*process) {
	return func(*process) {
		p.until(file+" is there", func() (error, bool) {
			_, err := os.Stat(filepath.Join(home, file))
			return err, err == nil
		})
	}
}

// postpone copies the home folder of a validator, on other ports and of a chain that
// begins in a year.
func (p *processes) postpone(home, later string) {
	p.t.Helper()
	if err := os.CopyFS(later, os.DirFS(home)); err != nil {
		p.t.Fatal(err)
	}
	c, err := daemon.LoadValidator(later)
	if err != nil {
		p.t.Fatal(err)
	}
	c.P2P, c.RPC = "127.0.0.1:0", "127.0.0.1:0"
	if err := daemon.SaveValidator(later, c); err != nil {
		p.t.Fatal(err)
	}
	path := filepath.Join(later, "config", "genesis.json")
	b, err := os.ReadFile(path)
	if err != nil {
		p.t.Fatal(err)
	}
	begins := regexp.MustCompile(`"genesis_time": *"[^"]*"`)
	changed := begins.ReplaceAll(b, fmt.Appendf(nil, `"genesis_time": %q`, time.Now().AddDate(1, 0, 0).UTC().Format(time.RFC3339Nano)))
	if bytes.Equal(b, changed) {
		p.t.Fatal("the genesis has no time")
	}
	if err := os.WriteFile(path, changed, 0o600); err != nil {
		p.t.Fatal(err)
	}
}

func last(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
