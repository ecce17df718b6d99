// Package logbook keeps records in an append-only file of JSON, one record per line. One
// sync makes any number of records durable, and the folder is synced only once per process.
// With one file per record, each record would need both syncs.
//
// Open a book with [Open], which reads all its records; add records with [Book.Write]; make
// them durable with [Book.Sync]; compact the book with [Book.Replace].
//
// It is not a database: it has no queries, and the caller decides what records mean and
// which of them are still valid.
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

// Book is an open file of records. Only one process may have it open at a time. Within the
// process it is safe for concurrent use.
type Book struct {
	path       string
	mu         sync.Mutex // held while records are written
	file       *os.File
	size       int64 // of the complete records, in bytes
	nameSynced bool  // the folder has been synced since the file was opened
}

// Open reads the records of a book, the oldest first, and creates the file if it does not
// exist. It removes an incomplete record at the end of the file, see [Read].
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

// Read calls each for the records of a book, the oldest first, and changes nothing. It
// ignores what follows the last complete record: a crash or a power failure interrupted that
// write before its Sync returned, so nobody relies on it. It is an error if a complete
// record follows a line that is not a record.
func Read(path string, each func(record []byte) error) error {
	_, err := scan(path, each)
	return err
}

// scan reads records and returns their size in bytes.
func scan(path string, each func(record []byte) error) (size int64, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	broken := 0 // number of the first line that is not JSON
	for number := 1; ; number++ {
		line, rest, complete := bytes.Cut(b, []byte("\n"))
		if !complete {
			return size, nil
		}
		b = rest
		switch good := json.Valid(line); {
		case good && broken > 0:
			return 0, fmt.Errorf("%s: line %d: want a record in JSON", path, broken)
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

// Write appends records in their order. If the process is killed meanwhile, the first
// records are in the file and the others are not; no record is there in part. They survive
// a power failure only after [Book.Sync] has returned.
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

// Sync makes all records written so far survive a power failure.
func (b *Book) Sync() error {
	b.mu.Lock()
	f, nameSynced := b.file, b.nameSynced
	b.mu.Unlock()
	if err := f.Sync(); err != nil || nameSynced {
		return err
	}
	if err := syncFolder(b.path); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.nameSynced = true
	return nil
}

// Close closes the file. A power failure may lose records that were not synced.
func (b *Book) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.file.Close()
}

// Replace replaces all records of the book. After a crash the book has the new records or
// the old ones, never a mixture. No other method may be called meanwhile.
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
	b.file, b.size, b.nameSynced = f, int64(len(lines)), true
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

// Replacement is the suffix of the temporary file that [Book.Replace] writes. If the process
// is killed, the file stays until [Open] removes it.
const Replacement = ".new"

// replace atomically replaces the content of a file. The new content is durable when it
// returns.
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

// syncFolder syncs the folder of a file, so that the name of the file is durable.
func syncFolder(path string) error {
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
