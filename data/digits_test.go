package data_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
)

func digits(t testing.TB) data.Table {
	t.Helper()
	table, err := data.Digits()
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestDigits(t *testing.T) {
	table := digits(t)
	if err := table.Validate(); err != nil {
		t.Fatal(err)
	}
	if want := (spec.Image{Height: 8, Width: 8, Channels: 1}); table.Image != want {
		t.Errorf("images are %s, want %s", table.Image, want)
	}
	if table.Rows() != 1797 || table.Features != 64 || table.Classes != 10 {
		t.Errorf("digits: %d rows, %d features, %d classes: want 1797, 64, 10", table.Rows(), table.Features, table.Classes)
	}
	// The class counts that the UCI page states for the test part.
	if d := cmp.Diff([]int{178, 182, 177, 183, 181, 182, 181, 179, 174, 180}, table.Counts()); d != "" {
		t.Errorf("class counts (-want +got):\n%s", d)
	}
	top := []float32{0, 0, 5. / 16, 13. / 16, 9. / 16, 1. / 16, 0, 0}
	if d := cmp.Diff(top, table.Row(0)[:8]); d != "" || table.Y[0] != 0 {
		t.Errorf("first image is a %d, its first line (-want +got):\n%s", table.Y[0], d)
	}
}

func TestDigitsChecksum(t *testing.T) {
	file, err := os.ReadFile("digits.csv.gz")
	if err != nil {
		t.Fatal(err)
	}
	if got := spec.DigestOf(file).String(); got != data.DigitsSHA256 {
		t.Errorf("digits.csv.gz has sha256 %s, want %s", got, data.DigitsSHA256)
	}
	attribution, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{data.DigitsSHA256, "Alpaydin", "Kaynak", "CC BY 4.0"} {
		if !strings.Contains(string(attribution), want) {
			t.Errorf("README.md does not mention %q", want)
		}
	}
}
