package main

import (
	"runtime/debug"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestVersionIsWhatGoHasWritten(t *testing.T) {
	info := &debug.BuildInfo{
		GoVersion: "go1.99", Main: debug.Module{Version: "v1.2.3"},
		Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.time", Value: "2026-01-02T03:04:05Z"}, {Key: "vcs.modified", Value: "true"}},
		Deps: []*debug.Module{
			{Path: "github.com/cosmos/cosmos-sdk", Version: "v0.1.0", Replace: &debug.Module{Version: "v0.2.0"}},
			{Path: "github.com/cometbft/cometbft", Version: "v0.3.0"},
		},
	}
	want := programVersion{"version", "v1.2.3", "abc", "2026-01-02T03:04:05Z", true, "go1.99", "v0.2.0", "v0.3.0"}
	if diff := cmp.Diff(want, programVersionOf(info)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	out, _ := runCommand(t, 0, "version")
	flag, _ := runCommand(t, 0, "--version")
	for _, name := range []string{"althing ", "commit ", "go ", "cosmos-sdk ", "cometbft "} {
		if !strings.Contains("\n"+out, "\n"+name) {
			t.Errorf("althing version has no line for %s:\n%s", name, out)
		}
	}
	if out != flag {
		t.Errorf("--version prints %q, version %q", flag, out)
	}
}
