//go:build !unix

package blob

import "os"

// viewMapped passes n bytes of a file, from offset at on, to use. It copies them.
func viewMapped(f *os.File, at int64, n int, use func([]byte) error) error {
	return viewCopy(f, at, n, use)
}
