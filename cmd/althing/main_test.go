package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/demo"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"althing": main})
}

// TestSessions runs the sessions in testdata. Those that need a network are
// given one: $RPC is its address, $CONSUMER the home folder of its consumer,
// $OTHER that of another node, $OWNER and $NEIGHBOUR those of two that have rows, $TASK
// a task file that it can serve.
func TestSessions(t *testing.T) {
	var local daemon.Localnet
	if !testing.Short() {
		local = startPlainNetwork(t, 0.85, 25)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               func(env *testscript.Env) error { return prepare(env, local) },
		Condition:           func(name string) (bool, error) { return name == "network" && local.Dir != "", nil },
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"keep": keep},
	})
}

// prepare puts a model into the session's folder that gives a row of two
// features the class of the larger one, and tables with a model that has learned from one.
func prepare(env *testscript.Env, local daemon.Localnet) error {
	if err := os.CopyFS(filepath.Join(env.WorkDir, "tables"), os.DirFS("../../data/testdata/tables")); err != nil {
		return err
	}
	learned, err := learnedFrom(filepath.Join(env.WorkDir, "tables", "plain.csv"), "", tableFlags{})
	if err != nil {
		return err
	}
	plain, err := learned.Encode()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(env.WorkDir, "plain.safetensors"), plain, 0o600); err != nil {
		return err
	}
	b, err := model.File{Model: spec.Model{Kind: spec.ModelSoftmax, Inputs: 2, Classes: 2}, Weights: []float32{1, 0, 0, 1, 0, 0}}.Encode()
	if err != nil {
		return err
	}
	env.Setenv("MODEL", spec.DigestOf(b).String())
	if local.Dir != "" {
		env.Setenv("RPC", local.RPC()[0])
		env.Setenv("CONSUMER", local.Home(demo.Consumer))
		env.Setenv("OTHER", local.Home("aggregator-1"))
		env.Setenv("OWNER", local.Home("trainer-1"))
		env.Setenv("NEIGHBOUR", local.Home("trainer-2"))
		env.Setenv("TASK", filepath.Join(local.Dir, "task.yaml"))
	}
	return os.WriteFile(filepath.Join(env.WorkDir, "larger.safetensors"), b, 0o600)
}

// keep puts what the last command printed into a variable.
func keep(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: keep NAME")
	}
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
}
