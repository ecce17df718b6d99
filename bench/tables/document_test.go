package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDocument: docs/tables-accuracy.md shows the figures of docs/tables-accuracy.jsonl.
func TestDocument(t *testing.T) {
	picture := filepath.Join(t.TempDir(), "picture.svg")
	o, err := parse([]string{"--only", "none", "--trials", "../../docs/tables-accuracy.jsonl", "--plot", picture}, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	var shown, log strings.Builder
	if err := run(t.Context(), o, &shown, &log); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../../docs/tables-accuracy.md")
	if err != nil {
		t.Fatal(err)
	}
	if shown.Len() == 0 || !strings.Contains(string(text), shown.String()) {
		t.Errorf("docs/tables-accuracy.md lacks the tables:\n%s", shown.String())
	}
	drawn, err := os.ReadFile(picture)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadFile("../../docs/tables-accuracy.svg")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(drawn, kept) {
		t.Error("docs/tables-accuracy.svg is not what bench/tables --plot draws")
	}
}
