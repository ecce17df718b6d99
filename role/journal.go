package role

import (
	"fmt"
	"strconv"
	"strings"
)

// Journal remembers the results of work that must not be done twice with
// another outcome, such as a salt that hides a commitment. It survives restarts.
type Journal interface {
	// Recall reads what was recorded under a key into a pointer.
	Recall(key string, into any) (found bool, err error)
	Record(key string, result any) error
	// Keys lists the keys of what is recorded, in no order.
	Keys() []string
	// Forget drops what is recorded under some keys. After a crash all else is there,
	// and what was dropped may be, too.
	Forget(keys ...string) error
}

// RecordKey is the key under which a journal has the result of some work of a round.
func RecordKey(work string, task, round uint64) string {
	return fmt.Sprintf("%s-%d-%d", work, task, round)
}

// recordOf reads a RecordKey.
func recordOf(key string) (task, round uint64, ok bool) {
	work, place, _ := strings.Cut(key, "-")
	first, second, _ := strings.Cut(place, "-")
	task, err := strconv.ParseUint(first, 10, 64)
	if err != nil {
		return 0, 0, false
	}
	round, err = strconv.ParseUint(second, 10, 64)
	return task, round, err == nil && key == RecordKey(work, task, round)
}
