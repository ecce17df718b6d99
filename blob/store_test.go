package blob_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/blob/blobtest"
	"github.com/althing-network/althing/spec"
)

func TestMemory(t *testing.T) { blobtest.Run(t, inMemory) }

func TestDir(t *testing.T) { blobtest.Run(t, inDir) }

func inMemory(*testing.T) blob.Store { return blob.NewMemory() }

func inDir(t *testing.T) blob.Store { return openDir(t, t.TempDir()) }

func openDir(t *testing.T, root string) *blob.Dir {
	t.Helper()
	d, err := blob.OpenDir(root)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestDirIsMemory runs the same random steps on both stores; in between the folder is opened
// again. Both must give the same results.
func TestDirIsMemory(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		root := t.TempDir()
		dir, memory := openDir(t, root), blob.NewMemory()
		same := func(a, b error) {
			for _, e := range []error{blob.ErrNotFound, blob.ErrConflict, blob.ErrLabelled, blob.ErrMismatch} {
				if errors.Is(a, e) != errors.Is(b, e) || (a == nil) != (b == nil) {
					rt.Fatalf("folder says %v, memory says %v", a, b)
				}
			}
		}
		content := rapid.Map(rapid.IntRange(0, 3), func(i int) []byte { return blobtest.Bytes(byte(i), i) })
		ref := rapid.Map(rapid.Uint64Range(1, 3), blobtest.UpdateRef)
		ctx := t.Context()
		rt.Repeat(map[string]func(*rapid.T){
			"put": func(rt *rapid.T) {
				b := content.Draw(rt, "bytes")
				_, _, err := blob.Put(ctx, dir, bytes.NewReader(b), 9)
				_, _, err2 := blob.Put(ctx, memory, bytes.NewReader(b), 9)
				same(err, err2)
			},
			"label": func(rt *rapid.T) {
				l := blobtest.LabelOf(ref.Draw(rt, "ref"), content.Draw(rt, "bytes"))
				same(dir.Label(ctx, l), memory.Label(ctx, l))
			},
			"relabel": func(rt *rapid.T) {
				l := blobtest.LabelOf(ref.Draw(rt, "ref"), content.Draw(rt, "bytes"))
				l.Salt[0] = rapid.Byte().Draw(rt, "salt")
				same(dir.Relabel(ctx, l), memory.Relabel(ctx, l))
			},
			"delete": func(rt *rapid.T) {
				d := spec.DigestOf(content.Draw(rt, "bytes"))
				same(dir.Delete(ctx, d), memory.Delete(ctx, d))
			},
			"forget": func(rt *rapid.T) {
				r := ref.Draw(rt, "ref")
				same(dir.Forget(ctx, r), memory.Forget(ctx, r))
			},
			"reopen": func(*rapid.T) { dir = openDir(t, root) },
			"": func(rt *rapid.T) {
				names, err := dir.List(ctx)
				names2, err2 := memory.List(ctx)
				same(err, err2)
				labels, err := dir.Labels(ctx)
				labels2, err2 := memory.Labels(ctx)
				same(err, err2)
				if diff := cmp.Diff(names2, names) + cmp.Diff(labels2, labels); diff != "" {
					rt.Fatal(diff)
				}
			},
		})
	})
}
