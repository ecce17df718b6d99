package daemon

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/althing-network/althing/logbook"
	"github.com/althing-network/althing/role/trainer"
)

// journal is a [role.Journal] in a logbook in a node's home folder. Each result is synced
// before Record returns: it may hold the salt of a commitment that is sent next.
type journal struct {
	writing sync.RWMutex // write-locked while the book is rewritten
	book    *logbook.Book

	mu      sync.Mutex
	results map[string]entry
	lines   int // in the book, including outdated ones
}

// entry is a record of a journal. A later entry replaces an earlier one with the same key.
type entry struct {
	Key    string          `json:"key"`
	At     time.Time       `json:"at"` // for people who read the file
	Result json.RawMessage `json:"result"`
}

// maxStale is how many lines beyond two per result the book may have before it is
// rewritten.
const maxStale = 100

// openJournal opens the journal of a home folder.
func openJournal(home string) (*journal, error) {
	j := &journal{results: map[string]entry{}}
	book, err := logbook.Open(filepath.Join(home, journalFile), j.read)
	j.book = book
	return j, err
}

func (j *journal) read(record []byte) error {
	var e entry
	if err := json.Unmarshal(record, &e); err != nil {
		return err
	}
	j.results[e.Key] = e
	j.lines++
	return nil
}

// Recall implements role.Journal.
func (j *journal) Recall(key string, into any) (bool, error) {
	j.mu.Lock()
	e, found := j.results[key]
	j.mu.Unlock()
	if !found {
		return false, nil
	}
	if err := json.Unmarshal(e.Result, into); err != nil {
		return false, fmt.Errorf("journal %s: %w", key, err)
	}
	return true, nil
}

// Record implements role.Journal.
func (j *journal) Record(key string, result any) error {
	b, err := json.Marshal(result)
	if err != nil {
		return err
	}
	j.writing.RLock()
	defer j.writing.RUnlock()
	e := entry{key, time.Now().UTC(), b}
	if err := j.book.Write(e); err != nil {
		return err
	}
	if err := j.book.Sync(); err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.results[key] = e
	j.lines++
	return nil
}

// Keys implements role.Journal.
func (j *journal) Keys() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	keys := make([]string, 0, len(j.results))
	for key := range j.results {
		keys = append(keys, key)
	}
	return keys
}

// Forget implements role.Journal. Lines of dropped results stay in the file until there are
// many; a restart reads them again, and they are dropped again.
func (j *journal) Forget(keys ...string) error {
	j.writing.Lock()
	defer j.writing.Unlock()
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, key := range keys {
		delete(j.results, key)
	}
	if j.lines <= maxStale+2*len(j.results) {
		return nil
	}
	records := make([]any, 0, len(j.results))
	for _, e := range j.results {
		records = append(records, e)
	}
	if err := j.book.Replace(records...); err != nil {
		return err
	}
	j.lines = len(records)
	return nil
}

// Recorded is when a node recorded the result under a key in its journal.
func Recorded(home, key string) (time.Time, error) {
	j := &journal{results: map[string]entry{}}
	if err := logbook.Read(filepath.Join(home, journalFile), j.read); err != nil {
		return time.Time{}, err
	}
	e, found := j.results[key]
	if !found {
		return time.Time{}, os.ErrNotExist
	}
	return e.At, nil
}

// TrainingTime is how long a node trained in a round, according to its journal.
func TrainingTime(home string, task, round uint64) (time.Duration, error) {
	j := &journal{results: map[string]entry{}}
	if err := logbook.Read(filepath.Join(home, journalFile), j.read); err != nil {
		return 0, err
	}
	var t trainer.Trained
	found, err := j.Recall(trainer.TrainKey(task, round), &t)
	if err == nil && !found {
		err = os.ErrNotExist
	}
	return t.Took, err
}
