package data

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
)

// ReadImages reads a folder of four IDX files that are named as MNIST's are:
// train-images-idx3-ubyte, train-labels-idx1-ubyte, and t10k-images-idx3-ubyte,
// t10k-labels-idx1-ubyte for the hold-out. Names as downloaded work too: .idx3-ubyte, test
// for t10k, a prefix with the name of the set, and a suffix .gz. There are as many classes
// as the training labels use, at least two, without gaps. Labels that begin with 1, as
// those of EMNIST's letters, are shifted to begin with 0.
func ReadImages(folder fs.FS) (train, holdout Table, err error) {
	train, holdout, _, err = readImages(folder)
	return train, holdout, err
}

// readImages also returns the smallest training label of the files.
func readImages(folder fs.FS) (train, holdout Table, least int32, err error) {
	fail := func(err error) (Table, Table, int32, error) { return Table{}, Table{}, 0, err }
	if train, err = readPair(folder, "train-", byteClasses); err != nil {
		return fail(err)
	}
	if holdout, err = readPair(folder, holdoutSet, byteClasses); err != nil {
		return fail(err)
	}
	if least = slices.Min(train.Y); least == 1 && slices.Max(train.Y) > 1 {
		for i := range train.Y {
			train.Y[i]--
		}
		for i := range holdout.Y {
			if holdout.Y[i]--; holdout.Y[i] < 0 {
				return fail(fmt.Errorf("idx: t10k: image %d has the label 0: the train labels begin with 1", i))
			}
		}
	}
	if train, err = train.Numbered(); err != nil {
		return fail(fmt.Errorf("train: idx: %w", err))
	}
	holdout.Classes = train.Classes
	if holdout.Image != train.Image {
		return fail(fmt.Errorf("idx: t10k images are %s: the train images are %s", holdout.Image, train.Image))
	}
	if err := holdout.Validate(); err != nil {
		return fail(fmt.Errorf("idx: t10k: %w", err))
	}
	return train, holdout, least, nil
}

// byteClasses is the number of classes where it is not known: a label is one byte.
const byteClasses = 1 << 8

// The names of a table's two files, and their prefixes.
const (
	imagesFile = "images-idx3-ubyte"
	labelsFile = "labels-idx1-ubyte"
	holdoutSet = "t10k-" // prefix of both files of the hold-out
)

// readPair reads the images and labels whose names begin with the given prefix.
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

// holds reports whether a folder has a file, under any of its accepted names.
func holds(folder fs.FS, name string) bool {
	_, err := findIDX(folder, name)
	return err == nil
}

// findIDX returns the name under which a folder has a file: its own, or one under which it
// is downloaded, with or without .gz.
func findIDX(folder fs.FS, name string) (string, error) {
	for _, own := range []string{name, name + ".gz"} {
		if _, err := fs.Stat(folder, own); err == nil {
			return own, nil
		}
	}
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		return "", fmt.Errorf("idx: %w", err)
	}
	var found []string
	for _, entry := range entries {
		usual := strings.NewReplacer(".idx", "-idx", "test-", holdoutSet).Replace(strings.TrimSuffix(entry.Name(), ".gz"))
		if before, ok := strings.CutSuffix(usual, name); ok && (before == "" || strings.HasSuffix(before, "-") && !strings.HasSuffix(before, "train-") && !strings.HasSuffix(before, holdoutSet)) {
			found = append(found, entry.Name())
		}
	}
	switch len(found) {
	case 0:
		return "", fmt.Errorf("idx: the folder has no %s (with or without .gz)", name)
	case 1:
		return found[0], nil
	}
	return "", fmt.Errorf("idx: more than one file could be %s: %s: want one", name, list(found))
}

// idxFile is a file that may be compressed.
type idxFile struct {
	io.Reader
	io.Closer
}

func openIDX(folder fs.FS, name string) (idxFile, error) {
	own, err := findIDX(folder, name)
	if err != nil {
		return idxFile{}, err
	}
	f, err := folder.Open(own)
	if err != nil {
		return idxFile{}, fmt.Errorf("idx: %w", err)
	}
	if !strings.HasSuffix(own, ".gz") {
		return idxFile{bufio.NewReader(f), f}, nil
	}
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		return idxFile{}, errors.Join(fmt.Errorf("idx: %s: %w", own, err), f.Close())
	}
	return idxFile{unzipped, f}, nil
}
