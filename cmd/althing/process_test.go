package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/demo"
	"github.com/althing-network/althing/spec"
)

// processes runs home folders, each as its own process.
type processes struct {
	t       *testing.T
	program string
	dir     string
	running map[string]*exec.Cmd
}

// build makes the program that the test runs.
func build(t *testing.T) *processes {
	t.Helper()
	if testing.Short() {
		t.Skip("runs a network of processes")
	}
	p := &processes{t: t, program: filepath.Join(t.TempDir(), "althing"), dir: filepath.Join(t.TempDir(), "net"), running: map[string]*exec.Cmd{}}
	if out, err := exec.Command("go", "build", "-o", p.program, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	t.Cleanup(func() {
		for name := range p.running {
			p.kill(name)
		}
	})
	return p
}

// call runs a command to its end.
func (p *processes) call(args ...string) string {
	p.t.Helper()
	var out, stderr bytes.Buffer
	c := exec.Command(p.program, args...)
	c.Stdout, c.Stderr = &out, &stderr
	if err := c.Run(); err != nil {
		p.t.Fatalf("althing %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return out.String()
}

func (p *processes) start(names ...string) {
	p.t.Helper()
	for _, name := range names {
		log, err := os.OpenFile(filepath.Join(p.dir, name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			p.t.Fatal(err)
		}
		c := exec.Command(p.program, "start", "--home", filepath.Join(p.dir, name))
		c.Stdout, c.Stderr = log, log
		if err := c.Start(); err != nil {
			p.t.Fatal(err)
		}
		p.running[name] = c
		if err := log.Close(); err != nil {
			p.t.Fatal(err)
		}
	}
}

// kill is kill -9: nothing is flushed, nobody is told.
func (p *processes) kill(names ...string) {
	for _, name := range names {
		_ = p.running[name].Process.Signal(syscall.SIGKILL)
		_ = p.running[name].Wait()
		delete(p.running, name)
	}
}

// dial connects to the validators.
func (p *processes) dial(names ...string) *client.Client {
	p.t.Helper()
	var addresses []string
	for _, name := range names {
		c, err := daemon.LoadValidator(filepath.Join(p.dir, name))
		if err != nil {
			p.t.Fatal(err)
		}
		addresses = append(addresses, "http://"+c.RPC)
	}
	var c *client.Client
	p.until("the chain answers", func() (err error, ok bool) {
		c, err = client.Dial(p.t.Context(), addresses...)
		return err, err == nil
	})
	return c
}

// until waits for something that must come.
func (p *processes) until(what string, ready func() (last error, ok bool)) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 5*time.Minute)
	defer cancel()
	for {
		last, ok := ready()
		if ok {
			return
		}
		if err := client.Sleep(ctx, 50*time.Millisecond); err != nil {
			p.t.Fatalf("waited in vain until %s (last: %v)", what, last)
		}
	}
}

// home lists what localnet wrote, the guest left out.
func (p *processes) homes() (names []string) {
	p.t.Helper()
	entries, err := os.ReadDir(p.dir)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() && e.Name() != demo.Guest {
			names = append(names, e.Name())
		}
	}
	return names
}

// slow makes the task of a localnet take more rounds.
func (p *processes) slow(target spec.PPM) string {
	p.t.Helper()
	path := filepath.Join(p.dir, "task.yaml")
	b, err := os.ReadFile(path)
	if err != nil {
		p.t.Fatal(err)
	}
	task, err := spec.ParseTask(b)
	if err != nil {
		p.t.Fatal(err)
	}
	task.Selection.MinTrainers = (2*task.Selection.Trainers + 2) / 3 // rounds go on without killed trainers
	task.Training.Epochs, task.Training.Rate, task.Target = 1, 50_000, spec.Target{Accuracy: target, Rounds: 60}
	if b, err = yaml.Marshal(task); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		p.t.Fatal(err)
	}
	return path
}

// TestKilledProcesses kills one validator, one aggregator and two trainers in
// the middle of a round, restarts them, then does the same to everybody.
func TestKilledProcesses(t *testing.T) {
	p := build(t)
	p.call("localnet", p.dir, "--port", "0", "--trainers", "10", "--model", "softmax")
	task := p.slow(880_000)
	everybody := p.homes()
	p.start(everybody...)
	watchInvariants(t, p.dir)
	chain := p.dial("validator-1", "validator-3", "validator-4", "validator-2")
	p.until("all nodes are registered", func() (error, bool) {
		nodes, _, err := chain.Nodes(t.Context(), 0, true, client.Page{Limit: 100})
		return err, len(nodes) >= len(everybody)-4
	})
	supply, err := chain.Supply(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p.call("task", "create", task, "--home", filepath.Join(p.dir, demo.Consumer))

	victims := []string{"validator-2", "aggregator-1", "trainer-1", "trainer-2"}
	p.round(chain, 2, spec.PhaseTrain)
	p.kill(victims...)
	p.round(chain, 4, spec.PhaseTrain)
	p.start(victims...)
	trainer, aggregator := p.id(chain, "trainer-1"), p.id(chain, "aggregator-1")
	p.until("the killed nodes take part again", func() (error, bool) {
		state, err := chain.Task(t.Context(), 1)
		if err != nil || state.Round < 2 {
			return err, false
		}
		r, err := chain.Round(t.Context(), 1, state.Round-1)
		if err != nil {
			return err, false
		}
		i, j := r.Trainer(trainer), r.Aggregator(aggregator)
		return nil, i >= 0 && r.Trainers[i].Survivor && j >= 0 && r.Aggregates[j].Revealed > 0 || state.State.Final()
	})
	p.inStep("validator-1", "validator-2", "validator-3", "validator-4")

	before, err := chain.Task(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if before.State.Final() {
		t.Fatalf("task closed (%s, %s) before everybody was killed: the test needs a harder target", before.State, before.Score)
	}
	p.kill(everybody...)
	p.start(everybody...)
	p.until("the task reaches its target", func() (error, bool) {
		state, err := chain.Task(t.Context(), 1)
		return err, err == nil && state.State.Final()
	})
	after, err := chain.Task(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if after.State != spec.TaskReached || after.Score < 880_000 || after.Accepted <= before.Accepted {
		t.Errorf("task is %s (%s) with score %s after %d rounds, %d before the kill: want the target reached", after.State, after.Reason, after.Score, after.Accepted, before.Accepted)
	}
	if len(after.Faults) != 0 {
		t.Errorf("a killed node is recorded as a liar: %v", after.Faults)
	}
	if now, err := chain.Supply(t.Context()); err != nil || now.Total != supply.Total {
		t.Errorf("supply is %d uthing (%v), was %d", now.Total, err, supply.Total)
	}
	p.inStep("validator-1", "validator-2", "validator-3", "validator-4")
}

// round waits for a round to come to a phase.
func (p *processes) round(chain *client.Client, number uint64, phase spec.Phase) {
	p.t.Helper()
	p.until("the round comes", func() (error, bool) {
		task, err := chain.Task(p.t.Context(), 1)
		if err != nil || task.Round < number {
			return err, false
		}
		r, err := chain.Round(p.t.Context(), 1, number)
		return err, err == nil && !r.Phase.Before(phase)
	})
}

func (p *processes) id(chain *client.Client, name string) uint64 {
	p.t.Helper()
	nodes, _, err := chain.Nodes(p.t.Context(), 0, false, client.Page{Limit: 100})
	if err != nil {
		p.t.Fatal(err)
	}
	for _, n := range nodes {
		if n.Profile.Name == name {
			return n.ID
		}
	}
	p.t.Fatalf("no node is called %s", name)
	return 0
}

// inStep asks every validator for the application's hash at one height.
func (p *processes) inStep(names ...string) {
	p.t.Helper()
	var height int64
	var want []byte
	for i, name := range names {
		c := p.dial(name)
		p.until(name+" is in step", func() (error, bool) {
			h, err := c.Height(p.t.Context())
			if i == 0 {
				height = h
			}
			return err, err == nil && h >= height && h > 1
		})
		got, err := c.AppHash(p.t.Context(), height)
		if err != nil {
			p.t.Fatal(err)
		}
		if i == 0 {
			want = got
		}
		if !bytes.Equal(got, want) {
			p.t.Errorf("%s has app hash %x at height %d, want %x", name, got, height, want)
		}
	}
}

// TestGuestJoinsARunningDemo starts one more trainer as a process of its own.
func TestGuestJoinsARunningDemo(t *testing.T) {
	p := build(t)
	c := exec.Command(p.program, "demo", "--home", p.dir, "--json", "--target", "0", "--rounds", "12", "--trainers", "5", "--model", "softmax")
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	p.running["demo"] = c
	watchInvariants(t, p.dir)
	p.until("the demo has written its folder", func() (error, bool) {
		_, err := os.Stat(filepath.Join(p.dir, "task.yaml"))
		return err, err == nil
	})
	chain := p.dial("validator-1")
	p.round(chain, 1, spec.PhaseTrain)
	p.start(demo.Guest)
	p.until("the guest's update is in a sum", func() (error, bool) {
		rounds, _, err := chain.Rounds(t.Context(), 1, client.Page{Limit: 100})
		for _, r := range rounds {
			for _, c := range r.Trainers {
				if node, err := chain.Node(t.Context(), c.Node); err == nil && node.Profile.Name == demo.Guest && c.Survivor {
					return nil, true
				}
			}
		}
		return err, false
	})
}
