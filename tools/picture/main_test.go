package main

import (
	"os"
	"strings"
	"testing"
)

// TestPictureIsCurrent: the picture in docs is the output of this program.
func TestPictureIsCurrent(t *testing.T) {
	want, err := os.ReadFile("../../docs/one-round.svg")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := draw(&b); err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Error("docs/one-round.svg is old: run go run -C tools/picture . > docs/one-round.svg")
	}
}
