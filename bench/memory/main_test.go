package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFlags(t *testing.T) {
	o, err := parse([]string{"--blocks", "700", "--step", "100", "--set", `{"keep_blocks": 200}`, "--evidence", "200"}, io.Discard)
	if err != nil || o.blocks != 700 || o.step != 100 || o.evidenceBlocks != 200 || string(o.set["keep_blocks"]) != "200" {
		t.Errorf("%+v, %v", o, err)
	}
	for _, c := range []struct{ flags, want string }{
		{"--step 0", "want a step of at least 1"},
		{"--blocks 10", "want a step of at least 1"},
		{"--set no", "want a JSON object"},
		{"--evidence 0", "--evidence 0: want at least 1"},
		{"--plot a.svg", "need --draw: want the files"},
		{"now", "want flags only"},
	} {
		var said strings.Builder
		if _, err := parse(strings.Fields(c.flags), &said); err == nil || !strings.Contains(said.String(), c.want) {
			t.Errorf("%s: %q, want %q", c.flags, said.String(), c.want)
		}
	}
}

func TestHeap(t *testing.T) {
	var h heap
	for _, said := range []string{"gc 7 @0.5s 1%: 0.1+2 ms clock, 4->5->3 MB, 6 MB goal\ngc 8 @0.6s: 0.1 ms clo", "ck, 400->500->311 MB, 6 MB goal\n"} {
		if _, err := io.WriteString(&h, said); err != nil {
			t.Fatal(err)
		}
	}
	if h.alive() != 311<<20 {
		t.Errorf("a live heap of %d bytes, want 311 MiB", h.alive())
	}
}

func TestResident(t *testing.T) {
	got, err := resident([]byte("Name:\talthing\nVmHWM:\t   9 kB\nVmRSS:\t  150247 kB\n"))
	if err != nil || got != 150247<<10 {
		t.Errorf("got %d, %v", got, err)
	}
	if _, err := resident([]byte("Name:\talthing\n")); err == nil {
		t.Error("a status without VmRSS: want an error")
	}
}

func TestSettings(t *testing.T) {
	path := filepath.Join(t.TempDir(), "validator.json")
	if err := os.WriteFile(path, []byte(`{"name": "one", "cache": "64MiB"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := (settings{"cache": []byte(`"8MiB"`), "keep_states": []byte("0")}).write(path); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff("{\n  \"cache\": \"8MiB\",\n  \"keep_states\": 0,\n  \"name\": \"one\"\n}", string(b)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestDraw(t *testing.T) {
	dir := t.TempDir()
	var lines strings.Builder
	for _, name := range []string{"before", "now"} {
		for _, height := range []string{"1", "500", "1000"} {
			lines.WriteString(`{"name":"` + name + `","height":` + height + `,"resident_bytes":2097152,"heap_bytes":1048576,"disk_bytes":3145728,"folder_bytes":{"cs.wal":1048576}}` + "\n")
		}
	}
	o := options{draw: filepath.Join(dir, "lines"), docs: filepath.Join(dir, "doc.md"), plot: filepath.Join(dir, "plot.svg")}
	for path, text := range map[string]string{o.draw: lines.String(), o.docs: "# A\n" + begins + "old\n" + ends + "after\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := draw(o); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(o.docs)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# A\n", "| before | 1 | 2 | 1 | 3 | 0 | 0 | 0 | 1 |\n", "| now | 1000 | 2 |", ends + "after\n"} {
		if !strings.Contains(string(b), want) {
			t.Errorf("the document lacks %q:\n%s", want, b)
		}
	}
	if strings.Contains(string(b), "old") {
		t.Error("the document still has the old table")
	}
	if b, err := os.ReadFile(o.plot); err != nil || !strings.Contains(string(b), "now, heap alive") {
		t.Errorf("the picture is %.200s, %v", b, err)
	}
	for _, c := range []options{{draw: o.plot}, {draw: o.draw, docs: o.plot}, {draw: "missing"}} {
		if err := draw(c); err == nil {
			t.Errorf("%+v: was drawn", c)
		}
	}
}
