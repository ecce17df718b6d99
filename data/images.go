package data

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
)

// ReadImages reads a folder of four IDX files that are named as MNIST's are:
// train-images-idx3-ubyte, train-labels-idx1-ubyte, and t10k-images-idx3-ubyte,
// t10k-labels-idx1-ubyte for the hold-out, each as it is or with .gz behind its
// name. There are as many classes as the training labels use, at least two, all of them.
func ReadImages(folder fs.FS) (train, holdout Table, err error) {
	const bytes = 1 << 8 // how many classes there are is not known yet; a label is a byte
	if train, err = readPair(folder, "train-", bytes); err != nil {
		return Table{}, Table{}, err
	}
	if holdout, err = readPair(folder, holdoutSet, bytes); err != nil {
		return Table{}, Table{}, err
	}
	if train, err = train.Numbered(); err != nil {
		return Table{}, Table{}, fmt.Errorf("train: idx: %w", err)
	}
	holdout.Classes = train.Classes
	if holdout.Image != train.Image {
		return Table{}, Table{}, fmt.Errorf("idx: t10k images are %s: the train images are %s", holdout.Image, train.Image)
	}
	if err := holdout.Validate(); err != nil {
		return Table{}, Table{}, fmt.Errorf("idx: t10k: %w", err)
	}
	return train, holdout, nil
}

// The names of a table's two files, and what stands before them.
const (
	imagesFile = "images-idx3-ubyte"
	labelsFile = "labels-idx1-ubyte"
	holdoutSet = "t10k-" // before both, of the rows that nobody trains on
)

// readPair reads images and labels whose names begin with a word.
func readPair(folder fs.FS, set string, classes int) (Table, error) {
	images, err := openIDX(folder, set+imagesFile)
	if err != nil {
		return Table{}, err
	}
	defer images.Close()
	labels, err := openIDX(folder, set+labelsFile)
	if err != nil {
		return Table{}, err
	}
	defer labels.Close()
	t, err := ReadIDX(images, labels, classes)
	if err != nil && set != "" {
		return Table{}, fmt.Errorf("%s: %w", strings.TrimSuffix(set, "-"), err)
	}
	return t, err
}

// readAlone reads images without labels.
func readAlone(folder fs.FS, set string, classes int) (Table, error) {
	images, err := openIDX(folder, set+imagesFile)
	if err != nil {
		return Table{}, err
	}
	defer images.Close()
	return ReadIDX(images, nil, classes)
}

// holds reports whether a folder has a file, as it is or with .gz behind its name.
func holds(folder fs.FS, name string) bool {
	for _, name := range []string{name, name + ".gz"} {
		if _, err := fs.Stat(folder, name); err == nil {
			return true
		}
	}
	return false
}

// idxFile is a file that may be compressed.
type idxFile struct {
	io.Reader
	io.Closer
}

func openIDX(folder fs.FS, name string) (idxFile, error) {
	f, err := folder.Open(name)
	if err == nil {
		return idxFile{bufio.NewReader(f), f}, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return idxFile{}, fmt.Errorf("idx: %w", err)
	}
	if f, err = folder.Open(name + ".gz"); err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			return idxFile{}, fmt.Errorf("idx: %w", err)
		}
		return idxFile{}, fmt.Errorf("idx: there is no %s, nor with .gz behind its name", name)
	}
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		return idxFile{}, errors.Join(fmt.Errorf("idx: %s.gz: %w", name, err), f.Close())
	}
	return idxFile{unzipped, f}, nil
}
