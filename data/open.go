package data

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Open reads a table from a path: a CSV file, see [ReadCSV], or a folder with the
// IDX files images-idx3-ubyte and labels-idx1-ubyte, see [ReadIDX], each as it is
// or compressed, with the suffix .gz. A CSV, Parquet or NPZ file is read without a schema:
// its features are identified by position. Errors name the path.
func Open(path string, classes int) (Table, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Table{}, err
	}
	if info.IsDir() {
		t, err := readPair(os.DirFS(path), "", classes)
		return t, at(path, err)
	}
	source, err := openSource(path)
	if err != nil {
		return Table{}, at(path, err)
	}
	defer source.Close()
	t, err := labelledOnly(source, classes)
	return t, at(path, err)
}

// at prefixes an error with the path.
func at(path string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// OpenImages reads the folder of IDX files that [Open] reads, but the labels may be
// missing: then labelled is false, and every row has class 0. In a folder like MNIST's, see
// [ReadImages], it reads the hold-out. Labels from 1 to classes are shifted to begin with 0;
// if classes is 0, the largest label decides how many there are. Errors name the path.
func OpenImages(path string, classes int) (t Table, labelled bool, err error) {
	folder, set := os.DirFS(path), ""
	if !holds(folder, imagesFile) && holds(folder, holdoutSet+imagesFile) {
		set = holdoutSet
	}
	if labelled = holds(folder, set+labelsFile); labelled {
		t, err = readPair(folder, set, byteClasses)
	} else {
		t, err = readAlone(folder, set, byteClasses)
	}
	if err == nil {
		err = t.number(classes)
	}
	if err != nil {
		return Table{}, false, at(path, err)
	}
	return t, labelled, nil
}

// number sets the number of classes of images; 0 takes it from their labels.
func (t *Table) number(classes int) error {
	largest := slices.Max(t.Y)
	if classes > 0 && int(largest) == classes && slices.Min(t.Y) > 0 {
		largest--
		for i := range t.Y {
			t.Y[i]--
		}
	}
	if t.Classes = classes; classes == 0 {
		t.Classes = max(2, int(largest)+1)
	}
	if i := slices.IndexFunc(t.Y, func(y int32) bool { return int(y) >= t.Classes }); i >= 0 {
		return fmt.Errorf("idx: label %d of image %d is not a class: want 0 to %d", t.Y[i], i, t.Classes-1)
	}
	return nil
}

// Save writes a table to a new path that only its owner may read, so that [Open] returns its
// rows and classes bit for bit. Images with 256 shades of grey become a folder of two IDX
// files, everything else a CSV file, which does not keep the shape of images. A table with a
// schema becomes a CSV file that [Read] returns under that schema.
func Save(path string, t Table) error {
	if !t.Pixels() {
		return create(path, func(rows io.Writer) error { return WriteCSV(rows, t) })
	}
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return create(filepath.Join(path, imagesFile), func(images io.Writer) error {
		return create(filepath.Join(path, labelsFile), func(labels io.Writer) error { return WriteIDX(images, labels, t) })
	})
}

// create writes a file that only its owner may read, and replaces an existing one.
func create(path string, fill func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(fill(f), f.Close())
}
