package data_test

import (
	"bytes"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
)

// images is a table as ReadIDX returns it.
func images(t *testing.T) data.Table {
	t.Helper()
	x, y := two()
	table, err := data.ReadIDX(bytes.NewReader(x), bytes.NewReader(y), 4)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestSaveAndOpen(t *testing.T) {
	digits, err := data.Digits()
	if err != nil {
		t.Fatal(err)
	}
	digits = digits.Select([]int{1, 2, 3})
	plain := digits
	plain.Image = spec.Image{} // a CSV file does not know it
	for name, c := range map[string]struct {
		saved, opened data.Table
		file          string // of the one that is written
	}{
		"digits": {digits, plain, ""},
		"images": {images(t), images(t), "images-idx3-ubyte"},
	} {
		path := filepath.Join(t.TempDir(), "rows")
		for range 2 { // over what is there
			if err := data.Save(path, c.saved); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := os.Stat(filepath.Join(path, c.file)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		got, err := data.Open(path, c.saved.Classes)
		if diff := cmp.Diff(c.opened, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	folder := t.TempDir()
	if _, err := data.Open(filepath.Join(folder, "none"), 2); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nothing: %v", err)
	}
	if _, err := data.Open(folder, 2); err == nil || !strings.Contains(err.Error(), folder+": idx: the folder has no images-idx3-ubyte (with or without .gz)") {
		t.Errorf("an empty folder: %v", err)
	}
	rows := filepath.Join(folder, "rows")
	if err := data.Save(rows, images(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := data.Open(rows, 3); err == nil || !strings.Contains(err.Error(), rows+": idx: label 3 of image 0 is not a class") {
		t.Errorf("too few classes: %v", err)
	}
	if err := os.Truncate(filepath.Join(rows, "images-idx3-ubyte"), 20); err != nil {
		t.Fatal(err)
	}
	if _, err := data.Open(rows, 4); err == nil || !strings.Contains(err.Error(), "truncated: 4 of 12 values") {
		t.Errorf("truncated: %v", err)
	}
}

// WriteIDX writes every table that ReadIDX can return back byte for byte, and refuses every
// other table before it writes.
func TestWriteIDX(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(t, "images")
		pixels := idx([]uint32{uint32(n), 2, 3}, rapid.SliceOfN(rapid.Byte(), 6*n, 6*n).Draw(t, "pixels")...)
		labels := idx([]uint32{uint32(n)}, rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, "labels")...)
		table, err := data.ReadIDX(bytes.NewReader(pixels), bytes.NewReader(labels), 256)
		if err != nil {
			t.Fatal(err)
		}
		var x, y bytes.Buffer
		if err := data.WriteIDX(&x, &y, table); err != nil || !bytes.Equal(x.Bytes(), pixels) || !bytes.Equal(y.Bytes(), labels) {
			t.Fatalf("%v: %x, %x", err, x.Bytes(), y.Bytes())
		}
	})
	for name, spoil := range map[string]func(*data.Table){
		"no image":    func(t *data.Table) { t.Image = spec.Image{} },
		"colours":     func(t *data.Table) { t.Image = spec.Image{Height: 1, Width: 2, Channels: 3} },
		"half shades": func(t *data.Table) { t.X[1] = 0.5 },
		"too dark":    func(t *data.Table) { t.X[1] = 2 },
		"negative":    func(t *data.Table) { t.X[1] = -1 },
		"minus zero":  func(t *data.Table) { t.X[1] = float32(math.Copysign(0, -1)) },
		"many labels": func(t *data.Table) { t.Y[0], t.Classes = 256, 257 },
		"no rows":     func(t *data.Table) { t.X, t.Y = nil, nil },
	} {
		table := images(t)
		spoil(&table)
		var x, y bytes.Buffer
		if err := data.WriteIDX(&x, &y, table); err == nil || x.Len()+y.Len() > 0 {
			t.Errorf("%s: %v, %d bytes", name, err, x.Len()+y.Len())
		}
	}
}

// Images may come without labels, and a data set's own hold-out is found.
func TestOpenImages(t *testing.T) {
	x, y := two()
	want := images(t)
	blank := images(t)
	clear(blank.Y)
	for name, c := range map[string]struct {
		files    map[string][]byte
		want     data.Table
		labelled bool
		err      string
	}{
		"labelled":   {map[string][]byte{"images-idx3-ubyte": x, "labels-idx1-ubyte": y}, want, true, ""},
		"unlabelled": {map[string][]byte{"images-idx3-ubyte.gz": zipped(t, x)}, blank, false, ""},
		"hold-out":   {map[string][]byte{"t10k-images-idx3-ubyte": x, "t10k-labels-idx1-ubyte.gz": zipped(t, y), "train-images-idx3-ubyte": nil}, want, true, ""},
		"blank":      {map[string][]byte{"t10k-images-idx3-ubyte": x}, blank, false, ""},
		"both":       {map[string][]byte{"images-idx3-ubyte": x, "t10k-images-idx3-ubyte": nil}, blank, false, ""},
		"truncated":  {map[string][]byte{"images-idx3-ubyte": x[:20]}, data.Table{}, false, ": idx: images: truncated: 4 of 12 values"},
		"nothing":    {nil, data.Table{}, false, ": idx: the folder has no images-idx3-ubyte (with or without .gz)"},
	} {
		folder := t.TempDir()
		for file, b := range c.files {
			if err := os.WriteFile(filepath.Join(folder, file), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		got, labelled, err := data.OpenImages(folder, 4)
		if c.err == "" && err != nil || c.err != "" && (err == nil || err.Error() != folder+c.err) {
			t.Errorf("%s: error %v, want %q", name, err, c.err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" || labelled != c.labelled {
			t.Errorf("%s: labelled %v, want %v (-want +got):\n%s", name, labelled, c.labelled, diff)
		}
	}
}
