//go:build !unix

package blob

import (
	"io"
	"os"
)

// mapping is a file that is read piece by piece: this system maps none.
type mapping struct{ file *os.File }

func mapFile(f *os.File, _ int64) (mapping, error) { return mapping{f}, nil }

// view lends n bytes from one on.
func (m mapping) view(at int64, n int, use func([]byte) error) error {
	b := make([]byte, n)
	if _, err := io.ReadFull(io.NewSectionReader(m.file, at, int64(n)), b); err != nil {
		return err
	}
	return use(b)
}

func (mapping) close() error { return nil }
