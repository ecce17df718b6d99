package main

import (
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/demo"
	"github.com/althing-network/althing/spec"
)

// TestVotes runs the sessions in testdata/votes, as [TestSessions] does, on a network whose
// votes are short. $VALIDATOR is the home folder of its validator, which has more than half
// of all power, $GUEST that of a node that does not run.
func TestVotes(t *testing.T) {
	var local daemon.Localnet
	if !testing.Short() {
		local = startNetwork(t, demo.Network{
			Validators: 1, Trainers: 3, Aggregators: 1, Evaluators: 1, Rounds: 25, Target: 0.85, Alpha: 1,
			Model: spec.ModelSoftmax, Seed: 1, Commit: 100 * time.Millisecond,
			Voting: 15 * time.Second, Delay: time.Second,
		})
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/votes",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			if local.Dir != "" {
				env.Setenv("VALIDATOR", local.Home(local.Validator(0)))
				env.Setenv("GUEST", local.Home(demo.Guest))
			}
			return prepare(env, local)
		},
		Condition: func(name string) (bool, error) { return name == "network" && local.Dir != "", nil },
		Cmds:      map[string]func(*testscript.TestScript, bool, []string){"keep": keep},
	})
}
