package role

import (
	"fmt"
	"strconv"
	"strings"
)

// Journal records the results of work that must not be repeated with another outcome,
// such as the salt of a commitment. It survives restarts.
type Journal interface {
	// Recall decodes the result recorded under a key into the pointer into.
	Recall(key string, into any) (found bool, err error)
	Record(key string, result any) error
	// Keys lists the keys of all recorded results, in no order.
	Keys() []string
	// Forget drops the results under some keys. After a crash, dropped results may be
	// there again; no other result is lost.
	Forget(keys ...string) error
}

// RecordKey is the journal key of the result of some work in a round.
func RecordKey(work string, task, round uint64) string {
	return fmt.Sprintf("%s-%d-%d", work, task, round)
}

// recordOf parses a RecordKey.
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
