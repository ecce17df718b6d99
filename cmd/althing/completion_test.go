package main

import (
	"strings"
	"testing"
)

func TestShellsCompleteNounsVerbsFlagsAndWords(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if out, _ := runCommand(t, 0, "completion", shell); !strings.Contains(out, "althing") || !strings.Contains(out, "__complete") {
			t.Errorf("the script for %s completes nothing:\n%.200s", shell, out)
		}
	}
	for _, c := range []struct{ line, want string }{
		{"ta|", "task"},
		{"task l|", "list"},
		{"task list --st|", "--state"},
		{"task list --state r|", "running reached"},
		{"demo --privacy l|", "local"},
		{"demo --missing |", "refuse impute"},
		{"node list --role ev|", "evaluator"},
		{"proposal vote 1 a|", "abstain"},
		{"completion f|", "fish"},
		{"budget plan --accountant z|", "zcdp"},
		{"node unbond a|", "all"},
	} {
		words := strings.Split(strings.TrimSuffix(c.line, "|"), " ")
		out, _ := runCommand(t, 0, append([]string{"__completeNoDesc"}, words...)...)
		lines := strings.Split(out, "\n")
		for want := range strings.FieldsSeq(c.want) {
			found := false
			for _, line := range lines {
				found = found || line == want
			}
			if !found {
				t.Errorf("althing %s is completed with %q, want %s", c.line, out, want)
			}
		}
	}
	for line, directive := range map[string]string{"task show ": ":4", "task create ": ":0", "start --home ": ":0", "demo --trainers ": ":4"} {
		out, _ := runCommand(t, 0, append([]string{"__completeNoDesc"}, strings.Split(line, " ")...)...)
		if !strings.Contains(out, directive) {
			t.Errorf("althing %s is completed with %q, want the directive %s", line, out, directive)
		}
	}
}
