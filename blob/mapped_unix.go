//go:build unix

package blob

import (
	"os"
	"runtime/debug"
	"syscall"
	"unsafe"
)

// mapping is a file that is read where the system keeps it, without a copy.
type mapping struct{ bytes []byte }

// mapFile maps a file of some bytes.
func mapFile(f *os.File, size int64) (mapping, error) {
	if size == 0 {
		return mapping{}, nil // there is nothing that could be mapped
	}
	b, err := syscall.Mmap(int(f.Fd()), 0, int(size), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return mapping{}, os.NewSyscallError("mmap", err)
	}
	return mapping{b}, nil
}

// view lends n bytes from one on. That the disk cannot give them, or that the file
// became shorter, is an error, and no end of the process.
func (m mapping) view(at int64, n int, use func([]byte) error) (err error) {
	b := m.bytes[at : at+int64(n)]
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		switch p := recover().(type) {
		case nil:
		case interface {
			error
			Addr() uintptr
		}:
			if offset := p.Addr() - uintptr(unsafe.Pointer(unsafe.SliceData(m.bytes))); offset >= uintptr(len(m.bytes)) {
				panic(p)
			}
			err = p
		default:
			panic(p)
		}
	}()
	return use(b)
}

func (m mapping) close() error {
	if m.bytes == nil {
		return nil
	}
	return os.NewSyscallError("munmap", syscall.Munmap(m.bytes))
}
