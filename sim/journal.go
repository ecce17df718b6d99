package sim

import (
	"encoding/json"
	"maps"
	"slices"
	"sync"

	"github.com/althing-network/althing/role"
)

// Journal is a [role.Journal] in memory. Results are kept as JSON, as they are on a
// disk. Its zero value is empty and ready to use.
type Journal struct {
	mu      sync.Mutex
	results map[string][]byte
}

var _ role.Journal = (*Journal)(nil)

// Recall implements [role.Journal].
func (j *Journal) Recall(key string, into any) (bool, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	b, ok := j.results[key]
	if !ok {
		return false, nil
	}
	return true, json.Unmarshal(b, into)
}

// Record implements [role.Journal].
func (j *Journal) Record(key string, result any) error {
	b, err := json.Marshal(result)
	if err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.results == nil {
		j.results = map[string][]byte{}
	}
	j.results[key] = b
	return nil
}

// Keys implements [role.Journal].
func (j *Journal) Keys() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Sorted(maps.Keys(j.results))
}

// Forget implements [role.Journal].
func (j *Journal) Forget(keys ...string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, key := range keys {
		delete(j.results, key)
	}
	return nil
}
