//go:build !unix

package blob

import "os"

// lend passes n bytes of a file, from offset at on, to use.
func lend(f *os.File, at int64, n int, use func([]byte) error) error {
	return lendCopy(f, at, n, use)
}
