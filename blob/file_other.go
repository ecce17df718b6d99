//go:build !linux

package blob

import "os"

// identity is known of no file here: its size and the time of its last change are
// all that its marks have.
func identity(os.FileInfo) (changed int64, inode uint64) { return 0, 0 }

// bootID is known of no machine here: each start of the process is taken for one.
func bootID() string { return "" }

// beginSync does nothing here.
func beginSync(*os.File) {}
