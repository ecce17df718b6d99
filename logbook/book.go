// Package logbook keeps records in a file that only grows: JSON, one record a line.
// One sync makes any number of records last, and the folder has to be synced only once
// in the life of a process, which a file for each record cannot offer.
//
// It is no database: all records are read when a book is opened, and what they mean,
// which of them still count among it, is for its owner.
package logbook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// Book is an open file of records, for one process at a time. It is safe for
// concurrent use.
type Book struct {
	path string
	mu   sync.Mutex // held while records are written
	file *os.File
	size int64 // of the whole records
	sure bool  // the name of the file has been synced since it was opened
}

// Open reads the records of a book, the oldest first, and makes an empty one where
// there is none. See [Read].
func Open(path string, each func(record []byte) error) (*Book, error) {
	size, err := scan(path, each)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	if err := os.Remove(path + Replacement); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.Truncate(size); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &Book{path: path, file: f, size: size}, nil
}

// Read reads the records of a book, the oldest first, for who does not write. What
// follows the last whole record is what a process was writing when it was killed, or a
// machine when it lost its power, before anybody relied on it, and is passed over. It is
// an error when a whole record follows on something else.
func Read(path string, each func(record []byte) error) error {
	_, err := scan(path, each)
	return err
}

// scan reads records and returns how many bytes they have.
func scan(path string, each func(record []byte) error) (size int64, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	broken := 0 // number of the first line that is no record
	for number := 1; ; number++ {
		line, rest, whole := bytes.Cut(b, []byte("\n"))
		if !whole {
			return size, nil
		}
		b = rest
		switch good := json.Valid(line); {
		case good && broken > 0:
			return 0, fmt.Errorf("%s: line %d is no record", path, broken)
		case !good && broken == 0:
			broken = number
		case good:
			if err := each(line); err != nil {
				return 0, fmt.Errorf("%s: line %d: %w", path, number, err)
			}
			size += int64(len(line)) + 1
		}
	}
}

// Write adds records, one behind the other. A process that is killed leaves all of them,
// or whole ones from the first on; a machine that loses its power may lose them until
// [Book.Sync] returns.
func (b *Book) Write(records ...any) error {
	lines, err := encode(records)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, err := b.file.WriteAt(lines, b.size); err != nil {
		return errors.Join(err, b.file.Truncate(b.size))
	}
	b.size += int64(len(lines))
	return nil
}

// Sync makes what was written before outlast a loss of power.
func (b *Book) Sync() error {
	b.mu.Lock()
	f, sure := b.file, b.sure
	b.mu.Unlock()
	if err := f.Sync(); err != nil || sure {
		return err
	}
	if err := syncFolder(b.path); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sure = true
	return nil
}

// Close ends the use of the book. What was not synced may be lost with the machine.
func (b *Book) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.file.Close()
}

// Replace makes some records all that the book holds: after a crash it has those or
// the old ones. Nobody else may use the book meanwhile.
func (b *Book) Replace(records ...any) error {
	lines, err := encode(records)
	if err != nil {
		return err
	}
	if err := replace(b.path, lines); err != nil {
		return err
	}
	f, err := os.OpenFile(b.path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	old := b.file
	b.file, b.size, b.sure = f, int64(len(lines)), true
	return old.Close()
}

func encode(records []any) (lines []byte, err error) {
	for _, r := range records {
		line, err := json.Marshal(r)
		if err != nil {
			return nil, err
		}
		lines = append(append(lines, line...), '\n')
	}
	return lines, nil
}

// Replacement ends the name of what is to take the place of a book. A process that is
// killed leaves one, and the next one that opens the book removes it.
const Replacement = ".new"

// replace puts a file in the place of another, which lasts once it returns.
func replace(path string, b []byte) error {
	f, err := os.OpenFile(path+Replacement, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return syncFolder(path)
}

// syncFolder makes the name of a file last.
func syncFolder(path string) error {
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
