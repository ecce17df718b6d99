package data

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/althing-network/althing/spec"
)

// Images is a data set of images with a hold-out of its own.
type Images struct {
	Train, Holdout Table
	Image          spec.Image // shape of a row
}

// ReadImages reads a folder of four IDX files that are named as MNIST's are:
// train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and
// t10k-labels-idx1-ubyte, each as it is or with .gz behind its name. There are as
// many classes as the training labels use.
func ReadImages(folder fs.FS) (Images, error) {
	train, image, err := readPair(folder, "train")
	if err != nil {
		return Images{}, err
	}
	holdout, other, err := readPair(folder, "t10k")
	if err != nil {
		return Images{}, err
	}
	for _, y := range train.Y {
		train.Classes = max(train.Classes, int(y)+1)
	}
	holdout.Classes = train.Classes
	if other != image {
		return Images{}, fmt.Errorf("idx: t10k images are %s: the train images are %s", other, image)
	}
	if err := holdout.Validate(); err != nil {
		return Images{}, fmt.Errorf("idx: t10k: %w", err)
	}
	return Images{Train: train, Holdout: holdout, Image: image}, nil
}

// readPair reads images and labels; how many classes there are is not known yet.
func readPair(folder fs.FS, set string) (t Table, image spec.Image, err error) {
	images, err := openIDX(folder, set+"-images-idx3-ubyte")
	if err != nil {
		return Table{}, image, err
	}
	defer images.Close()
	labels, err := openIDX(folder, set+"-labels-idx1-ubyte")
	if err != nil {
		return Table{}, image, err
	}
	defer labels.Close()
	const most = 1 << 8 // a label is a byte
	if t, image, err = readIDX(images, labels, most); err != nil {
		return Table{}, image, fmt.Errorf("%s: %w", set, err)
	}
	t.Classes = 2
	return t, image, nil
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
		return idxFile{}, fmt.Errorf("idx: neither %s nor %s.gz: %w", name, name, err)
	}
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		return idxFile{}, errors.Join(fmt.Errorf("idx: %s.gz: %w", name, err), f.Close())
	}
	return idxFile{unzipped, f}, nil
}
