package blob_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/blob/blobtest"
	"github.com/althing-network/althing/spec"
)

// onDisk returns the size of all files in a folder.
func onDisk(t *testing.T, root string) (size spec.Size) {
	t.Helper()
	if err := filepath.WalkDir(root, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		size += spec.Size(info.Size())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return size
}

// slot returns the reference of a node's update.
func slot(task, round, node uint64) blob.Ref {
	return blob.Ref{Kind: blob.Update, Slot: spec.Slot{Chain: chain, Task: task, Round: round, Node: node}}
}

// keep stores an update.
func keep(ctx context.Context, s blob.Store, r blob.Ref, b []byte) error {
	draft, err := s.For(r.Slot.Task).Draft(ctx, spec.Digest{}, int64(len(b)))
	if err != nil {
		return err
	}
	defer draft.Close()
	if _, err := draft.Write(b); err != nil {
		return err
	}
	return draft.Commit(ctx, blobtest.LabelOf(r, b))
}

// TestAttackOneTaskFillsTheDisk: the updates of one task fill the disk. With a quota per task there
// is room for the updates of other tasks.
func TestAttackOneTaskFillsTheDisk(t *testing.T) {
	for name, quota := range map[string]blob.Quota{"no quota": {}, "quota": {All: 64 * spec.KiB, Task: 24 * spec.KiB}} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			dir := openDir(t, root)
			dir.Limit(quota)
			var full error
			taken := 0
			for node := range uint64(40) {
				err := keep(t.Context(), dir, slot(1, 1, node+1), blobtest.Bytes(byte(node), int(4*spec.KiB)))
				if err == nil {
					taken++
				} else if !errors.Is(err, blob.ErrFull) {
					t.Fatal(err)
				}
				full = err
			}
			other := keep(t.Context(), dir, slot(2, 1, 1), blobtest.Bytes(41, int(4*spec.KiB)))
			if quota == (blob.Quota{}) {
				if taken != 40 || full != nil || other != nil || dir.Fill(1) != 0 || dir.Fullest() != 0 {
					t.Errorf("%d updates, %v, %v", taken, full, other)
				}
				return
			}
			if taken != 4 || other != nil || dir.Used(1) > quota.Task || onDisk(t, root) > quota.All {
				t.Errorf("%d updates of task 1 in %s, that of task 2: %v", taken, dir.Used(1), other)
			}
			if want := "disk quota is used up: task 1 has 22.0 KiB of 24.0 KiB and needs 5.5 KiB more"; full == nil || full.Error() != want {
				t.Errorf("got %v, want %s", full, want)
			}
			if one, two, all := dir.Fill(1), dir.Fill(2), dir.Fill(0); one != 916_666 || two != 229_166 || all != 429_687 || dir.Fullest() != one {
				t.Errorf("task 1 fills %s, task 2 %s, both %s, the most is %s", one, two, all, dir.Fullest())
			}
		})
	}
}

// TestAttackUploadsSideBySide: many uploads start at the same time; each of them fits, all together
// do not. So the announced size of an upload is reserved before its first byte.
func TestAttackUploadsSideBySide(t *testing.T) {
	const size, many = 1 << 20, 20
	for name, c := range map[string]struct {
		quota blob.Quota
		begun int
	}{"no quota": {blob.Quota{}, many}, "quota": {blob.Quota{All: 10 * spec.MiB}, 9}} {
		t.Run(name, func(t *testing.T) {
			dir := openDir(t, t.TempDir())
			dir.Limit(c.quota)
			begun := 0
			for range many {
				draft, err := dir.For(1).Draft(t.Context(), spec.Digest{}, size)
				if err == nil {
					begun++
					defer draft.Close()
				} else if !errors.Is(err, blob.ErrFull) {
					t.Fatal(err)
				}
			}
			if begun != c.begun {
				t.Errorf("%d of %d uploads were accepted, want %d", begun, many, c.begun)
			}
		})
	}
}

// TestAttackUploadToAFullNode: an upload to a node whose disk is full is refused before its first
// byte. It may be repeated when there is room.
func TestAttackUploadToAFullNode(t *testing.T) {
	b, ref := blobtest.Bytes(1, 2*blob.ChunkSize), blobtest.UpdateRef(trainer)
	entry, _ := opening(ref, b)
	for name, quota := range map[string]blob.Quota{"no quota": {}, "quota": {All: 700 * spec.KiB}} {
		t.Run(name, func(t *testing.T) {
			dir := openDir(t, t.TempDir())
			dir.Limit(quota)
			if err := keep(t.Context(), dir, slot(2, 1, 1), blobtest.Bytes(2, blob.ChunkSize)); err != nil {
				t.Fatal(err)
			}
			peer := serve(t, server, dir, nil)
			put := func() (sent int, err error) {
				body := bytes.NewReader(b)
				_, err = clientOf(trainer).PutUpdate(t.Context(), peer, ref, entry, func() (io.ReadCloser, error) { return io.NopCloser(body), nil })
				return len(b) - body.Len(), err
			}
			sent, err := put()
			if quota == (blob.Quota{}) {
				if err != nil || sent != len(b) {
					t.Errorf("%d bytes, %v", sent, err)
				}
				return
			}
			if !errors.Is(err, blob.ErrFull) || !strings.Contains(err.Error(), "the store has 257.5 KiB of 700.0 KiB") || sent != 0 {
				t.Errorf("%d bytes, %v", sent, err)
			}
			if err := dir.Forget(t.Context(), slot(2, 1, 1)); err != nil {
				t.Fatal(err)
			}
			if sent, err := put(); err != nil || sent != len(b) {
				t.Errorf("when there is room: %d bytes, %v", sent, err)
			}
		})
	}
}

// TestFetchIntoAFullStore: a node without disk space does not download a blob.
func TestFetchIntoAFullStore(t *testing.T) {
	b := blobtest.Bytes(1, 2*blob.ChunkSize)
	asked := 0
	held := holding(t, b, blobtest.ModelRef(1))
	counting := spoiled(func(w http.ResponseWriter, _ *http.Request) http.ResponseWriter { asked++; return w })
	peers := []blob.Peer{serve(t, server, held, counting), serve(t, otherServer, held, counting)}
	dir := openDir(t, t.TempDir())
	dir.Limit(blob.Quota{All: spec.MiB, Task: 300 * spec.KiB})
	if _, err := clientOf(0).FetchModel(t.Context(), peers, spec.DigestOf(b), most, dir.For(1)); !errors.Is(err, blob.ErrFull) || asked != 0 || dir.Used(0) != 0 {
		t.Errorf("%v after %d requests; %s in use", err, asked, dir.Used(0))
	}
	if _, err := clientOf(0).FetchModel(t.Context(), peers, spec.DigestOf(b), most, dir); err != nil || asked != 1 {
		t.Errorf("for no task: %v after %d requests", err, asked)
	}
}

// TestAttackDraftsOfBrokenDownloads: a peer breaks off a download, so that a partial blob stays
// that nobody will request again, also after a restart. The second sweep deletes it, unless
// somebody continues the download.
func TestAttackDraftsOfBrokenDownloads(t *testing.T) {
	for name, open := range map[string]func(*testing.T, string) blob.Store{
		"folder": func(t *testing.T, root string) blob.Store { return openDir(t, root) },
		"memory": func(*testing.T, string) blob.Store { return blob.NewMemory() },
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			s := open(t, root)
			begin := func(seed byte) *blob.Draft {
				t.Helper()
				draft, err := s.For(1).Draft(t.Context(), spec.DigestOf(blobtest.Bytes(seed, 1000)), 1000)
				if err != nil {
					t.Fatal(err)
				}
				return draft
			}
			breaksOff := func(seed byte) {
				t.Helper()
				draft := begin(seed)
				if _, err := draft.Write(blobtest.Bytes(seed, 1000)[draft.Size() : draft.Size()+100]); err != nil {
					t.Fatal(err)
				}
				if err := draft.Close(); err != nil {
					t.Fatal(err)
				}
			}
			sweep := func(want int) {
				t.Helper()
				if dropped, err := s.SweepDrafts(t.Context()); err != nil || dropped != want {
					t.Fatalf("%d drafts were dropped, %v; want %d", dropped, err, want)
				}
			}
			for seed := range byte(20) {
				breaksOff(seed)
			}
			if dir, ok := s.(*blob.Dir); ok { // nobody sweeps: all stays
				if s = open(t, root); len(files(t, root, "drafts")) != 20 || dir.Used(1) != 2000 {
					t.Fatalf("%d drafts of %s", len(files(t, root, "drafts")), dir.Used(1))
				}
			}
			sweep(0)
			breaksOff(0)
			running := begin(1)
			sweep(18)
			if running.Size() != 100 {
				t.Errorf("a draft that is open has %d bytes", running.Size())
			}
			if err := running.Close(); err != nil {
				t.Fatal(err)
			}
			breaksOff(0) // goes on
			sweep(0)
			if again := begin(0); again.Size() != 300 {
				t.Errorf("the download continues at byte %d, want 300", again.Size())
			} else if err := again.Close(); err != nil {
				t.Fatal(err)
			}
			sweep(1)
			sweep(1)
			if dir, ok := s.(*blob.Dir); ok && (dir.Used(0) != 0 || onDisk(t, root) != 0) {
				t.Errorf("%s are counted, %s are on the disk", dir.Used(0), onDisk(t, root))
			}
		})
	}
}

// TestDirLeavesOtherFilesAlone: files with names that the store does not use are counted and kept.
func TestDirLeavesOtherFilesAlone(t *testing.T) {
	root := t.TempDir()
	openDir(t, root)
	for _, path := range []string{"blobs/notes.txt", "drafts/notes.txt", "verified/notes.txt"} {
		replace(t, filepath.Join(root, path), make([]byte, 100))
	}
	dir := openDir(t, root)
	if _, err := dir.SweepDrafts(t.Context()); err != nil {
		t.Fatal(err)
	}
	if used, there := dir.Used(0), onDisk(t, root); used != 300 || there != 300 {
		t.Errorf("%s are counted, %s are on the disk", used, there)
	}
}

// TestQuotaIsWhatIsOnDisk: after random steps, restarts and kills, a folder takes no more bytes
// than its quota, and the count is right: the exact bytes of blobs and drafts, and for each label
// and each blob a fixed number of bytes that is at least what it takes. Lines of forgotten labels
// do not count.
func TestQuotaIsWhatIsOnDisk(t *testing.T) {
	quota := blob.Quota{All: 24 * spec.KiB, Task: 12 * spec.KiB}
	rapid.Check(t, func(rt *rapid.T) {
		root, ctx := t.TempDir(), t.Context()
		open := func() *blob.Dir {
			dir := openDir(t, root)
			dir.Limit(quota)
			return dir
		}
		dir := open()
		var drafts []*blob.Draft
		may := func(err error) {
			rt.Helper()
			for _, e := range []error{nil, blob.ErrFull, blob.ErrConflict, blob.ErrNotFound, blob.ErrMismatch, blob.ErrLabelled} {
				if errors.Is(err, e) {
					return
				}
			}
			rt.Fatal(err)
		}
		ref := rapid.Custom(func(rt *rapid.T) blob.Ref {
			return slot(rapid.Uint64Range(1, 3).Draw(rt, "task"), 1, rapid.Uint64Range(1, 4).Draw(rt, "node"))
		})
		content := rapid.Custom(func(rt *rapid.T) []byte {
			return blobtest.Bytes(rapid.Byte().Draw(rt, "seed")%6, rapid.SampledFrom([]int{0, 1, 700, 3000, 9000}).Draw(rt, "size"))
		})
		idle := func() { // drafts that are open take the room they may need
			for _, d := range drafts {
				may(d.Close())
			}
			drafts = nil
		}
		rt.Repeat(map[string]func(*rapid.T){
			"keep": func(rt *rapid.T) { may(keep(ctx, dir, ref.Draw(rt, "ref"), content.Draw(rt, "bytes"))) },
			"fetch": func(rt *rapid.T) {
				b := content.Draw(rt, "bytes")
				_, err := blob.PutAs(ctx, dir.For(rapid.Uint64Range(0, 3).Draw(rt, "task")), spec.DigestOf(b), bytes.NewReader(b), int64(len(b)))
				may(err)
			},
			"begin": func(rt *rapid.T) {
				b := content.Draw(rt, "bytes")
				for _, d := range drafts {
					if d.Digest() == spec.DigestOf(b) {
						return
					}
				}
				if len(drafts) > 0 {
					return
				}
				draft, err := dir.For(rapid.Uint64Range(0, 3).Draw(rt, "task")).Draft(ctx, spec.DigestOf(b), int64(len(b)))
				may(err)
				if err == nil {
					if draft.Size() == 0 {
						_, err = draft.Write(b[:len(b)/2])
						may(err)
					}
					drafts = append(drafts, draft)
				}
			},
			"close": func(*rapid.T) { idle() },
			"sweep": func(*rapid.T) { _, err := dir.SweepDrafts(ctx); may(err) },
			"label": func(rt *rapid.T) {
				may(dir.Label(ctx, blobtest.LabelOf(ref.Draw(rt, "ref"), content.Draw(rt, "bytes"))))
			},
			"forget": func(rt *rapid.T) { may(dir.Forget(ctx, ref.Draw(rt, "ref"))) },
			"delete": func(rt *rapid.T) { may(dir.Delete(ctx, spec.DigestOf(content.Draw(rt, "bytes")))) },
			"rot": func(rt *rapid.T) {
				path := filepath.Join(root, "blobs", spec.DigestOf(content.Draw(rt, "bytes")).String())
				if _, err := os.Stat(path); err == nil {
					may(os.WriteFile(path, []byte("rotten"), 0o600))
					idle()
					dir = open()
				}
			},
			"restart": func(*rapid.T) {
				idle()
				dir = open()
			},
			"kill": func(*rapid.T) { // drafts are never closed
				drafts = nil
				dir = open()
			},
			"": func(rt *rapid.T) {
				lines, err := os.ReadFile(filepath.Join(root, "labels.jsonl"))
				may(err)
				gone, live := spec.Size(len(lines)), map[blob.Ref]bool{}
				for line := range bytes.Lines(lines) {
					var c struct{ Label blob.Label }
					if json.Unmarshal(line, &c) != nil || live[c.Label.Ref] {
						continue
					}
					if e, err := dir.Lookup(ctx, c.Label.Ref); err == nil && e == c.Label.Entry {
						gone -= spec.Size(len(line))
						live[c.Label.Ref] = true
					}
				}
				held, used := onDisk(t, root)-gone, dir.Used(0)
				if held > used || used > quota.All {
					rt.Fatalf("%d bytes are on the disk, %d are counted, the quota is %d", held, used, quota.All)
				}
				for task := range uint64(4) {
					if task > 0 && dir.Used(task) > quota.Task {
						rt.Fatalf("task %d has %d bytes", task, dir.Used(task))
					}
				}
				if len(drafts) > 0 {
					return
				}
				names, err := dir.List(ctx)
				may(err)
				labels, err := dir.Labels(ctx)
				may(err)
				exact := onDisk(t, filepath.Join(root, "blobs")) + onDisk(t, filepath.Join(root, "drafts"))
				if want := exact + 512*spec.Size(len(names)) + 1024*spec.Size(len(labels)); used != want {
					rt.Fatalf("%d bytes are counted, want %d", used, want)
				}
			},
		})
	})
}
