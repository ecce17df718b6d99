package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// TestDocument: tables and pictures in docs/fedavg.md show the figures of docs/fedavg.jsonl.
func TestDocument(t *testing.T) {
	text, err := os.ReadFile("../../docs/fedavg.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, model := range []string{twoNN, cnn} {
		plot := t.TempDir() + "/plot.svg"
		o, err := parse([]string{"--model", model, "--strict", "--report", "--out", "../../docs/fedavg.jsonl", "--plot", plot}, t.Output())
		if err != nil {
			t.Fatal(err)
		}
		var table strings.Builder
		if err := run(t.Context(), o, &table, t.Output()); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), table.String()) {
			t.Errorf("docs/fedavg.md lacks the table of the %s:\n%s", model, table.String())
		}
		want, err := os.ReadFile(plot)
		if err != nil {
			t.Fatal(err)
		}
		name := "../../docs/fedavg-" + model + ".svg"
		got, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what bench/fedavg --plot draws", name)
		}
	}
}
