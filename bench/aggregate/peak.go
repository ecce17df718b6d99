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

// peakOf starts this program again to combine so many updates, and returns the most
// memory it took, in MiB.
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

// combineOnly combines updates that lie in no memory, moves a model by them, and
// prints the most memory that this process took, in MiB.
func combineOnly(updates, parameters int, out io.Writer) error {
	sources, blank := make([]aggregate.Source, updates), make([]byte, 4*parameters)
	for i := range sources {
		sources[i] = imagined(uint64(i+1), parameters, blank)
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
	mib, err := most()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, mib)
	return err
}

// most is the most memory that this process took, in MiB. What getrusage says of a
// child on Linux includes what its parent took before it began.
func most() (float64, error) {
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
	return float64(use.Maxrss) / (1 << 20), nil // bytes, but on Linux
}

// imagined is an update whose values are some zeros that others have, too.
func imagined(node uint64, parameters int, blank []byte) aggregate.Source {
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
