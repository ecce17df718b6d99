package main

import (
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFlags(t *testing.T) {
	o, err := parse(strings.Fields("--json --rounds 3 --only flower-start-server,althing-4-50ms-rtt50ms --python p"), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"flower-start-server", "althing-4-50ms-rtt50ms"}, names(o.systems)); d != "" {
		t.Errorf("systems (-want +got):\n%s", d)
	}
	if !o.json || o.rounds != 3 || o.repeats != 3 || o.python != "p" {
		t.Errorf("%+v", o)
	}
	if o, err = parse(strings.Fields("--before b --only althing-1-50ms"), io.Discard); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"althing-1-50ms", "before-4-200ms", "before-1-200ms"}, names(o.systems)); d != "" {
		t.Errorf("systems (-want +got):\n%s", d)
	}
	for _, c := range []struct{ flags, want string }{
		{"--rounds 0", "--rounds 0: want at least 1"},
		{"--rounds 41", "--rounds 41: want at most 40"},
		{"--repeats 0", "--repeats 0: want at least 1"},
		{"--only bitcoin", `no system is named "bitcoin": want some of althing-4-50ms,`},
		{"--only althing-4-50ms,", `no system is named ""`},
		{"quick", "flags only"},
	} {
		var said strings.Builder
		if _, err := parse(strings.Fields(c.flags), &said); err == nil || !strings.Contains(said.String(), c.want) {
			t.Errorf("%s: %q, want %q", c.flags, said.String(), c.want)
		}
	}
}

func TestEverySystemHasItsName(t *testing.T) {
	want := []string{
		"althing-4-50ms", "althing-4-200ms", "althing-4-1s", "althing-4-50ms-rtt50ms", "althing-4-50ms-apart",
		"althing-1-50ms", "althing-1-200ms", "flower-deployment", "flower-start-server",
	}
	if d := cmp.Diff(want, names(systems())); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// TestDocumentIsOfThisProgram: docs/round.md has the columns of the two tables that this program
// writes, and a row for every system.
func TestDocumentIsOfThisProgram(t *testing.T) {
	b, err := os.ReadFile("../../docs/round.md")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := replaced(b, ""); err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for _, line := range []string{strings.Join(heads(), " | "), strings.Join(budgetHeads(), " | ")} {
		if !strings.Contains(text, "| "+line+" |\n") {
			t.Errorf("docs/round.md has no table of %s", line)
		}
	}
	for _, s := range systems() {
		if !strings.Contains(text, "| "+s.title()+" | ") {
			t.Errorf("docs/round.md has no row of %s", s.title())
		}
	}
}
