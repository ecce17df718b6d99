package process_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/bench/process"
)

func TestParentage(t *testing.T) {
	for _, c := range []struct {
		stat        string
		pid, parent int
		ok          bool
	}{
		{"12 (althing) S 7 12 12 0", 12, 7, true},
		{"13 (a) S 1 (b) R 8 13", 13, 8, true}, // a name with parentheses
		{"", 0, 0, false},
		{"12 (althing)", 0, 0, false},
		{"x (a) S 7", 0, 7, false},
	} {
		pid, parent, ok := process.Parentage(c.stat)
		if ok != c.ok || ok && (pid != c.pid || parent != c.parent) {
			t.Errorf("%q: %d, %d, %v", c.stat, pid, parent, ok)
		}
	}
}

func TestDescendants(t *testing.T) {
	parents := map[int]int{1: 0, 2: 1, 3: 1, 10: 2, 11: 10, 12: 10, 13: 12, 20: 3}
	if d := cmp.Diff([]int{10, 11, 12, 13}, process.Descendants(parents, []int{2})); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if all := process.Descendants(parents, []int{20, 13}); len(all) > 0 {
		t.Errorf("%v of those without children", all)
	}
}

func TestProportional(t *testing.T) {
	const rollup = "00400000-7ffd [rollup]\nRss:  5000 kB\nPss:                3072 kB\nPss_Dirty: 1 kB\n"
	if kib, ok := process.Proportional(rollup); !ok || kib != 3072 {
		t.Errorf("%v, %v", kib, ok)
	}
	for _, text := range []string{"", "Rss: 5 kB\n", "Pss: many kB\n"} {
		if kib, ok := process.Proportional(text); ok {
			t.Errorf("%q: %v", text, kib)
		}
	}
}

// TestStopEndsDescendants: Stop ends a process and the processes that it has started.
func TestStopEndsDescendants(t *testing.T) {
	p := process.New(t.TempDir())
	if err := p.Start("family", "sh", "-c", "sleep 1000 & echo up; wait"); err != nil {
		t.Fatal(err)
	}
	for !strings.Contains(p.Tail("family"), "up") {
		time.Sleep(time.Millisecond)
	}
	family := p.Family()
	if len(family) < 2 {
		p.Stop()
		t.Skip("no /proc here")
	}
	if mib, count := p.Resident(); mib <= 0 || count != len(family) {
		t.Errorf("%v MiB of %d processes, there are %d", mib, count, len(family))
	}
	p.Stop()
	for _, pid := range family {
		if process.Alive(pid) {
			t.Errorf("process %d still runs after Stop", pid)
		}
	}
}

// TestEarlyEndIsAnError: a process that ends by itself is an error with the end of its log.
func TestEarlyEndIsAnError(t *testing.T) {
	p := process.New(t.TempDir())
	defer p.Stop()
	if err := p.Start("short", "sh", "-c", "echo no such port; exit 3"); err != nil {
		t.Fatal(err)
	}
	err := p.Until(t.Context(), time.Millisecond, time.Minute, func() (bool, error) { return false, nil })
	if err == nil || !strings.Contains(err.Error(), "short ended: exit status 3\nno such port") {
		t.Errorf("error %v", err)
	}
}

// TestEnd: a single process can be ended, and that is not an error.
func TestEnd(t *testing.T) {
	p := process.New(t.TempDir())
	defer p.Stop()
	for _, log := range []string{"one", "other"} {
		if err := p.Start(log, "sleep", "1000"); err != nil {
			t.Fatal(err)
		}
	}
	one, other := p.PID("one"), p.PID("other")
	p.End("one")
	p.End("nobody")
	if process.Alive(one) || !process.Alive(other) || p.PID("one") != 0 || p.PID("other") != other {
		t.Errorf("the ended process is alive: %t, the other: %t: want false, true", process.Alive(one), process.Alive(other))
	}
	select {
	case err := <-p.Ended:
		t.Errorf("error %v", err)
	default:
	}
}
