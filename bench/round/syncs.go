package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"time"
)

// syncs are the calls of fsync and fdatasync of all processes of a network, per round.
type syncs struct {
	Calls float64 `json:"calls"`
	Ms    float64 `json:"ms"` // sum over all processes, whose calls overlap
}

// syncLog is the file that strace writes.
const syncLog = "syncs.log"

// traced is a command under strace, which intercepts only these calls.
func traced(folder, program string, args ...string) (tracer string, all []string) {
	return "strace", append([]string{
		"-D", "-f", "--seccomp-bpf", "-qq", "-ttt", "-T", "-e", "signal=none", "-e", "trace=fsync,fdatasync",
		"-o", filepath.Join(folder, syncLog), program,
	}, args...)
}

// countSyncs reads the log of strace and counts the calls that ended between two times.
func countSyncs(folder string, from, to time.Time) (calls int, took time.Duration, err error) {
	f, err := os.Open(filepath.Join(folder, syncLog))
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		at, lasted, ok := syncLine(lines.Text())
		if ok && !at.Before(from) && at.Before(to) {
			calls++
			took += lasted
		}
	}
	return calls, took, lines.Err()
}

// syncLine parses a line about the end of a call, such as
//
//	7 1700000000.250000 fsync(5) = 0 <0.000500>
//	7 1700000000.250000 <... fdatasync resumed>) = 0 <0.000500>
func syncLine(line string) (at time.Time, lasted time.Duration, ok bool) {
	parts := regexp.MustCompile(`^\d+ +(\d+\.\d+) .*\bf(?:data)?sync\b.* <(\d+\.\d+)>$`).FindStringSubmatch(line)
	if parts == nil {
		return at, 0, false
	}
	var numbers [2]float64
	for i := range numbers {
		var err error
		if numbers[i], err = strconv.ParseFloat(parts[1+i], 64); err != nil {
			return at, 0, false
		}
	}
	return time.UnixMicro(int64(numbers[0] * 1e6)), time.Duration(numbers[1] * float64(time.Second)), true
}

// addSyncs counts the file syncs of each system in an additional sample, because counting
// slows down a network.
func (b *bench) addSyncs(ctx context.Context, o options, samples map[string][]sample) error {
	for _, s := range o.systems {
		if s.What != althing || s.Apart {
			continue
		}
		s.Traced = true
		folder := filepath.Join(b.dir, s.name())
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "counting the file syncs of %s\n", s.name())
		r, err := b.sampleOurs(ctx, s, folder, warmup+o.rounds, func(int) {})
		if err != nil {
			return fmt.Errorf("%s: %w", s.name(), err)
		}
		s.Traced = false
		samples[s.name()][0].Syncs = r.Syncs
	}
	return nil
}
