package daemon

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/althing-network/althing/role/trainer"
)

// journal is a folder with a file a result; it implements role.Journal.
type journal struct{ folder string }

// Recall implements role.Journal.
func (j journal) Recall(key string, into any) (bool, error) {
	b, err := os.ReadFile(filepath.Join(j.folder, key+".json"))
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := json.Unmarshal(b, into); err != nil {
		return false, fmt.Errorf("journal %s: %w", key, err)
	}
	return true, nil
}

// Record implements role.Journal.
func (j journal) Record(key string, result any) error {
	b, err := json.Marshal(result)
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(j.folder, key+".json"), b)
}

// TrainingTime is how long a node's Trainer took in a round, as its journal says.
func TrainingTime(home string, task, round uint64) (time.Duration, error) {
	var t trainer.Trained
	found, err := journal{filepath.Join(home, journalFolder)}.Recall(trainer.TrainKey(task, round), &t)
	if err == nil && !found {
		err = os.ErrNotExist
	}
	return t.Took, err
}
