package logbook_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/althing-network/althing/logbook"
)

// FuzzRead opens a file of any bytes as a book. Each record that is read is valid JSON, a
// new record can be written after them, and a file that is refused is not changed.
func FuzzRead(f *testing.F) {
	f.Add([]byte(""))
	f.Add([]byte("{\"a\":1}\n{\"b\":2}\n"))
	f.Add([]byte("{\"a\":1}\n{\"b\"")) // the second record is incomplete
	f.Add([]byte("\x00\x00\n1\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "book")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		var read [][]byte
		book, err := logbook.Open(path, func(record []byte) error {
			read = append(read, slices.Clone(record))
			return nil
		})
		if err != nil {
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, b) {
				t.Fatalf("file %q is refused, but was changed to %q (%v)", b, after, err)
			}
			return
		}
		for _, record := range read {
			if !json.Valid(record) {
				t.Fatalf("record %q is not JSON", record)
			}
		}
		if err := book.Write("more"); err != nil {
			t.Fatal(err)
		}
		read = append(read, []byte(`"more"`))
		at := 0
		if err := logbook.Read(path, func(record []byte) error {
			if at >= len(read) || !bytes.Equal(record, read[at]) {
				t.Fatalf("record %d is %q: want the records %q", at, record, read)
			}
			at++
			return nil
		}); err != nil || at != len(read) {
			t.Fatalf("got %d records, want %d (%v)", at, len(read), err)
		}
	})
}
