package daemon_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/trainer"
)

// TestJournalSurvivesRestart: a journal has the last record of each key after a restart, also
// when the process was killed or the power failed while it wrote.
func TestJournalSurvivesRestart(t *testing.T) {
	home := t.TempDir()
	key := trainer.TrainKey(1, 2)
	first, last := trainer.Trained{Took: time.Second}, trainer.Trained{Took: time.Minute}
	recalls := func(want trainer.Trained, found bool) {
		t.Helper()
		j, err := daemon.OpenJournal(home)
		if err != nil {
			t.Fatal(err)
		}
		var got trainer.Trained
		if ok, err := j.Recall(key, &got); err != nil || ok != found || got != want {
			t.Errorf("recalled %v: %v, %v; want %v, %v", ok, got, err, found, want)
		}
		if took, err := daemon.TrainingTime(home, 1, 2); found && (err != nil || took != want.Took) {
			t.Errorf("training took %v, %v", took, err)
		}
	}
	recalls(trainer.Trained{}, false)
	for _, result := range []trainer.Trained{first, last} {
		j, err := daemon.OpenJournal(home)
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Record(key, result); err != nil {
			t.Fatal(err)
		}
		recalls(result, true)
	}
	file := filepath.Join(home, "journal.jsonl")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b[:len(b)-5], 0o600); err != nil {
		t.Fatal(err)
	}
	recalls(first, true)
	if _, err := daemon.TrainingTime(home, 1, 3); !os.IsNotExist(err) {
		t.Errorf("a round without training: %v", err)
	}
}

// TestForgottenRecordsLeaveTheJournal: a journal that is not pruned grows with each round. Once
// there are enough forgotten records, the file is rewritten without them. The other records keep
// the time at which they were made, also after a restart.
func TestForgottenRecordsLeaveTheJournal(t *testing.T) {
	const rounds = 1000
	for _, pruned := range []bool{false, true} {
		home := t.TempDir()
		j, err := daemon.OpenJournal(home)
		if err != nil {
			t.Fatal(err)
		}
		salt := role.RecordKey("score", 1, 1)
		if err := j.Record(salt, "the salt of a round that runs"); err != nil {
			t.Fatal(err)
		}
		at, err := daemon.Recorded(home, salt)
		if err != nil {
			t.Fatal(err)
		}
		maxLines := 0
		for n := range uint64(rounds) {
			if err := j.Record(role.RecordKey("train", 2, n), n); err != nil {
				t.Fatal(err)
			}
			if pruned {
				if err := j.Forget(role.RecordKey("train", 2, n-1)); err != nil {
					t.Fatal(err)
				}
			}
			b, err := os.ReadFile(filepath.Join(home, "journal.jsonl"))
			if err != nil {
				t.Fatal(err)
			}
			maxLines = max(maxLines, bytes.Count(b, []byte("\n")))
		}
		if pruned != (maxLines < 110) {
			t.Errorf("pruned %v: the journal had up to %d lines, of which 110 are the limit when it is pruned", pruned, maxLines)
		}
		if j, err = daemon.OpenJournal(home); err != nil {
			t.Fatal(err)
		}
		var got string
		again, err := daemon.Recorded(home, salt)
		if found, err2 := j.Recall(salt, &got); !found || got != "the salt of a round that runs" || err != nil || err2 != nil || !again.Equal(at) {
			t.Errorf("pruned %v: the salt is %q, of %s, %v, %v", pruned, got, again, err, err2)
		}
	}
}

// TestJournalSurvivesKill kills a process with SIGKILL while it records and forgets, so that it
// rewrites its journal all the time. Each salt that it has reported as recorded, and not
// forgotten, must be in the journal.
func TestJournalSurvivesKill(t *testing.T) {
	if home := os.Getenv("JOURNAL_KILL_HOME"); home != "" {
		j, err := daemon.OpenJournal(home)
		if err != nil {
			t.Fatal(err)
		}
		for n := uint64(1); ; n++ {
			if err := j.Record(role.RecordKey("train", 1, n), n); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(os.Stdout, "%8d", n) // recorded: the node may commit now
			for _, key := range j.Keys() {
				if key != role.RecordKey("train", 1, n) && !strings.HasPrefix(key, "kept-") {
					if err := j.Forget(key); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
	home := t.TempDir()
	j, err := daemon.OpenJournal(home)
	if err != nil {
		t.Fatal(err)
	}
	for n := range uint64(300) { // so that a rewrite takes a while
		if err := j.Record(role.RecordKey("kept", 1, n), n); err != nil {
			t.Fatal(err)
		}
	}
	for run := range 8 {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestJournalSurvivesKill$")
		child.Env = append(os.Environ(), "JOURNAL_KILL_HOME="+home)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		reported := make([]byte, 8)
		for range 720 + 7*run {
			if _, err := io.ReadFull(out, reported); err != nil {
				t.Fatal(err)
			}
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		rest, err := io.ReadAll(out)
		if err != nil {
			t.Fatal(err)
		}
		_ = child.Wait() // it was killed
		if complete := len(rest) / 8 * 8; complete > 0 {
			reported = rest[complete-8 : complete]
		}
		j, err := daemon.OpenJournal(home)
		if err != nil {
			t.Fatal(err)
		}
		last, err := strconv.ParseUint(strings.TrimSpace(string(reported)), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		var salt uint64
		if found, err := j.Recall(role.RecordKey("train", 1, last), &salt); !found || err != nil {
			t.Errorf("salt %d is lost: %v", last, err)
		}
		for n := range uint64(300) {
			if found, err := j.Recall(role.RecordKey("kept", 1, n), &salt); !found || err != nil || salt != n {
				t.Fatalf("the kept salt %d is %d: %v, %v", n, salt, found, err)
			}
		}
		if left, err := filepath.Glob(filepath.Join(home, "*.new*")); err != nil || len(left) != 0 {
			t.Errorf("temporary files are left: %v, %v", left, err)
		}
	}
}
