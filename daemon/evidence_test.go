package daemon_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
)

// TestContradictionsAreWrittenDown: a chain node writes statements that contradict each other into
// files, which can be used as evidence. The number of files is limited, so that a liar cannot
// fill the disk.
func TestContradictionsAreWrittenDown(t *testing.T) {
	home := t.TempDir()
	var logged bytes.Buffer
	log := slog.New(slog.NewTextHandler(&logged, nil))
	const maxFiles = 256
	for i := range maxFiles + 5 {
		daemon.NoteContradiction(log, home, chain.Contradiction{Owner: "ann", Task: 7, First: fmt.Append(nil, i), Second: []byte("two")})
	}
	file, err := os.Open(filepath.Join(home, daemon.EvidenceDir, "task-7-1.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	want := client.Evidence{Task: 7, Answers: &client.Answers{First: []byte("0"), Second: []byte("two")}}
	got, err := client.ReadEvidence(file)
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
	files, err := os.ReadDir(filepath.Join(home, daemon.EvidenceDir))
	if err != nil || len(files) != maxFiles {
		t.Errorf("%d files, %v: want %d", len(files), err, maxFiles)
	}
	if n := strings.Count(logged.String(), "a node contradicted itself"); n != maxFiles+5 {
		t.Errorf("logged %d times, want %d", n, maxFiles+5)
	}
}
