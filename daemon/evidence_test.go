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

// What a chain node hears that contradicts itself is in a file that can be shown, and a liar
// fills no disk with that.
func TestContradictionsAreWrittenDown(t *testing.T) {
	home := t.TempDir()
	var told bytes.Buffer
	log := slog.New(slog.NewTextHandler(&told, nil))
	const most = 256
	for i := range most + 5 {
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
	if err != nil || len(files) != most {
		t.Errorf("%d files, %v: want %d", len(files), err, most)
	}
	if n := strings.Count(told.String(), "a node contradicted itself"); n != most+5 {
		t.Errorf("told %d times, want %d", n, most+5)
	}
}
