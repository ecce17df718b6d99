//go:build !unix

package blob

import "os"

// lend gives n bytes of a file from one on to use.
func lend(f *os.File, at int64, n int, use func([]byte) error) error {
	return lendCopy(f, at, n, use)
}
