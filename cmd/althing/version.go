package main

import (
	"cmp"
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// programVersion is which program this is.
type programVersion struct {
	Event    string `json:"event"`
	Version  string `json:"version"`          // of the module, as Go tells it
	Commit   string `json:"commit,omitempty"` // empty where it was built outside of its repository
	Time     string `json:"time,omitempty"`   // of the commit
	Changed  bool   `json:"changed"`          // files differed from the commit
	Go       string `json:"go"`
	SDK      string `json:"cosmos_sdk"`
	CometBFT string `json:"cometbft"`
}

// programVersionOf reads what the Go toolchain has written into the program.
func programVersionOf(info *debug.BuildInfo) programVersion {
	b := programVersion{Event: "version", Version: info.Main.Version, Go: info.GoVersion}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.time":
			b.Time = s.Value
		case "vcs.modified":
			b.Changed = s.Value == "true"
		}
	}
	for _, d := range info.Deps {
		if d.Replace != nil {
			d.Version = d.Replace.Version
		}
		switch d.Path {
		case "github.com/cosmos/cosmos-sdk":
			b.SDK = d.Version
		case "github.com/cometbft/cometbft":
			b.CometBFT = d.Version
		}
	}
	return b
}

func (s *session) version() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Show the commit of this program, and the versions of Go, Cosmos SDK and CometBFT",
		Example: "  althing version\n  althing version --json",
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return s.showProgramVersion() },
	}
}

func (s *session) showProgramVersion() error {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	b := programVersionOf(info)
	if s.json {
		return s.line(b)
	}
	commit := "unknown: built outside of its repository"
	if b.Commit != "" {
		commit = b.Commit + " of " + b.Time
	}
	if b.Changed {
		commit += ", with changed files"
	}
	for _, row := range [][2]string{{"althing", b.Version}, {"commit", commit}, {"go", b.Go}, {"cosmos-sdk", b.SDK}, {"cometbft", b.CometBFT}} {
		if _, err := fmt.Fprintf(s.out, "%-11s %s\n", row[0], cmp.Or(row[1], "unknown")); err != nil {
			return err
		}
	}
	return nil
}
