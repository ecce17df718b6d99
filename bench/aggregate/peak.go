package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"

	"github.com/althing-network/althing/aggregate"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

// peakOf starts this program again to combine a number of updates, and returns the peak
// memory of that process in MiB.
func peakOf(ctx context.Context, updates, parameters int) (mib float64, err error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	c := exec.CommandContext(ctx, self, "--peak", fmt.Sprint(updates), "--parameters", fmt.Sprint(parameters))
	c.Stderr = os.Stderr
	said, err := c.Output()
	if err != nil {
		return 0, fmt.Errorf("combine %d updates: %w", updates, err)
	}
	_, err = fmt.Fscan(bytes.NewReader(said), &mib)
	return mib, err
}

// combineOnly combines updates that are not in memory, applies the result to a model, and
// prints the peak memory of this process in MiB.
func combineOnly(updates, parameters int, out io.Writer) error {
	sources, blank := make([]aggregate.Source, updates), make([]byte, 4*parameters)
	for i := range sources {
		sources[i] = zeroUpdate(uint64(i+1), parameters, blank)
	}
	update, err := aggregate.FedAvg{}.Combine(parameters, scaleBits, sources)
	if err != nil {
		return err
	}
	next, _, err := aggregate.None{}.Step(make([]float32, parameters), update, nil)
	if err != nil {
		return err
	}
	runtime.KeepAlive(next)
	mib, err := peakMemory()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, mib)
	return err
}

// peakMemory is the peak memory of this process in MiB. On Linux it does not use getrusage,
// which includes the memory that the parent had when it started the child.
func peakMemory() (float64, error) {
	if status, err := os.ReadFile("/proc/self/status"); err == nil {
		for line := range strings.Lines(string(status)) {
			var kib float64
			if n, _ := fmt.Sscanf(line, "VmHWM: %f kB", &kib); n == 1 {
				return kib / 1024, nil
			}
		}
	}
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		return 0, fmt.Errorf("getrusage: %w", err)
	}
	return float64(use.Maxrss) / (1 << 20), nil // Maxrss is in bytes except on Linux
}

// zeroUpdate is an update of zeros. All updates share the memory of the zeros.
func zeroUpdate(node uint64, parameters int, blank []byte) aggregate.Source {
	slot := spec.Slot{Chain: chain, Task: 1, Round: 1, Node: node}
	return aggregate.Source{Slot: slot, Weight: 1, Open: func() (aggregate.Bytes, error) {
		h := model.UpdateHeader{Slot: slot, ScaleBits: scaleBits, Count: uint64(parameters)}
		b, err := model.EncodeUpdateHeader(h)
		return zeros{bytes.NewReader(b), blank, model.UpdateSize(h)}, err
	}}
}

// zeros is a header with zeros behind it.
type zeros struct {
	*bytes.Reader
	blank []byte
	size  int64
}

// View implements [aggregate.Bytes].
func (z zeros) View(_ int64, n int, use func([]byte) error) error { return use(z.blank[:n]) }

// Size implements [aggregate.Bytes].
func (z zeros) Size() int64 { return z.size }

// Close implements [aggregate.Bytes].
func (zeros) Close() error { return nil }
