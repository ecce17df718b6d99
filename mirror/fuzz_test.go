package mirror_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/althing-network/althing/mirror"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/spec"
)

// FuzzOpen opens a mirror whose records are any bytes. If it opens, its books are valid, its
// methods work, and after a restart it has the same content.
func FuzzOpen(f *testing.F) {
	home := f.TempDir()
	m, err := mirror.Open(home)
	if err != nil {
		f.Fatal(err)
	}
	key, err := os.ReadFile(filepath.Join(home, mirror.KeyFile))
	if err != nil {
		f.Fatal(err)
	}
	d, err := m.Register(rows(1, 2), limit(1_000_000))
	if err != nil {
		f.Fatal(err)
	}
	if _, err := m.Register(rows(2, 3), limit(1_000_000)); err != nil {
		f.Fatal(err)
	}
	book, history, _ := cost.Open(limit(1_000_000))
	_, reserved, _ := book.Reserve(1, "update", pure(100), 2)
	for _, err := range []error{
		m.Confirm(d.Commitment, 3), m.CatchUp(d.Commitment, append(history, reserved...)), m.Charge(d.Commitment, 1, "update", 1),
		signs(m, d.Commitment, spec.Slot{Task: 1, Round: 1, Node: 1}),
	} {
		if err != nil {
			f.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		f.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Join(home, mirror.File))
	if err != nil {
		f.Fatal(err)
	}
	check, _, _ := bytes.Cut(whole, []byte("\n"))
	f.Add([]byte(""))
	for at := range bytes.Count(whole, []byte("\n")) {
		lines := bytes.SplitAfter(whole, []byte("\n"))
		f.Add(bytes.Join(lines[1:at+1], nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		home := t.TempDir()
		must(t, os.WriteFile(filepath.Join(home, mirror.KeyFile), key, 0o600))
		must(t, os.WriteFile(filepath.Join(home, mirror.File), append(append(bytes.Clone(check), '\n'), b...), 0o600))
		m, err := mirror.Open(home)
		if err != nil {
			return
		}
		for _, d := range m.Datasets() {
			if err := d.Book.Validate(); err != nil {
				t.Fatalf("records %q are accepted with an invalid book: %v", b, err)
			}
			_ = m.Reserve(d.Commitment, 77, "update", pure(10), 1)
			_ = m.Charge(d.Commitment, 77, "update", 1)
			_ = signs(m, d.Commitment, spec.Slot{Task: 77, Round: 1, Node: 1})
		}
		_, _ = m.Register(rows(1, 2, 3), limit(1))
		reopened(t, home, m)
	})
}

func signs(m *mirror.Mirror, commitment spec.Digest, slot spec.Slot) error {
	_, err := m.Sign(commitment, "update", m.Key(), slot, spec.DigestOf(nil), spec.Salt{})
	return err
}
