//go:build unix

package blob

import (
	"errors"
	"os"
	"runtime/debug"
	"syscall"
	"unsafe"
)

// lend gives n bytes of a file from one on to use, where the system keeps them: it
// maps them for as long, so what is lent is what is in memory. That the disk cannot
// give them, or that the file became shorter, is an error, and no end of the process.
func lend(f *os.File, at int64, n int, use func([]byte) error) (err error) {
	if n == 0 {
		return use(nil) // there is nothing that could be mapped
	}
	before := int(at % int64(os.Getpagesize()))
	mapped, err := syscall.Mmap(int(f.Fd()), at-int64(before), before+n, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil { // some file systems map nothing
		return lendCopy(f, at, n, use)
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
