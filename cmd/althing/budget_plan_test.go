package main

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/althing-network/althing/terminal"
	"github.com/althing-network/althing/view"
)

// printed is what a command line prints.
func printed(t *testing.T, line string) (out, stderr string, code int) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), strings.Fields(line)[1:], &o, &e)
	return o.String(), e.String(), code
}

// TestPlansOfKnownAnswer asks on the command line for what other programs compute:
// dp_accounting, Opacus and TensorFlow Privacy.
func TestPlansOfKnownAnswer(t *testing.T) {
	for _, v := range []struct {
		id, flags, field string
		want, tolerance  float64
	}{
		{"opacus-rdp", "--noise 1.5 --q 0.04 --steps 2250 --accountant rdp", "epsilon", 7.32911117143, 1e-9},
		{"pld", "--noise 1.5 --q 0.04 --steps 2250", "epsilon", 6.768787376865218, 0.002},
		{"tfp0", "--noise 1.3 --q 0.0025 --steps 6000 --accountant rdp", "epsilon", 0.7242234026109595, 1e-9},
		{"tfp0-pld", "--noise 1.3 --q 0.0025 --steps 6000 --accountant pld", "epsilon", 0.6401109284963589, 0.001},
		{"classic", "--noise 1 --q 0.01 --steps 1000 --accountant rdp", "epsilon", 2.101366525420273, 1e-4},
		{"gauss-mu1", "--noise 1.7320508075688772 --steps 3 --epsilon 1", "delta", 0.126936, 1e-6},
		{"gauss-eps", "--noise 1", "epsilon", 4.3771781, 1e-6},
		{"gauss-cal", "--epsilon 1", "noise", 3.7306316348, 1e-6},
		{"kov", "--mechanism laplace --epsilon0 0.1 --steps 100 --accountant kov", "epsilon", 4.4, 1e-9},
		{"lap-pld", "--mechanism laplace --epsilon0 0.1 --steps 100", "epsilon", 4.220347347309089, 0.001},
		{"lap-rdp", "--mechanism laplace --epsilon0 0.1 --steps 100 --accountant rdp", "epsilon", 4.532685704039354, 1e-4},
		{"lap-basic", "--mechanism laplace --epsilon0 0.1 --steps 100 --accountant basic", "epsilon", 10, 1e-12},
		{"lap-cal", "--mechanism laplace --epsilon 1 --delta 1e-4 --steps 20", "epsilon0", 1 / 13.6, 0.1 / (13.6 * 13.6)},
		{"dlap-cal", "--mechanism discrete-laplace --epsilon 1 --delta 1e-4 --steps 20", "a", 0.073, 0.001},
		{"pslap", "--mechanism laplace --epsilon0 2 --q 0.2 --steps 3 --delta 1e-14", "epsilon", 2.46964, 0.001},
		{"zcdp", "--noise 2.23606797749979 --accountant zcdp", "epsilon", 1.9142450022133057, 1e-4},
		{"replace", "--noise 2 --adjacency replace-one", "epsilon", 4.37717810002493, 1e-4},
		{"replace, add-remove", "--noise 2 --adjacency add-remove", "epsilon", 1.9930914, 1e-4},
		// The integers of the ledger, as docs/privacy-proofs.md and privacy/cost have them.
		{"G1", "--noise 2 --q 0.3 --steps 25", "ledger_epsilon", 4.180650, 0},
		{"G2", "--noise 1 --q 0.1 --steps 200", "ledger_epsilon", 11.144152, 0},
		{"G6", "--noise 1.3 --q 0.0025 --steps 6000", "ledger_epsilon", 0.724228, 0},
		{"S1", "--mechanism skellam --noise 2 --l2 64 --q 0.3 --steps 25", "ledger_epsilon", 4.180938, 0},
		{"S1", "--mechanism skellam --noise 2 --l2 64 --q 0.3 --steps 25 --accountant rdp", "epsilon", 4.180937737, 1e-7},
		{"S2", "--mechanism skellam --noise 2 --l2 10 --l1 100 --q 0.1 --steps 100", "ledger_epsilon", 2.595710, 0},
		{"L1", "--mechanism discrete-laplace --a 0.1 --l1 10 --q 0.1 --steps 100", "ledger_epsilon", 4.540657, 0},
	} {
		out, stderr, code := printed(t, "althing budget plan --json "+v.flags)
		var got map[string]any
		if err := json.Unmarshal([]byte(out), &got); err != nil || code != 0 || strings.Count(out, "\n") != 1 {
			t.Errorf("%s: %s: code %d, %v, %s%s", v.id, v.flags, code, err, out, stderr)
			continue
		}
		if figure, ok := got[v.field].(float64); !ok || math.Abs(figure-v.want) > v.tolerance {
			t.Errorf("%s: %s: %s is %v, want %v within %g", v.id, v.flags, v.field, got[v.field], v.want, v.tolerance)
		}
		for _, assumed := range []string{"epsilon", "delta", "accountant", "mechanism", "q", "sampling", "steps", "adjacency", "unit", "ledger_epsilon"} {
			if _, ok := got[assumed]; !ok {
				t.Errorf("%s: %s does not say %s", v.id, out, assumed)
			}
		}
	}
}

// TestCalibratedNoiseKeepsItsPromise: the noise that is printed, typed in again, has
// an epsilon that is not above the one asked for.
func TestCalibratedNoiseKeepsItsPromise(t *testing.T) {
	for _, c := range []struct{ flags, noise string }{
		{"--q 0.01 --steps 1000", "noise"},
		{"--mechanism skellam --l2 100 --q 0.1 --steps 10", "noise"},
		{"--mechanism laplace --q 0.1 --steps 10", "epsilon0"},
		{"--mechanism discrete-laplace --l1 3 --steps 10 --accountant kov", "a"},
		{"--q 0.1 --sampling without-replacement --n 100 --steps 30", "noise"},
	} {
		var got, again map[string]any
		out, stderr, _ := printed(t, "althing budget plan --json --epsilon 2 "+c.flags)
		if err := json.Unmarshal([]byte(out), &got); err != nil {
			t.Errorf("%s: %v, %s", c.flags, err, stderr)
			continue
		}
		typed, err := json.Marshal(got[c.noise])
		if err != nil {
			t.Fatal(err)
		}
		out, stderr, _ = printed(t, "althing budget plan --json "+c.flags+" --"+c.noise+" "+string(typed))
		if err := json.Unmarshal([]byte(out), &again); err != nil {
			t.Errorf("%s: %v, %s", c.flags, err, stderr)
			continue
		}
		if diff := cmp.Diff(got, again); diff != "" || again["epsilon"].(float64) > 2 || again["epsilon"].(float64) < 1.99 {
			t.Errorf("%s: typed in again (-before +after):\n%s%v", c.flags, diff, again)
		}
	}
}

// TestPlansOfTheDocuments runs every plan that a document shows, and wants it to
// print what stands there.
func TestPlansOfTheDocuments(t *testing.T) {
	const indent = "    "
	shown := 0
	for _, name := range []string{"../../docs/privacy.md", "../../README.md"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(b), "\n")
		for i, line := range lines {
			command, ok := strings.CutPrefix(line, indent+"$ ")
			if !ok || !strings.HasPrefix(command, "althing budget plan") {
				continue
			}
			shown++
			out, stderr, _ := printed(t, command)
			var want []string
			for _, line := range lines[i+1:] {
				if strings.HasPrefix(line, indent+"$ ") || line != "" && !strings.HasPrefix(line, indent) {
					break
				}
				want = append(want, strings.TrimPrefix(line, indent))
			}
			if diff := cmp.Diff(strings.TrimRight(strings.Join(want, "\n"), "\n"), strings.TrimRight(out+stderr, "\n")); diff != "" {
				t.Errorf("%s: %s (-shown +printed):\n%s", name, command, diff)
			}
		}
	}
	if shown == 0 {
		t.Error("no document shows a plan")
	}
}

// TestPlansAreDrawn: epsilon over the releases begins with that of one and ends with
// the answer.
func TestPlansAreDrawn(t *testing.T) {
	var p planFlags
	c := &cobra.Command{Use: "plan"}
	p.add(c)
	if err := c.ParseFlags([]string{"--noise", "2", "--steps", "100"}); err != nil {
		t.Fatal(err)
	}
	answer, err := p.solve()
	if err != nil {
		t.Fatal(err)
	}
	drawn := func() string {
		t.Helper()
		var out bytes.Buffer
		if err := (&terminal.Screen{Out: &out, Live: true, Columns: 80}).Page(answer.Page()); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	if plot := drawn(); !strings.Contains(plot, "33.1") || !strings.HasSuffix(plot, "epsilon after 1 to 100 releases, by exact\n") {
		t.Errorf("epsilon is %v:\n%s", answer.Epsilon, plot)
	}
	answer.Steps = 1
	if one := drawn(); strings.Contains(one, "epsilon after") {
		t.Errorf("one release is drawn:\n%s", one)
	}
}

func TestRounded(t *testing.T) {
	for _, c := range []struct {
		x        float64
		figures  int
		up, down float64
	}{
		{1.1, 6, 1.1, 1.1},
		{1.23456789, 3, 1.24, 1.23},
		{9.9999, 2, 10, 9.9},
		{1.5e-7, 1, 2e-7, 1e-7},
		{123456, 2, 130000, 120000},
	} {
		if up, down := view.Rounded(c.x, c.figures, true), view.Rounded(c.x, c.figures, false); up != c.up || down != c.down {
			t.Errorf("%v to %d digits: %v and %v, want %v and %v", c.x, c.figures, up, down, c.up, c.down)
		}
	}
}
