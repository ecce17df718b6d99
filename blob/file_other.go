//go:build !linux

package blob

import "os"

// identity is not available here: marks have only size and time of modification.
func identity(os.FileInfo) (changed int64, inode uint64) { return 0, 0 }

// bootID is not available here: each start of the process counts as a start of the machine.
func bootID() string { return "" }

// beginSync does nothing here.
func beginSync(*os.File) {}
