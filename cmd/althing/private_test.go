package main

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/althing-network/althing/spec"
)

// TestDemoPrivate: each round is charged, the last one spends what the owners allow, and
// nobody trains on their rows beside it.
func TestDemoPrivate(t *testing.T) {
	said := runDemo(t, 0, filepath.Join(t.TempDir(), "demo"), "--validators", "1", "--trainers", "3", "--aggregators", "1", "--evaluators", "1",
		"--model", "softmax", "--rounds", "2", "--privacy", "local", "--mechanism", "laplace", "--epsilon", "2")
	var spent []float64
	for _, s := range said {
		spent = append(spent, s.Epsilon)
	}
	end := said[len(said)-1]
	if len(said) != 3 || spent[0] != 1 || spent[1] != 2 || spent[2] != 2 {
		t.Errorf("epsilon is spent as %v", spent)
	}
	if end.Delta != 1e-5 || end.Mechanism != "laplace" || end.Unit != "client" || end.Adjacency != "zero-out" || end.Against != "everybody" || end.Alone != 0 {
		t.Errorf("the summary is %+v", end)
	}
}

// TestDemoLearnsInPrivate: with few trainers a task learns where the noise is inside their
// training, or in the sum of all of them; each book is of rows, and is spent at the end.
func TestDemoLearnsInPrivate(t *testing.T) {
	for mode, against := range map[string]string{
		spec.PrivacyExample: "everybody", spec.PrivacyCentral: "everybody but the round's aggregators, while at most 1 owner colludes",
	} {
		said := runDemo(t, 0, filepath.Join(t.TempDir(), "demo"), "--validators", "1", "--trainers", "4", "--aggregators", "1", "--evaluators", "1",
			"--model", "softmax", "--rounds", "3", "--privacy", mode, "--epsilon", "50")
		end := said[len(said)-1]
		if len(said) != 4 || end.Epsilon > 50 || end.Epsilon < 49 || end.Unit != "example" || end.Against != against || end.Accuracy < 0.3 {
			t.Errorf("%s: the summary is %+v", mode, end)
		}
	}
}

func TestDemoPrivateRefuses(t *testing.T) {
	for want, args := range map[string][]string{
		`--privacy "global": want none`:      {"--privacy", "global"},
		`--mechanism "cauchy": want gauss`:   {"--privacy", "local", "--mechanism", "cauchy"},
		"add --privacy local":                {"--epsilon", "1"},
		"--epsilon: epsilon of a limit is":   {"--privacy", "local", "--epsilon", "0"},
		"--epsilon: epsilon: \"-1\"":         {"--privacy", "local", "--epsilon", "-1"},
		"even the largest noise spends more": {"--privacy", "local", "--epsilon", "0.000001"},
	} {
		var out, stderr bytes.Buffer
		if code := run(context.Background(), append([]string{"demo", "--home", t.TempDir()}, args...), &out, &stderr); code != codeFailed || !strings.Contains(stderr.String(), want) {
			t.Errorf("%v: exit code %d, %s", args, code, stderr.String())
		}
	}
}
