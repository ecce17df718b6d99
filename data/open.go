package data

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Open reads a table from a path: a CSV file, see [ReadCSV], or a folder with the
// IDX files images-idx3-ubyte and labels-idx1-ubyte, see [ReadIDX], each as it is
// or with .gz behind its name. Errors name the path.
func Open(path string, classes int) (Table, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Table{}, err
	}
	var t Table
	if info.IsDir() {
		t, err = readPair(os.DirFS(path), "", classes)
	} else {
		t, err = openCSV(path, classes)
	}
	if err != nil {
		return Table{}, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

// OpenImages reads the folder of IDX files that [Open] reads, but the labels may be
// missing: then labelled is false, and every row is of class 0. Of a folder like
// MNIST's, see [ReadImages], it reads the hold-out. Errors name the path.
func OpenImages(path string, classes int) (t Table, labelled bool, err error) {
	folder, set := os.DirFS(path), ""
	if !holds(folder, imagesFile) && holds(folder, holdoutSet+imagesFile) {
		set = holdoutSet
	}
	if labelled = holds(folder, set+labelsFile); labelled {
		t, err = readPair(folder, set, classes)
	} else {
		t, err = readAlone(folder, set, classes)
	}
	if err != nil {
		return Table{}, false, fmt.Errorf("%s: %w", path, err)
	}
	return t, labelled, nil
}

func openCSV(path string, classes int) (Table, error) {
	f, err := os.Open(path)
	if err != nil {
		return Table{}, err
	}
	defer f.Close()
	return ReadCSV(f, classes)
}

// Save writes a table, for its owner alone to read, to a path that it makes, so
// that [Open] returns its rows and classes bit for bit: where rows are images of IDX
// a folder of two IDX files, else a CSV file, which says nothing of images.
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
