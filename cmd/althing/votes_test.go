package main

import (
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/spec"
)

// TestVotes runs the sessions in testdata/votes, as [TestSessions] does, on a network whose
// votes are short. $VALIDATOR is the home folder of its validator, which has more than half
// of all power, $GUEST that of a node that does not run.
func TestVotes(t *testing.T) {
	var local daemon.Localnet
	if !testing.Short() {
		local = runs(t, network{
			validators: 1, trainers: 3, aggregators: 1, evaluators: 1, rounds: 25, target: 0.85, alpha: 1,
			architecture: spec.ModelSoftmax, seed: 1, commit: 100 * time.Millisecond,
			voting: 15 * time.Second, delay: time.Second,
		})
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/votes",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			if local.Dir != "" {
				env.Setenv("VALIDATOR", local.Home(local.Validator(0)))
				env.Setenv("GUEST", local.Home(guest))
			}
			return prepare(env, local)
		},
		Condition: func(name string) (bool, error) { return name == "network" && local.Dir != "", nil },
		Cmds:      map[string]func(*testscript.TestScript, bool, []string){"keep": keep},
	})
}
