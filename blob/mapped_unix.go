//go:build unix

package blob

import (
	"errors"
	"os"
	"runtime/debug"
	"syscall"
	"unsafe"
)

// viewMapped passes n bytes of a file, from offset at on, to use without copying: the file is mapped
// into memory until use returns. A read error of the disk, or a file that became shorter,
// is returned as an error instead of ending the process.
func viewMapped(f *os.File, at int64, n int, use func([]byte) error) (err error) {
	if n == 0 {
		return use(nil) // an empty range cannot be mapped
	}
	before := int(at % int64(os.Getpagesize()))
	mapped, err := syscall.Mmap(int(f.Fd()), at-int64(before), before+n, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil { // some file systems do not support mapping
		return viewCopy(f, at, n, use)
	}
	defer func() { err = errors.Join(err, os.NewSyscallError("munmap", syscall.Munmap(mapped))) }()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		switch p := recover().(type) {
		case nil:
		case interface {
			error
			Addr() uintptr
		}:
			if place := p.Addr() - uintptr(unsafe.Pointer(unsafe.SliceData(mapped))); place >= uintptr(len(mapped)) {
				panic(p)
			}
			err = p
		default:
			panic(p)
		}
	}()
	return use(mapped[before:])
}
