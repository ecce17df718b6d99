package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/althing-network/althing/client"
)

// line is what a validator used at a height.
type line struct {
	Name     string           `json:"name"`
	Height   int64            `json:"height"`
	Seconds  float64          `json:"seconds"`        // since the first block
	Resident int64            `json:"resident_bytes"` // of the process
	Heap     int64            `json:"heap_bytes"`     // alive after the last garbage collection
	Disk     int64            `json:"disk_bytes"`     // of the home folder
	Folders  map[string]int64 `json:"folder_bytes"`   // of the folders in data/
}

// validator is a process that runs a home folder.
type validator struct {
	home    string
	command *exec.Cmd
	stderr  heap
}

func startValidator(program, home string) (*validator, error) {
	v := &validator{home: home}
	v.command = exec.CommandContext(context.Background(), program, "start", "--home", home) // stop ends it
	v.command.Stderr = &v.stderr
	v.command.Env = append(os.Environ(), "GODEBUG=gctrace=1")
	v.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a Ctrl-C goes only to this process, which then stops the validator
	return v, v.command.Start()
}

// stop ends the process and waits for it.
func (v *validator) stop() error {
	if err := v.command.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("the validator has ended early: %w\n%s", err, v.stderr.tail())
	}
	if err := v.command.Wait(); err != nil {
		return fmt.Errorf("stop the validator: %w\n%s", err, v.stderr.tail())
	}
	return nil
}

// dial waits until the validator answers and has made a block.
func (v *validator) dial(ctx context.Context, addresses []string) (c *client.Client, err error) {
	const timeout, retryInterval = 30 * time.Second, 100 * time.Millisecond
	for end := time.Now().Add(timeout); time.Now().Before(end) && ctx.Err() == nil; time.Sleep(retryInterval) {
		if c, err = client.Dial(ctx, addresses...); err != nil {
			continue
		}
		height, err := c.Height(ctx)
		if err == nil && height > 0 {
			return c, nil
		}
	}
	return nil, fmt.Errorf("the validator has made no block after %s: %w\n%s", timeout, err, v.stderr.tail())
}

// measure fills in what the validator uses now.
func (v *validator) measure(l *line) error {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", v.command.Process.Pid))
	if err != nil {
		return err
	}
	if l.Resident, err = resident(b); err != nil {
		return err
	}
	l.Heap = v.stderr.alive()
	l.Folders = make(map[string]int64)
	return filepath.WalkDir(v.home, func(path string, e fs.DirEntry, err error) error {
		if os.IsNotExist(err) {
			return nil // the database has just replaced this file
		}
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return nil //nolint:nilerr // as above
		}
		l.Disk += info.Size()
		within, err := filepath.Rel(filepath.Join(v.home, "data"), path)
		if err != nil {
			return err
		}
		if folder, _, deep := strings.Cut(within, string(filepath.Separator)); deep && folder != ".." {
			l.Folders[folder] += info.Size()
		}
		return nil
	})
}

// resident finds the resident memory in /proc/PID/status, in bytes.
func resident(status []byte) (int64, error) {
	for l := range bytes.Lines(status) {
		if value, ok := bytes.CutPrefix(l, []byte("VmRSS:")); ok {
			kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(string(value)), "kB")), 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("the status of the process has no line VmRSS")
}

// heap parses what the garbage collector of a Go program prints to standard error: lines
// such as "gc 7 @0.5s 1%: ... 4->5->3 MB, ...".
type heap struct {
	mu    sync.Mutex
	last  []byte // the end of the output
	bytes int64  // live heap
}

// Write implements [io.Writer].
func (h *heap) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	const kept = 4096
	h.last = append(h.last, b...)
	h.last = h.last[max(0, len(h.last)-kept):]
	if found := regexp.MustCompile(`\d+->\d+->(\d+) MB`).FindAllSubmatch(h.last, -1); len(found) > 0 {
		mib, err := strconv.ParseInt(string(found[len(found)-1][1]), 10, 64)
		if err == nil {
			h.bytes = mib << 20
		}
	}
	return len(b), nil
}

func (h *heap) alive() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.bytes
}

func (h *heap) tail() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return string(bytes.TrimSpace(h.last))
}
