package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"althing": main})
}

// TestSessions runs the sessions in testdata. Those that need a network run
// where ALTHING_RPC is its address and ALTHING_HOME the home folder of one of
// its consumers, beside it a task file that it can serve and the home folders of others.
func TestSessions(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               prepare,
		Condition: func(name string) (bool, error) {
			return name == "network" && os.Getenv("ALTHING_RPC") != "" && os.Getenv("ALTHING_HOME") != "", nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"keep": keep},
	})
}

// prepare puts a model into the session's folder that gives a row of two
// features the class of the larger one.
func prepare(env *testscript.Env) error {
	b, err := model.Encode(spec.Model{Kind: spec.ModelSoftmax, Inputs: 2, Classes: 2}, []float32{1, 0, 0, 1, 0, 0})
	if err != nil {
		return err
	}
	env.Setenv("MODEL", spec.DigestOf(b).String())
	env.Setenv("RPC", os.Getenv("ALTHING_RPC"))
	env.Setenv("CONSUMER", os.Getenv("ALTHING_HOME"))
	env.Setenv("OTHER", filepath.Join(filepath.Dir(os.Getenv("ALTHING_HOME")), "aggregator-1"))
	env.Setenv("TASK", filepath.Join(filepath.Dir(os.Getenv("ALTHING_HOME")), "task.yaml"))
	return os.WriteFile(filepath.Join(env.WorkDir, "larger.safetensors"), b, 0o600)
}

// keep puts what the last command printed into a variable.
func keep(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: keep NAME")
	}
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
}
