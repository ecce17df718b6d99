package blob_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/blob/blobtest"
	"github.com/althing-network/althing/spec"
)

// verifiedDir returns a folder with one blob, the path of the blob's file and the path of its
// marks.
func verifiedDir(t *testing.T) (root string, b []byte, file, marks string) {
	t.Helper()
	root, b = t.TempDir(), blobtest.Bytes(1, 1000)
	d, _, err := blob.Put(t.Context(), openDir(t, root), bytes.NewReader(b), 1000)
	if err != nil {
		t.Fatal(err)
	}
	return root, b, filepath.Join(root, "blobs", d.String()), filepath.Join(root, "verified", d.String())
}

// readVerified opens a folder again, as after a restart, and reads a blob.
func readVerified(t *testing.T, root string, d spec.Digest) ([]byte, error) {
	t.Helper()
	f, err := openDir(t, root).OpenVerified(t.Context(), d)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(f)
	return b, errors.Join(err, f.Close())
}

func replace(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestDirRemembersWhatWasVerified: a stored blob is not hashed again, also after a restart. The
// test shows this with changed bytes and forged marks: they pass.
func TestDirRemembersWhatWasVerified(t *testing.T) {
	root, b, file, marks := verifiedDir(t)
	d := spec.DigestOf(b)
	right, err := os.ReadFile(marks)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := readVerified(t, root, d); err != nil || !bytes.Equal(got, b) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	if again, err := os.ReadFile(marks); err != nil || !bytes.Equal(again, right) {
		t.Errorf("got marks %s, %v; want them unchanged, because they were right", again, err)
	}
	wrong := slices.Clone(b)
	wrong[500] ^= 1
	for _, forged := range []bool{false, true} {
		replace(t, file, b)
		if _, err := readVerified(t, root, d); err != nil { // and its marks are kept
			t.Fatal(err)
		}
		old, err := os.ReadFile(marks)
		if err != nil {
			t.Fatal(err)
		}
		replace(t, file, wrong)
		if forged {
			forge(t, file, marks, old)
		}
		if got, err := readVerified(t, root, d); errors.Is(err, blob.ErrMismatch) == forged {
			t.Errorf("marks forged %v: %d bytes, %v", forged, len(got), err)
		}
	}
}

// TestDirDoubtsWhatWasNotSynced: a blob without a label is not synced, so its bytes may be lost
// when the machine restarts. Its marks are not trusted after that; otherwise wrong bytes would
// pass.
func TestDirDoubtsWhatWasNotSynced(t *testing.T) {
	root, b, file, marks := verifiedDir(t)
	old, err := os.ReadFile(marks)
	if err != nil || !bytes.Contains(old, []byte(`"boot"`)) {
		t.Fatalf("marks of a blob that was not synced: %s, %v", old, err)
	}
	wrong := slices.Clone(b)
	wrong[500] ^= 1
	replace(t, file, wrong)
	forge(t, file, marks, old)
	if _, err := readVerified(t, root, spec.DigestOf(b)); err != nil {
		t.Fatalf("since the machine started: %v", err)
	}
	forged, err := os.ReadFile(marks)
	if err != nil {
		t.Fatal(err)
	}
	replace(t, marks, bytes.Replace(forged, []byte(`"boot":"`), []byte(`"boot":"an earlier one `), 1))
	if _, err := readVerified(t, root, spec.DigestOf(b)); !errors.Is(err, blob.ErrMismatch) {
		t.Errorf("the machine started anew: %v", err)
	}

	labelled := blobtest.Bytes(2, 1000)
	commit(t, openDir(t, root), labelled, blobtest.LabelOf(blobtest.UpdateRef(1), labelled))
	if m, err := os.ReadFile(filepath.Join(root, "verified", spec.DigestOf(labelled).String())); err != nil || bytes.Contains(m, []byte("boot")) {
		t.Errorf("marks of a blob that was synced: %s, %v", m, err)
	}
}

// forge makes the marks of a blob fit its file, whatever the file holds. It lets a store verify a
// hard link to the file under the digest of its bytes, and copies the marks.
func forge(t *testing.T, file, marks string, old []byte) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Dir(filepath.Dir(file))
	d := spec.DigestOf(b)
	twin := filepath.Join(root, "blobs", d.String())
	if err := os.Link(file, twin); err != nil { // both names have the same file, and marks
		t.Fatal(err)
	}
	if _, err := readVerified(t, root, d); err != nil {
		t.Fatal(err)
	}
	m, err := os.ReadFile(filepath.Join(root, "verified", d.String()))
	if err != nil || bytes.Equal(m, old) {
		t.Fatalf("marks %s, %v: want others than %s", m, err, old)
	}
	replace(t, marks, m)
}

// TestDirNoticesAChangedFile: a change of a blob's file is detected, also if the file's
// modification time is set back.
func TestDirNoticesAChangedFile(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, file string, wrong []byte){
		"written to": replace,
		"one byte written": func(t *testing.T, file string, wrong []byte) {
			f, err := os.OpenFile(file, os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			_, err = f.WriteAt(wrong[500:501], 500)
			if err := errors.Join(err, f.Close()); err != nil {
				t.Fatal(err)
			}
		},
		"truncated": func(t *testing.T, file string, _ []byte) {
			if err := os.Truncate(file, 999); err != nil {
				t.Fatal(err)
			}
		},
		"written to, its time set back": func(t *testing.T, file string, wrong []byte) {
			setBack(t, file, func() { replace(t, file, wrong) })
		},
		"replaced, its time set back": func(t *testing.T, file string, wrong []byte) {
			setBack(t, file, func() {
				replace(t, file+".new", wrong)
				if err := os.Rename(file+".new", file); err != nil {
					t.Fatal(err)
				}
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			if strings.HasSuffix(name, "set back") && runtime.GOOS != "linux" {
				t.Skip("this system has no change time of files, only a modification time that can be set")
			}
			root, b, file, _ := verifiedDir(t)
			wrong := slices.Clone(b)
			wrong[500] ^= 1
			change(t, file, wrong)
			for range 2 {
				if got, err := readVerified(t, root, spec.DigestOf(b)); !errors.Is(err, blob.ErrMismatch) {
					t.Errorf("%d bytes, %v", len(got), err)
				}
			}
			replace(t, file, b)
			if got, err := readVerified(t, root, spec.DigestOf(b)); err != nil || !bytes.Equal(got, b) {
				t.Errorf("with the right bytes again: %d bytes, %v", len(got), err)
			}
		})
	}
}

// setBack changes a file and restores its modification time.
func setBack(t *testing.T, file string, change func()) {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	change()
	if err := os.Chtimes(file, time.Time{}, info.ModTime()); err != nil {
		t.Fatal(err)
	}
}

// TestDirVerifiesAnewWithoutMarks: if marks are missing, damaged or of another file, the blob is
// hashed and gets new marks. Marks without a blob are deleted.
func TestDirVerifiesAnewWithoutMarks(t *testing.T) {
	root, b, file, marks := verifiedDir(t)
	right, err := os.ReadFile(marks)
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(){
		"gone":  func() { os.Remove(marks) },
		"empty": func() { replace(t, marks, nil) },
		"torn":  func() { replace(t, marks, right[:len(right)/2]) },
		"zeros": func() { replace(t, marks, make([]byte, len(right))) },
		"touched": func() {
			if err := os.Chtimes(file, time.Time{}, time.Unix(1, 0)); err != nil {
				t.Fatal(err)
			}
			right = nil
		},
	} {
		spoil()
		if got, err := readVerified(t, root, spec.DigestOf(b)); err != nil || !bytes.Equal(got, b) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		again, err := os.ReadFile(marks)
		if err != nil || right != nil && !bytes.Equal(again, right) {
			t.Errorf("%s: marks %s, %v; want %s", name, again, err, right)
		}
		right = again
	}
	if err := openDir(t, root).Delete(t.Context(), spec.DigestOf(b)); err != nil || len(files(t, root, "verified")) != 0 {
		t.Errorf("marks of a deleted blob are left: %v, %v", files(t, root, "verified"), err)
	}
	replace(t, marks, right)
	if openDir(t, root); len(files(t, root, "verified")) != 0 {
		t.Errorf("marks without a blob are left: %v", files(t, root, "verified"))
	}
}

// TestDirNoticesAChangeWhileItReads: bytes that change while they are read do not count as
// verified.
func TestDirNoticesAChangeWhileItReads(t *testing.T) {
	root, b, file, _ := verifiedDir(t)
	f, err := openDir(t, root).OpenVerified(t.Context(), spec.DigestOf(b))
	if err != nil {
		t.Fatal(err)
	}
	replace(t, file, b[1:])
	if err := f.Close(); !errors.Is(err, blob.ErrMismatch) {
		t.Errorf("closed with %v", err)
	}
}

// TestDirLendsWhatIsNoLongerThere: if a mapped file becomes shorter while a reader uses its bytes,
// the reader gets an error. A panic of the reader for another reason remains a panic.
func TestDirLendsWhatIsNoLongerThere(t *testing.T) {
	root := t.TempDir()
	b := blobtest.Bytes(1, 1<<20)
	d, _, err := blob.Put(t.Context(), openDir(t, root), bytes.NewReader(b), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	f, err := openDir(t, root).OpenVerified(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	sum := func(b []byte) error {
		sum := 0
		for _, v := range b {
			sum += int(v)
		}
		if sum < 0 {
			return errors.New("impossible")
		}
		return nil
	}
	if err := f.View(0, len(b), sum); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(root, "blobs", d.String()), 10); err != nil {
		t.Fatal(err)
	}
	if err := f.View(0, len(b), sum); err == nil {
		t.Error("got no error for bytes that are no longer in the file")
	}
	func() {
		defer func() {
			if p := recover(); p != "mine" {
				t.Errorf("recovered %v", p)
			}
		}()
		_ = f.View(0, 1, func([]byte) error { panic("mine") })
	}()
	func() {
		defer func() {
			if _, ok := recover().(runtime.Error); !ok {
				t.Error("a panic of the reader became an error of the disk")
			}
		}()
		var nobody *int
		_ = f.View(0, 1, func([]byte) error { *nobody = 1; return nil })
	}()
	if err := f.Close(); !errors.Is(err, blob.ErrMismatch) {
		t.Errorf("closed with %v", err)
	}
}
