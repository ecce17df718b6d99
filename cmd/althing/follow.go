package main

import (
	"fmt"
	"os"

	"github.com/althing-network/althing/spec"
)

// follow has a network run a task file: it has as many nodes as the file asks for, unless
// flags say more.
func (n network) follow() (network, error) {
	if n.taskFile == "" {
		return n, nil
	}
	for _, flag := range []string{"model", "rounds", "target", "features", "missing", "categories", "regression", "privacy", "mechanism", "govern"} {
		if n.given(flag) {
			return n, fmt.Errorf("--%s: the task file says that: leave the flag out, or --task", flag)
		}
	}
	b, err := os.ReadFile(n.taskFile)
	if err != nil {
		return n, fmt.Errorf("%s: %w", n.taskFile, cause(err))
	}
	if n.asked, err = spec.ParseTask(b); err != nil {
		return n, fmt.Errorf("%s: %w", n.taskFile, err)
	}
	for _, size := range []struct {
		flag string
		has  *int
		asks uint32
	}{
		{"trainers", &n.trainers, n.asked.Selection.Trainers},
		{"aggregators", &n.aggregators, n.asked.Selection.Aggregators},
		{"evaluators", &n.evaluators, n.asked.Selection.Evaluators},
	} {
		switch asks := int(size.asks); {
		case !n.given(size.flag):
			*size.has = asks
		case *size.has < asks:
			return n, fmt.Errorf("--%s %d: %s asks for %d", size.flag, *size.has, n.taskFile, asks)
		}
	}
	n.mode = n.asked.Privacy.Mode
	return n, nil
}
