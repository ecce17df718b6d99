package data_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
)

// idx is a file of bytes with some dimensions.
func idx(dimensions []uint32, values ...byte) []byte {
	b := []byte{0, 0, 8, byte(len(dimensions))}
	for _, n := range dimensions {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	return append(b, values...)
}

// two are two images of 2 x 3 pixels, and their labels.
func two() (images, labels []byte) {
	return idx([]uint32{2, 2, 3}, 0, 51, 255, 0, 0, 0, 1, 2, 3, 4, 5, 6), idx([]uint32{2}, 3, 0)
}

func TestReadIDX(t *testing.T) {
	images, labels := two()
	got, err := data.ReadIDX(bytes.NewReader(images), bytes.NewReader(labels), 4)
	if err != nil {
		t.Fatal(err)
	}
	want := data.Table{
		X:        []float32{0, 0.2, 1, 0, 0, 0, 1. / 255, 2. / 255, 3. / 255, 4. / 255, 5. / 255, 6. / 255},
		Y:        []int32{3, 0},
		Features: 6,
		Classes:  4,
		Image:    spec.Image{Height: 2, Width: 3, Channels: 1},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := got.Validate(); err != nil {
		t.Error(err)
	}
}

func TestReadIDXRefuses(t *testing.T) {
	images, labels := two()
	for name, c := range map[string]struct {
		images, labels []byte
		classes        int
		want           string
	}{
		"no classes":      {images, labels, 0, "idx: 0 classes"},
		"nothing":         {nil, labels, 4, "idx: images: truncated in its header"},
		"half a header":   {images[:9], labels, 4, "idx: images: truncated in its header"},
		"truncated":       {images[:len(images)-1], labels, 4, "idx: images: truncated: 11 of 12 values"},
		"truncated label": {images, labels[:len(labels)-1], 4, "idx: labels: truncated: 1 of 2 values"},
		"too long":        {append(slices.Clone(images), 0), labels, 4, "idx: images: more than the 12 values"},
		"swapped":         {labels, images, 4, "idx: labels: begins with 0x00000803: want 0x00000801"},
		"compressed":      {zipped(t, images), labels, 4, "idx: images: begins with 0x1f8b0800"},
		"mislabelled":     {images, labels, 3, "idx: label 3 of image 0 is not a class: want 0 to 2"},
		"one label":       {images, idx([]uint32{1}, 0), 4, "idx: 2 images and 1 labels"},
		"no images":       {idx([]uint32{0, 2, 3}), idx([]uint32{0}), 4, "idx: no images"},
		"no pixels":       {idx([]uint32{2, 0, 3}), labels, 4, "idx: images of 0 x 3"},
		"huge":            {idx([]uint32{1 << 31, 1 << 31, 1 << 31}), labels, 4, "idx: images: dimensions"},
		"a lie":           {idx([]uint32{2, 1000, 1000}, 1), labels, 4, "idx: images: truncated: 1 of 2000000 values"},
		"large images":    {idx([]uint32{2, 20_000, 20_000}, 1), labels, 4, "idx: images of 20000 x 20000: want 1 to 1048576 pixels"},
	} {
		_, err := data.ReadIDX(bytes.NewReader(c.images), bytes.NewReader(c.labels), c.classes)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: got error %v, want %s", name, err, c.want)
		}
	}
}

// Files whose sizes do not match are refused by their headers, before the data, which may be
// large, is read.
func TestReadIDXLooksAtHeadersFirst(t *testing.T) {
	images, _ := two()
	labels := bytes.NewReader(append(idx([]uint32{1 << 20}), make([]byte, 1<<20)...))
	_, err := data.ReadIDX(bytes.NewReader(images), labels, 4)
	if want := "idx: 2 images and 1048576 labels: want one label per image"; err == nil || err.Error() != want {
		t.Errorf("got error %v, want %s", err, want)
	}
	if labels.Len() != 1<<20 {
		t.Errorf("%d labels are left, want all of them", labels.Len())
	}
}

func zipped(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// folder is a data set, some files of it compressed.
func folder(t *testing.T) fstest.MapFS {
	t.Helper()
	images, _ := two()
	return fstest.MapFS{
		"train-images-idx3-ubyte.gz": {Data: zipped(t, images)},
		"train-labels-idx1-ubyte":    {Data: idx([]uint32{2}, 1, 0)},
		"t10k-images-idx3-ubyte":     {Data: idx([]uint32{1, 2, 3}, 255, 0, 0, 0, 0, 255)},
		"t10k-labels-idx1-ubyte.gz":  {Data: zipped(t, idx([]uint32{1}, 1))},
	}
}

func TestReadImages(t *testing.T) {
	rows, holdout, err := data.ReadImages(folder(t))
	if err != nil {
		t.Fatal(err)
	}
	image := spec.Image{Height: 2, Width: 3, Channels: 1}
	want := data.Table{X: []float32{1, 0, 0, 0, 0, 1}, Y: []int32{1}, Features: 6, Classes: 2, Image: image}
	if diff := cmp.Diff(want, holdout); diff != "" {
		t.Errorf("hold-out (-want +got):\n%s", diff)
	}
	if rows.Rows() != 2 || rows.Classes != 2 || rows.Image != image {
		t.Errorf("%d rows of %d classes, %s, to train on: want 2 of 2, %s", rows.Rows(), rows.Classes, rows.Image, image)
	}
}

func TestReadImagesRefuses(t *testing.T) {
	for want, spoil := range map[string]func(fstest.MapFS){
		"idx: the folder has no t10k-labels-idx1-ubyte (with or without .gz)": func(f fstest.MapFS) { delete(f, "t10k-labels-idx1-ubyte.gz") },
		"idx: train-images-idx3-ubyte.gz: gzip":                               func(f fstest.MapFS) { f["train-images-idx3-ubyte.gz"].Data = []byte("no archive") },
		"train: idx: images: after ": func(f fstest.MapFS) {
			d := f["train-images-idx3-ubyte.gz"]
			d.Data = d.Data[:len(d.Data)-14]
		},
		"idx: t10k images are 3x2x1: the train images are 2x3x1": func(f fstest.MapFS) {
			f["t10k-images-idx3-ubyte"].Data = idx([]uint32{1, 3, 2}, 1, 2, 3, 4, 5, 6)
		},
		"train: idx: labels go up to 200, but no row has label 1: number": func(f fstest.MapFS) {
			f["train-labels-idx1-ubyte"].Data = idx([]uint32{2}, 200, 0)
		},
		"train: idx: only one class, 0: want at least 2": func(f fstest.MapFS) {
			f["train-labels-idx1-ubyte"].Data = idx([]uint32{2}, 0, 0)
		},
		"idx: t10k: row 0: label 4 is not a class": func(f fstest.MapFS) {
			delete(f, "t10k-labels-idx1-ubyte.gz")
			f["t10k-labels-idx1-ubyte"] = &fstest.MapFile{Data: idx([]uint32{1}, 4)}
		},
	} {
		f := folder(t)
		spoil(f)
		_, _, err := data.ReadImages(f)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got error %v, want %s", err, want)
		}
	}
}

func FuzzReadIDX(f *testing.F) {
	images, labels := two()
	f.Add(images, labels, 4)
	f.Add(images[:20], labels, 4)
	f.Add(images, labels, 1)
	f.Add([]byte{0, 0, 8, 3, 0xff, 0xff, 0xff, 0xff}, labels, 10)
	f.Add(idx([]uint32{0, 0, 0}), idx([]uint32{0}), 10)
	f.Fuzz(func(t *testing.T, images, labels []byte, classes int) {
		table, err := data.ReadIDX(bytes.NewReader(images), bytes.NewReader(labels), classes)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "idx: ") {
				t.Errorf("error %q does not say what it is about", err)
			}
			return
		}
		if err := table.Validate(); err != nil {
			t.Errorf("an accepted table is not valid: %v", err)
		}
		if len(images) != 16+len(table.X) || len(labels) != 8+table.Rows() {
			t.Errorf("%d bytes of images and %d of labels give %d values and %d rows", len(images), len(labels), len(table.X), table.Rows())
		}
	})
}

// Files are found under the names under which they are downloaded, and labels that begin
// with 1 are shifted.
func TestImagesAsDownloaded(t *testing.T) {
	pixels := idx([]uint32{3, 1, 2}, 1, 2, 3, 4, 5, 6)
	files := fstest.MapFS{
		"emnist-letters-train-images-idx3-ubyte.gz": {Data: zipped(t, pixels)},
		"emnist-letters-train-labels.idx1-ubyte":    {Data: idx([]uint32{3}, 2, 1, 3)},
		"emnist-letters-test-images-idx3-ubyte":     {Data: idx([]uint32{1, 1, 2}, 9, 9)},
		"emnist-letters-test-labels-idx1-ubyte":     {Data: idx([]uint32{1}, 3)},
	}
	rows, holdout, err := data.ReadImages(files)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(rows.Y, []int32{1, 0, 2}) || !slices.Equal(holdout.Y, []int32{2}) || rows.Classes != 3 || holdout.Classes != 3 {
		t.Errorf("labels %v and %v of %d classes", rows.Y, holdout.Y, rows.Classes)
	}
	write := func(files fstest.MapFS) string {
		folder := t.TempDir()
		for name, file := range files {
			if err := os.WriteFile(filepath.Join(folder, name), file.Data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return folder
	}
	report, err := data.Inspect(write(files), data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if schema, err := report.Schema(); err != nil || !schema.IsZero() {
		t.Errorf("images have the schema %v: %v", schema, err)
	}
	notes := []string{"1 further images are the hold-out", "labels begin with 1 in the files: label 1 becomes class 0, and so on"}
	if diff := cmp.Diff(notes, report.Notes); diff != "" || report.Rows != 3 || report.Image != rows.Image {
		t.Errorf("%d rows of %s (-want +got):\n%s", report.Rows, report.Image, diff)
	}
	if diff := cmp.Diff([]data.Count{{Text: "1", Rows: 1}, {Text: "2", Rows: 1}, {Text: "3", Rows: 1}}, report.Classes); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	delete(files, "emnist-letters-test-images-idx3-ubyte")
	files["digits-test-images-idx3-ubyte"], files["test-images-idx3-ubyte"] = &fstest.MapFile{}, &fstest.MapFile{}
	if _, _, err := data.ReadImages(files); err == nil || err.Error() != `idx: more than one file could be t10k-images-idx3-ubyte: "digits-test-images-idx3-ubyte", "test-images-idx3-ubyte": want one` {
		t.Errorf("two files of one name: %v", err)
	}
	own := write(fstest.MapFS{"images.idx3-ubyte": {Data: pixels}, "labels.idx1-ubyte": {Data: idx([]uint32{3}, 2, 1, 3)}})
	for classes, want := range map[int][]int32{3: {1, 0, 2}, 4: {2, 1, 3}, 0: {2, 1, 3}} {
		got, labelled, err := data.OpenImages(own, classes)
		if err != nil || !labelled || !slices.Equal(got.Y, want) || got.Classes != max(classes, 3) && classes != 0 || classes == 0 && got.Classes != 4 {
			t.Errorf("%d classes: labels %v of %d, %v", classes, got.Y, got.Classes, err)
		}
	}
	if _, _, err := data.OpenImages(own, 2); err == nil {
		t.Error("three classes are taken for two")
	}
}
