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
// or with .gz behind its name. A CSV, Parquet or NPZ file has no schema here: its features
// are told apart by their places. Errors name the path.
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

// at has an error begin with the path.
func at(path string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// OpenImages reads the folder of IDX files that [Open] reads, but the labels may be
// missing: then labelled is false, and every row is of class 0. Of a folder like
// MNIST's, see [ReadImages], it reads the hold-out. Labels from 1 to classes become labels
// from 0 on; where classes is 0, there are as many as the largest label says. Errors name
// the path.
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

// number has images have so many classes, or as many as their labels say.
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

// Save writes a table, for its owner alone to read, to a path that it makes, so
// that [Open] returns its rows and classes bit for bit: where rows are images of IDX
// a folder of two IDX files, else a CSV file, which says nothing of images. A table with a
// schema is a CSV file that [Read] returns under that schema.
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

// create makes a file for its owner alone, in place of what is there, and fills it.
func create(path string, fill func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(fill(f), f.Close())
}
