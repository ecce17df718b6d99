package daemon_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/spec"
)

// TestDiskOfANode: the report on a home folder names the use of every file. It works while the
// store is open, and changes nothing.
func TestDiskOfANode(t *testing.T) {
	home := t.TempDir()
	config := daemon.NodeConfig{
		Chain: "c-1", Name: "n", Roles: spec.Aggregator | spec.Trainer, RPC: []string{"http://127.0.0.1:1"}, Listen: "127.0.0.1:1",
		Data: daemon.Rows{Name: "rows", File: "rows", Classes: 2}, Disk: blob.Quota{All: spec.GiB},
	}
	if err := daemon.SaveNode(home, config); err != nil {
		t.Fatal(err)
	}
	dir, err := blob.OpenDir(filepath.Join(home, "blobs"))
	if err != nil {
		t.Fatal(err)
	}
	put := func(chain string, kind blob.Kind, task uint64, b string) {
		t.Helper()
		l := blob.Label{
			Ref:   blob.Ref{Kind: kind, Slot: spec.Slot{Chain: chain, Task: task, Round: 1}},
			Entry: blob.Entry{Digest: spec.DigestOf([]byte(b)), Size: int64(len(b))},
		}
		if kind == blob.Update {
			l.Slot.Node = 3
		}
		if err := role.PutBlob(t.Context(), dir, []byte(b), l); err != nil {
			t.Fatal(err)
		}
	}
	write := func(name string, size int) {
		t.Helper()
		path := filepath.Join(home, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("c-1", blob.Model, 1, strings.Repeat("m", 70_000))
	put("c-1", blob.Update, 1, strings.Repeat("u", 30_000))
	put("c-1", blob.State, 2, strings.Repeat("s", 50_000))
	put("c-0", blob.Model, 2, strings.Repeat("o", 40_000))
	if _, _, err := blob.Put(t.Context(), dir, strings.NewReader(strings.Repeat("f", 20_000)), 20_000); err != nil {
		t.Fatal(err)
	}
	draft, err := dir.Draft(t.Context(), spec.DigestOf([]byte("d")), 10_000)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := draft.Write(make([]byte, 10_000)); err != nil {
		t.Fatal(err)
	}
	defer draft.Close()
	write("rows/train", 15_000)
	write("journal.jsonl", 9_000)
	write("mirror.jsonl", 5_000)
	write("mirror.key", 100)
	write("mirror.signing.key", 100)
	write("mirror.lock", 0)
	write("blobs/blobs/notes", 4_000)
	write("notes", 4_000)

	d, err := daemon.DiskOf(home)
	if err != nil {
		t.Fatal(err)
	}
	var all int64
	got := []daemon.Use{}
	for _, u := range d.Uses {
		all += u.Bytes
		if u.What != daemon.UseIndex && u.What != daemon.UseSettings { // their sizes differ from run to run
			got = append(got, u)
		}
	}
	want := []daemon.Use{
		{What: daemon.UseTask, Chain: "c-1", Task: 1, Bytes: 100_000, Files: 2, Models: 70_000, Updates: 30_000},
		{What: daemon.UseTask, Chain: "c-1", Task: 2, Bytes: 50_000, Files: 1, States: 50_000},
		{What: daemon.UseTask, Chain: "c-0", Task: 2, Bytes: 40_000, Files: 1, Models: 40_000},
		{What: daemon.UseFetched, Bytes: 20_000, Files: 1},
		{What: daemon.UseRows, Bytes: 15_000, Files: 1},
		{What: daemon.UseDrafts, Bytes: 10_000, Files: 1},
		{What: daemon.UseJournal, Bytes: 9_000, Files: 1},
		{What: daemon.UseUnknown, Bytes: 8_000, Files: 2, Names: []string{"blobs/blobs/notes", "notes"}},
		{What: daemon.UseMirror, Bytes: 5_000, Files: 1},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(d.Uses) != len(want)+2 || d.Bytes != all || d.Quota != int64(spec.GiB) || d.Task != int64(spec.GiB)/4 || d.Free == 0 {
		t.Errorf("%+v", d)
	}
	if _, err := daemon.DiskOf(t.TempDir()); err == nil || !strings.Contains(err.Error(), "is no home folder") {
		t.Errorf("an empty folder: %v", err)
	}
}

// TestDiskQuota: the quota for blobs covers the storage that the node offers; settings that
// contradict each other are refused.
func TestDiskQuota(t *testing.T) {
	config := daemon.NodeConfig{Chain: "c", Name: "n", Roles: spec.Consumer, RPC: []string{"http://127.0.0.1:1"}}
	for name, c := range map[string]struct {
		disk    blob.Quota
		storage uint32
		want    string
	}{
		"no setting":                {blob.Quota{}, 0, ""},
		"much storage":              {blob.Quota{}, 1 << 20, ""},
		"a large task":              {blob.Quota{Task: 100 * spec.GiB}, 0, ""},
		"both":                      {blob.Quota{All: spec.GiB, Task: spec.GiB}, 1024, ""},
		"a task gets more than all": {blob.Quota{All: spec.GiB, Task: 2 * spec.GiB}, 0, `disk.all "1GiB": want no less than disk.task, which is "2GiB"`},
		"promises more than it has": {blob.Quota{All: spec.GiB}, 1025, `disk.all "1GiB": want no less than resources.storage, which is 1025 MiB`},
	} {
		config.Disk, config.Resources.Storage = c.disk, c.storage
		if err := config.Validate(); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// TestTemporaryFilesAreRemoved: a file that a killed process has not finished is removed at the
// next start.
func TestTemporaryFilesAreRemoved(t *testing.T) {
	local := smallest(t, "killed-1")
	home := local.Home("trainer")
	half := filepath.Join(home, ".new-12345")
	if err := os.WriteFile(half, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	starts(t, local.Home(local.Validator(0)))
	starts(t, home)
	awaits(t, local, 1)
	if _, err := os.Stat(half); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", half, err)
	}
}
