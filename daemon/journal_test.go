package daemon_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/althing-network/althing/daemon"
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
