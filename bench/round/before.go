package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// before is an older version of ours. The bench of that version measures it, because each
// bench knows only its own chain.
const before = "before"

// olderSystems are the systems with which the older version is measured.
func olderSystems() (list []system) {
	for _, s := range systems() {
		if s.What == althing && s.Pause == 200*time.Millisecond {
			s.What = before
			list = append(list, s)
		}
	}
	return list
}

// sampleBefore lets the older bench take a sample. It has only one figure per turn: the
// median.
func (b *bench) sampleBefore(ctx context.Context, s system, folder string, all int, _ func(round int)) (r sample, err error) {
	asked := s
	asked.What = althing
	c := exec.CommandContext(ctx, filepath.Join(b.before, "round"), "--program", filepath.Join(b.before, "althing"),
		"--only", asked.name(), "--repeats", "1", "--rounds", fmt.Sprint(all-warmup), "--dir", folder, "--json")
	var said bytes.Buffer
	c.Stderr = &said
	out, err := c.Output()
	if err != nil {
		return r, fmt.Errorf("%w\n%s", err, strings.TrimSpace(said.String()))
	}
	var m measurement
	if err := json.Unmarshal(out, &m); err != nil {
		return r, fmt.Errorf("%s prints %q: %w", c.Path, out, err)
	}
	return sample{
		Rounds: []time.Duration{time.Duration(m.Seconds * float64(time.Second))}, Accuracy: m.Accuracy,
		Resident: m.ResidentMiB, Processes: m.Processes,
	}, nil
}
