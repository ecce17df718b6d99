package logbook_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/althing-network/althing/logbook"
)

// open opens a book and returns its records.
func open(t *testing.T, path string) (*logbook.Book, []string) {
	t.Helper()
	var records []string
	b, err := logbook.Open(path, func(r []byte) error {
		records = append(records, string(r))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b, records
}

func want(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestBookKeepsItsRecords(t *testing.T) {
	path := filepath.Join(t.TempDir(), "book")
	b, records := open(t, path)
	want(t, records)
	if err := b.Write("one", 2); err != nil {
		t.Fatal(err)
	}
	if err := b.Sync(); err != nil {
		t.Fatal(err)
	}
	if err := b.Write(func() {}); err == nil {
		t.Error("a value that JSON cannot encode was written: want an error")
	}
	b, records = open(t, path)
	want(t, records, `"one"`, "2")
	if err := b.Replace("all"); err != nil {
		t.Fatal(err)
	}
	if err := b.Write("more"); err != nil {
		t.Fatal(err)
	}
	_, records = open(t, path)
	want(t, records, `"all"`, `"more"`)
}

// TestBookDropsIncompleteRecord: an incomplete record at the end, as a power failure leaves
// it, is dropped, and the next record is written after the last complete one.
func TestBookDropsIncompleteRecord(t *testing.T) {
	path := filepath.Join(t.TempDir(), "book")
	for _, tail := range []string{"", "[", "[1]", "\x00\x00", "\x00\n", "[\n[1", "[1\n"} {
		if err := os.WriteFile(path, []byte("[0]\n"+tail), 0o600); err != nil {
			t.Fatal(err)
		}
		b, records := open(t, path)
		want(t, records, "[0]")
		if err := b.Write("next"); err != nil {
			t.Fatal(err)
		}
		_, records = open(t, path)
		want(t, records, "[0]", `"next"`)
	}
}

func TestBookNamesABadLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "book")
	read := func([]byte) error { return nil }
	if err := os.WriteFile(path, []byte("[0]\n[\n[2]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := logbook.Open(path, read); err == nil || !strings.Contains(err.Error(), "line 2: want a record in JSON") {
		t.Errorf("got %v, want an error with line 2", err)
	}
	if err := logbook.Read(path, read); err == nil {
		t.Error("Read accepts a book with a bad line 2: want an error")
	}
	refuses := func([]byte) error { return fmt.Errorf("not this one") }
	if err := os.WriteFile(path, []byte("[0]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := logbook.Read(path, refuses); err == nil || !strings.Contains(err.Error(), "line 1: not this one") {
		t.Errorf("got %v, want line 1: not this one", err)
	}
}

// TestBookIsSafeForConcurrentUse: records of one call of Write stay next to each other.
func TestBookIsSafeForConcurrentUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "book")
	b, _ := open(t, path)
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() {
			if err := b.Write(i, i); err != nil {
				t.Error(err)
			}
			if err := b.Sync(); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	_, records := open(t, path)
	if len(records) != 40 {
		t.Errorf("%d records, want 40", len(records))
	}
	for i := 0; i+1 < len(records); i += 2 {
		if records[i] != records[i+1] {
			t.Errorf("records %d and %d are not of one call of Write: %q", i, i+1, records)
		}
	}
}
