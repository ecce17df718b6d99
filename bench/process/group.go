// Package process runs the processes of a measurement, writes their output to logs, and ends
// them with all their descendants. Make a group with [New], run programs with [Group.Start]
// or [Group.Call], and end them with [Group.Stop].
//
// It measures only memory. It is not a supervisor: a process that ends early is reported and
// not started again.
package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Group are the processes of one system. Their logs are in a folder.
type Group struct {
	// Ended receives the error of the first process that ended by itself.
	Ended <-chan error

	folder  string
	env     []string // in addition to the environment of this process
	members []member
	ended   chan error
}

// member is a started process.
type member struct {
	*exec.Cmd
	log      string
	stopping chan struct{} // closed before it is stopped
}

// New is a group without processes, whose logs go into a folder. Its processes get the
// environment of this process, and more variables in the form "NAME=value".
func New(folder string, env ...string) *Group {
	ended := make(chan error, 1)
	return &Group{Ended: ended, folder: folder, env: env, ended: ended}
}

// PID is the id of the process that writes a log; 0 if there is none.
func (g *Group) PID(log string) int {
	for _, m := range g.members {
		if m.log == log {
			return m.Process.Pid
		}
	}
	return 0
}

// Folder is the folder of the logs.
func (g *Group) Folder() string { return g.folder }

// Start starts a program. Its output goes into the log with that name.
func (g *Group) Start(log, program string, args ...string) error {
	c, file, err := g.command(log, program, args...)
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return errors.Join(err, file.Close())
	}
	m := member{c, log, make(chan struct{})}
	g.members = append(g.members, m)
	go func() {
		err := c.Wait()
		_ = file.Close()
		if err == nil {
			err = errors.New("exit status 0")
		}
		select {
		case <-m.stopping:
			return
		default:
		}
		select {
		case g.ended <- fmt.Errorf("%s ended: %w\n%s", log, err, g.Tail(log)):
		default: // another process has ended before
		}
	}()
	return nil
}

// Call runs a program to its end.
func (g *Group) Call(ctx context.Context, log, program string, args ...string) error {
	c, file, err := g.command(log, program, args...)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := c.Start(); err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = c.Process.Kill() })()
	if err := c.Wait(); err != nil {
		return fmt.Errorf("%s: %w\n%s", log, err, g.Tail(log))
	}
	return nil
}

func (g *Group) command(log, program string, args ...string) (*exec.Cmd, *os.File, error) {
	file, err := os.Create(filepath.Join(g.folder, log+".log"))
	if err != nil {
		return nil, nil, err
	}
	c := exec.CommandContext(context.Background(), program, args...) // Stop ends it: the end of a context would kill it
	c.Stdout, c.Stderr = file, file
	c.Env = append(os.Environ(), g.env...)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a Ctrl-C goes only to this process, which then stops the others
	return c, file, nil
}

// Tail is the end of a log, up to 2000 bytes.
func (g *Group) Tail(log string) string {
	const maxBytes = 2000
	b, _ := os.ReadFile(filepath.Join(g.folder, log+".log"))
	return strings.TrimSpace(string(b[max(0, len(b)-maxBytes):]))
}

// Until tests a condition every interval until it is true. It fails if a process ends, or
// after a timeout.
func (g *Group) Until(ctx context.Context, interval, timeout time.Duration, condition func() (bool, error)) error {
	late := time.After(timeout)
	for {
		if done, err := condition(); done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-g.ended:
			if done, _ := condition(); done {
				return nil // the process has finished its work
			}
			return err
		case <-late:
			return fmt.Errorf("no progress for %s: see the logs in %s", timeout, g.folder)
		case <-time.After(interval):
		}
	}
}

// killTimeout is how long processes may take to end before they are killed.
const killTimeout = 15 * time.Second

// Stop ends all processes and their descendants, and waits for them.
func (g *Group) Stop() {
	end(g.members)
	g.members = nil
}

// End ends the process that writes a log, and its descendants.
func (g *Group) End(log string) {
	at := slices.IndexFunc(g.members, func(m member) bool { return m.log == log })
	if at < 0 {
		return
	}
	end(g.members[at : at+1])
	g.members = slices.Delete(g.members, at, at+1)
}

func end(members []member) {
	pids := family(members)
	for _, m := range members {
		close(m.stopping)
		_ = syscall.Kill(-m.Process.Pid, syscall.SIGTERM) // and its process group
	}
	for late := time.Now().Add(killTimeout); slices.ContainsFunc(pids, alive); time.Sleep(20 * time.Millisecond) {
		if time.Now().Before(late) {
			continue
		}
		for _, pid := range pids {
			if alive(pid) {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		}
	}
}

// alive reports whether a process has not ended. Without /proc it is always false.
func alive(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, state, ok := strings.Cut(string(b), ") ")
	return err == nil && ok && !strings.HasPrefix(state, "Z")
}

// family are the ids of some processes and of all their descendants.
func family(members []member) (pids []int) {
	parents := map[int]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		b, err := os.ReadFile(path)
		if err != nil {
			continue // the process has ended
		}
		if pid, parent, ok := parentage(string(b)); ok {
			parents[pid] = parent
		}
	}
	for _, m := range members {
		pids = append(pids, m.Process.Pid)
	}
	return append(pids, descendants(parents, pids)...)
}

// parentage parses the id of a process and of its parent from /proc/PID/stat. The name in
// parentheses may contain any characters.
func parentage(stat string) (pid, parent int, ok bool) {
	id, _, _ := strings.Cut(stat, " ")
	fields := strings.Fields(stat[strings.LastIndex(stat, ")")+1:])
	if len(fields) < 2 {
		return 0, 0, false
	}
	pid, err := strconv.Atoi(id)
	parent, err2 := strconv.Atoi(fields[1])
	return pid, parent, err == nil && err2 == nil
}

// descendants are the children of some processes, their children, and so on.
func descendants(parents map[int]int, of []int) (all []int) {
	for generation := of; len(generation) > 0; all = append(all, generation...) {
		var children []int
		for pid, parent := range parents {
			if slices.Contains(generation, parent) && !slices.Contains(of, pid) {
				children = append(children, pid)
			}
		}
		slices.Sort(children)
		generation = children
	}
	return all
}

// Resident is the present memory of all processes in MiB, and their number. Shared pages are
// counted once.
func (g *Group) Resident() (mib float64, count int) {
	for _, pid := range family(g.members) {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		if kib, ok := proportional(string(b)); err == nil && ok {
			mib += kib / 1024
			count++
		}
	}
	return mib, count
}

// proportional parses the proportional set size of a process, in KiB, from smaps_rollup.
func proportional(rollup string) (kib float64, ok bool) {
	for line := range strings.Lines(rollup) {
		if rest, ok := strings.CutPrefix(line, "Pss:"); ok {
			kib, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 64)
			return kib, err == nil
		}
	}
	return 0, false
}
