package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestLoad: chains with each life are measured, and the output can be drawn.
func TestLoad(t *testing.T) {
	var out strings.Builder
	o := options{json: true, loadOptions: loadOptions{name: "here", load: []size{{20, 2}, {40, 3}}, expired: 5, blocks: 3}}
	if err := run(t.Context(), o, &out); err != nil {
		t.Fatal(err)
	}
	var lived []string
	for line := range strings.Lines(out.String()) {
		var l load
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		if l.Name != "here" || l.Blocks != 3 || l.Median == 0 || l.Mean > l.Longest {
			t.Errorf("%+v", l)
		}
		lived = append(lived, l.Life)
	}
	if want := slices.Concat(lives(), lives(), []string{lifeIdle}); !slices.Equal(lived, want) {
		t.Errorf("measured %v, want %v", lived, want)
	}
	dir := t.TempDir()
	d := loadOptions{draw: filepath.Join(dir, "lines"), docs: filepath.Join(dir, "doc.md"), plot: filepath.Join(dir, "plot.svg")}
	old := "# A\n<!-- written by go run ./bench/chain --docs: from here -->\nold\n<!-- to here -->\nafter\n"
	for path, text := range map[string]string{d.draw: out.String(), d.docs: old} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := run(t.Context(), options{loadOptions: d}, &out); err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile(d.docs)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(doc); !strings.Contains(text, "| here | 40 | 3 | 0 | aborting | 3 |") || strings.Contains(text, "old") || !strings.Contains(text, "after") {
		t.Errorf("the document is\n%s", text)
	}
	if picture, err := os.ReadFile(d.plot); err != nil || !strings.Contains(string(picture), "tasks are waiting") {
		t.Errorf("the picture is %.200s, %v", picture, err)
	}
}

// TestTasksLiveAsNamed: tasks with the life waiting wait, and those with the life aborting
// abort rounds.
func TestTasksLiveAsNamed(t *testing.T) {
	for _, life := range lives() {
		m, err := newLoaded(size{20, 2})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.begin(2, life); err != nil {
			t.Fatal(err)
		}
		for range 30 {
			if _, err := m.block(); err != nil {
				t.Fatal(err)
			}
		}
		got := (&measurement{network: m.network, tasks: 2}).newest()
		if waits, aborts := got.Round == 0, got.Round > 1; waits != (life == lifeWaiting) || aborts != (life == lifeAborting) {
			t.Errorf("%s: a task in state %s, round %d", life, got.State, got.Round)
		}
	}
}
