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

// open opens a book and returns what it holds.
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
		t.Error("what is no JSON was written")
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

// What was being written when the power went is dropped, and the next record is whole.
func TestBookDropsWhatIsNotWhole(t *testing.T) {
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
	if _, err := logbook.Open(path, read); err == nil || !strings.Contains(err.Error(), "line 2 is no record") {
		t.Errorf("got %v", err)
	}
	if err := logbook.Read(path, read); err == nil {
		t.Error("it was read")
	}
	refuses := func([]byte) error { return fmt.Errorf("not this one") }
	if err := os.WriteFile(path, []byte("[0]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := logbook.Read(path, refuses); err == nil || !strings.Contains(err.Error(), "line 1: not this one") {
		t.Errorf("got %v", err)
	}
}

func TestBookIsWrittenByMany(t *testing.T) {
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
			t.Errorf("records of one call are apart: %q", records)
		}
	}
}
