package blob_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/blob/blobtest"
	"github.com/althing-network/althing/spec"
)

// TestDirSurvivesRestart: a folder that is opened again has its blobs, labels and the draft of a
// named blob.
func TestDirSurvivesRestart(t *testing.T) {
	root := t.TempDir()
	b, part := blobtest.Bytes(1, 100), blobtest.Bytes(2, 100)
	dir := openDir(t, root)
	want := blobtest.LabelOf(blobtest.UpdateRef(1), b)
	if _, _, err := blob.Put(t.Context(), dir, bytes.NewReader(b), 100); err != nil {
		t.Fatal(err)
	}
	if err := dir.Label(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	for _, d := range []spec.Digest{{}, spec.DigestOf(part)} { // as if killed: never closed
		draft, err := dir.Draft(t.Context(), d, 100)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := draft.Write(part[:60]); err != nil {
			t.Fatal(err)
		}
	}

	dir = openDir(t, root)
	labels, err := dir.Labels(t.Context())
	if diff := cmp.Diff([]blob.Label{want}, labels); diff != "" || err != nil {
		t.Fatal(diff, err)
	}
	draft, err := dir.Draft(t.Context(), spec.DigestOf(part), 100)
	if err != nil || draft.Size() != 60 {
		t.Fatalf("the draft continues at byte %d, %v; want 60", draft.Size(), err)
	}
	if err := draft.Close(); err != nil {
		t.Fatal(err)
	}
	if left := files(t, root, "drafts"); len(left) != 1 {
		t.Fatalf("drafts left: %v, want only the one with a name", left)
	}
}

func TestDirDropsLabelWithoutBlob(t *testing.T) {
	root := t.TempDir()
	dir := openDir(t, root)
	d, _, err := blob.Put(t.Context(), dir, strings.NewReader("bytes"), 5)
	if err != nil {
		t.Fatal(err)
	}
	if err := dir.Label(t.Context(), blobtest.LabelOf(blobtest.UpdateRef(1), []byte("bytes"))); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(root, "blobs", d.String())); err != nil {
		t.Fatal(err)
	}
	labels, err := openDir(t, root).Labels(t.Context())
	if kept := lines(t, root); err != nil || len(labels) != 0 || len(kept) != 0 {
		t.Fatalf("a blob that is gone still has labels %v (%v); the file of labels has %q", labels, err, kept)
	}
}

// lines returns the lines of the file of labels.
func lines(t *testing.T, root string) (lines []string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, "labels.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(b))
}

func TestDirNamesBadLabel(t *testing.T) {
	good, err := blobtest.LabelOf(blobtest.UpdateRef(1), nil).MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	right := fmt.Sprintf(`{"label":%s}`, good)
	for name, bad := range map[string]string{
		"cut":                right[:len(right)-1],
		"of no node":         strings.Replace(right, `"node":1`, `"node":0`, 1),
		"of an unknown kind": strings.Replace(right, `"update"`, `"upgrade"`, 1),
		"nothing":            "{}",
		"empty":              "",
	} {
		root := t.TempDir()
		openDir(t, root)
		if err := os.WriteFile(filepath.Join(root, "labels.jsonl"), []byte(right+"\n"+bad+"\n"+right+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := blob.OpenDir(root); err == nil || !strings.Contains(err.Error(), "labels.jsonl: line 2") {
			t.Errorf("open with a label that is %s: %v", name, err)
		}
	}
}

// TestDirAfterALossOfPower: a loss of power cuts off the file of labels anywhere in what was not
// synced. The folder keeps the labels before the cut, and a lost label can be written again.
func TestDirAfterALossOfPower(t *testing.T) {
	root := t.TempDir()
	dir := openDir(t, root)
	var want []blob.Label
	for node := range uint64(2) {
		b := blobtest.Bytes(byte(node), 100)
		want = append(want, blobtest.LabelOf(blobtest.UpdateRef(node+1), b))
		commit(t, dir, b, want[node])
	}
	if err := dir.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	written, err := os.ReadFile(filepath.Join(root, "labels.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(written) + 1 {
		for _, rest := range []string{"", "\x00\x00\x00"} { // what the disk shows in its place
			if err := os.WriteFile(filepath.Join(root, "labels.jsonl"), append(written[:cut:cut], rest...), 0o600); err != nil {
				t.Fatal(err)
			}
			dir := openDir(t, root)
			left, err := dir.Labels(t.Context())
			whole := bytes.Count(written[:cut], []byte("\n"))
			if diff := cmp.Diff(want[:whole], left); err != nil || diff != "" && whole > 0 || len(left) != whole {
				t.Fatalf("cut at %d of %d: %v, %s", cut, len(written), err, diff)
			}
			commit(t, dir, blobtest.Bytes(1, 100), want[1])
			if again, err := openDir(t, root).Lookup(t.Context(), want[1].Ref); err != nil || again != want[1].Entry {
				t.Fatalf("cut at %d: writing the lost label again: %v", cut, err)
			}
		}
	}
}

// commit puts bytes into a store under a label.
func commit(t *testing.T, s blob.Store, b []byte, l blob.Label) {
	t.Helper()
	draft, err := s.Draft(t.Context(), spec.Digest{}, int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	defer draft.Close()
	if _, err := draft.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := draft.Commit(t.Context(), l); err != nil {
		t.Fatal(err)
	}
}

// TestDirForgetsLines: forgotten labels are removed from the file of labels, so it does not grow
// for ever.
func TestDirForgetsLines(t *testing.T) {
	root := t.TempDir()
	dir := openDir(t, root)
	b := []byte("bytes")
	kept, passing := blobtest.LabelOf(blobtest.UpdateRef(1), b), blobtest.LabelOf(blobtest.UpdateRef(2), b)
	commit(t, dir, b, kept)
	most := 0
	for range 1200 {
		if err := dir.Label(t.Context(), passing); err != nil {
			t.Fatal(err)
		}
		if err := dir.Forget(t.Context(), passing.Ref); err != nil {
			t.Fatal(err)
		}
		if n := len(lines(t, root)); n > most {
			most = n
		}
	}
	if most > 1010 {
		t.Errorf("%d lines for 2 labels", most)
	}
	for range 2 {
		labels, err := openDir(t, root).Labels(t.Context())
		if diff := cmp.Diff([]blob.Label{kept}, labels); err != nil || diff != "" || len(lines(t, root)) != 1 {
			t.Errorf("%v, %s, kept are %q", err, diff, lines(t, root))
		}
	}
}

// TestDirSurvivesKill kills a process with SIGKILL while it puts, labels, relabels and forgets
// blobs. After each kill every blob has its digest, every label has its blob, and the ref that is
// only relabelled has a label.
func TestDirSurvivesKill(t *testing.T) {
	if root := os.Getenv("BLOB_KILL_DIR"); root != "" {
		churn(t, root)
		return
	}
	root := t.TempDir()
	for run := range 5 {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestDirSurvivesKill$")
		child.Env = append(os.Environ(), "BLOB_KILL_DIR="+root, fmt.Sprintf("BLOB_KILL_RUN=%d", run))
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(out, make([]byte, 20+7*run)); err != nil { // so many steps are done
			t.Fatal(err)
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait() // it was killed
		wantSound(t, root)
	}
}

// churn changes a store for ever and prints a dot per step.
func churn(t *testing.T, root string) {
	dir := openDir(t, root)
	kept := blobtest.LabelOf(relabelled(), []byte("kept"))
	if _, _, err := blob.Put(t.Context(), dir, strings.NewReader("kept"), 4); err != nil {
		t.Fatal(err)
	}
	if err := dir.Label(t.Context(), kept); err != nil && !errors.Is(err, blob.ErrConflict) { // an earlier run changed its salt
		t.Fatal(err)
	}
	for i := 0; ; i++ {
		kept.Salt[0]++
		if err := dir.Relabel(t.Context(), kept); err != nil {
			t.Fatal(err)
		}
		b := blobtest.Bytes(byte(i), 50_000+i)
		ref := blobtest.UpdateRef(uint64(i%5 + 1))
		if err := dir.Forget(t.Context(), ref); err != nil && !errors.Is(err, blob.ErrNotFound) {
			t.Fatal(err)
		}
		draft, err := dir.Draft(t.Context(), spec.Digest{}, int64(len(b)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := draft.Write(b); err != nil {
			t.Fatal(err)
		}
		if err := draft.Commit(t.Context(), blobtest.LabelOf(ref, b)); err != nil {
			t.Fatal(err)
		}
		os.Stdout.WriteString(".")
	}
}

// relabelled is the ref that churn relabels and never forgets.
func relabelled() blob.Ref { return blobtest.UpdateRef(6) }

func wantSound(t *testing.T, root string) {
	t.Helper()
	dir := openDir(t, root)
	labels, err := dir.Labels(t.Context())
	if err != nil || len(labels) < 5 {
		t.Fatalf("%d labels, %v; want 6, of which at most one may be missing", len(labels), err)
	}
	if _, err := dir.Lookup(t.Context(), relabelled()); err != nil {
		t.Fatalf("relabelling lost a label: %v", err)
	}
	labelled := map[string]bool{}
	for _, l := range labels {
		labelled[l.Digest.String()] = true
	}
	for _, name := range files(t, root, "blobs") {
		b, err := os.ReadFile(filepath.Join(root, "blobs", name))
		if err != nil || spec.DigestOf(b).String() != name || !labelled[name] {
			t.Errorf("blob %s: %d bytes, labelled %v, %v", name, len(b), labelled[name], err)
		}
		delete(labelled, name)
		if f, err := dir.OpenVerified(t.Context(), spec.DigestOf(b)); err != nil || f.Close() != nil {
			t.Errorf("blob %s is not verified: %v", name, err)
		}
	}
	if len(labelled) != 0 || len(files(t, root, "drafts")) != 0 {
		t.Errorf("labels without blobs: %v; drafts: %v", labelled, files(t, root, "drafts"))
	}
}

func files(t *testing.T, path ...string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// TestDirTakesLabelBack: when a blob cannot be moved to its place, its label is not kept either.
func TestDirTakesLabelBack(t *testing.T) {
	root := t.TempDir()
	dir := openDir(t, root)
	b := []byte("bytes")
	if err := os.MkdirAll(filepath.Join(root, "blobs", spec.DigestOf(b).String(), "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	draft, err := dir.Draft(t.Context(), spec.Digest{}, 5)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := draft.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := draft.Commit(t.Context(), blobtest.LabelOf(blobtest.UpdateRef(1), b)); err == nil {
		t.Fatal("a blob replaced a folder")
	}
	if err := draft.Close(); err != nil {
		t.Fatal(err)
	}
	labels, err := dir.Labels(t.Context())
	if err != nil || len(labels)+len(files(t, root, "drafts")) != 0 {
		t.Fatalf("left: %v, %v, %v", labels, files(t, root, "drafts"), err)
	}
	if labels, err := openDir(t, root).Labels(t.Context()); err != nil || len(labels) != 0 {
		t.Fatalf("left for the next start: %v, %v", labels, err)
	}
}
