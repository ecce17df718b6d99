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

// A journal has what was recorded last under each key, over restarts, also when the
// process was killed, or the power went, while it wrote.
func TestJournalOutlastsItsProcess(t *testing.T) {
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

// TestAttackEndlessJournal: a journal that nobody prunes grows with each round. What is
// forgotten is written out of it once there is enough, and what is not is there, with
// the moment at which it was recorded, also after a restart.
func TestAttackEndlessJournal(t *testing.T) {
	const rounds = 1000
	for _, pruned := range []bool{false, true} {
		home := t.TempDir()
		j, err := daemon.OpenJournal(home)
		if err != nil {
			t.Fatal(err)
		}
		salt := role.RecordKey("score", 1, 1)
		if err := j.Record(salt, "the salt of a round that goes on"); err != nil {
			t.Fatal(err)
		}
		at, err := daemon.Recorded(home, salt)
		if err != nil {
			t.Fatal(err)
		}
		most := 0
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
			most = max(most, bytes.Count(b, []byte("\n")))
		}
		if pruned != (most < 110) {
			t.Errorf("pruned %v: %d lines", pruned, most)
		}
		if j, err = daemon.OpenJournal(home); err != nil {
			t.Fatal(err)
		}
		var got string
		again, err := daemon.Recorded(home, salt)
		if found, err2 := j.Recall(salt, &got); !found || got != "the salt of a round that goes on" || err != nil || err2 != nil || !again.Equal(at) {
			t.Errorf("pruned %v: the salt is %q, of %s, %v, %v", pruned, got, again, err, err2)
		}
	}
}

// TestJournalSurvivesKill kills a process with SIGKILL while it records and forgets, and
// writes its journal anew all the time: each salt that it was told is recorded, and has
// not forgotten, is there.
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
			fmt.Fprintf(os.Stdout, "%8d", n) // it may commit now
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
		said := make([]byte, 8)
		for range 720 + 7*run {
			if _, err := io.ReadFull(out, said); err != nil {
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
		if whole := len(rest) / 8 * 8; whole > 0 {
			said = rest[whole-8 : whole]
		}
		j, err := daemon.OpenJournal(home)
		if err != nil {
			t.Fatal(err)
		}
		last, err := strconv.ParseUint(strings.TrimSpace(string(said)), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		var salt uint64
		if found, err := j.Recall(role.RecordKey("train", 1, last), &salt); !found || err != nil {
			t.Errorf("salt %d is lost: %v", last, err)
		}
		for n := range uint64(300) {
			if found, err := j.Recall(role.RecordKey("kept", 1, n), &salt); !found || err != nil || salt != n {
				t.Fatalf("salt %d of a round that goes on is %d: %v, %v", n, salt, found, err)
			}
		}
		if left, err := filepath.Glob(filepath.Join(home, "*.new*")); err != nil || len(left) != 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	}
}
