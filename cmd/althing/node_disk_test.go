package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/spec"
)

// The disk of a home folder is shown in lines that a terminal has room for.
func TestDiskIsShown(t *testing.T) {
	d := daemon.Disk{
		Home: "net/aggregator-1", Chain: "c-1", Bytes: 1 << 31, Quota: int64(32 * spec.GiB), Task: int64(8 * spec.GiB), Free: 1 << 35,
		Uses: []daemon.Use{
			{What: daemon.UseTask, Chain: "c-1", Task: 123, Bytes: 1 << 30, Files: 4000, Models: 1 << 28, Updates: 1 << 29, States: 1 << 28},
			{What: daemon.UseTask, Chain: "c-0", Task: 1, Bytes: 1 << 20, Files: 1, Models: 1 << 20},
			{What: daemon.UseUnknown, Bytes: 10, Files: 3, Names: []string{"a", "b", "c"}},
			{What: daemon.UseSettings, Bytes: 700, Files: 5},
		},
	}
	var out bytes.Buffer
	if err := (&session{out: &out}).show(homeDisk{d}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"task 123           1.0 GiB  4000   models 256.0 MiB, updates 512.0 MiB, states 256.0 MiB\n",
		"task 1 of c-0      1.0 MiB  1      models 1.0 MiB\n",
		"unknown files      10 B     3      a, b, 1 more\n",
		"keys and settings  700 B    5      -\n",
		"quota of blobs           32.0 GiB, of one task 8.0 GiB\n",
		"free on the file system  32.0 GiB\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("want %q in\n%s", want, out.String())
		}
	}
	out.Reset()
	if err := (&session{out: &out, json: true}).show(homeDisk{d}); err != nil || !strings.Contains(out.String(), `"quota_bytes":34359738368,"task_quota_bytes":8589934592,"free_bytes":34359738368,"uses":[{"what":"task","chain":"c-1","task":123,`) {
		t.Errorf("%v, %s", err, out.String())
	}
}
