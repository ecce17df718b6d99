//go:build !unix

package blob

import (
	"io"
	"os"
)

// lend gives n bytes of a file from one on to use.
func lend(f *os.File, at int64, n int, use func([]byte) error) error {
	b := make([]byte, n)
	if _, err := io.ReadFull(io.NewSectionReader(f, at, int64(n)), b); err != nil {
		return err
	}
	return use(b)
}
