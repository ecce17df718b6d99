package main

import (
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/spec"
)

func TestDefaults(t *testing.T) {
	o, err := parse(nil, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	if len(o.settings()) != 18 || o.rounds != 1000 || o.target != 850_000 || o.arithmetic() != spec.ArithmeticFused {
		t.Errorf("2nn: %+v", o)
	}
	o, err = parse(strings.Fields("--model cnn --split non-iid --strict --rates 0.05,0.1"), t.Output())
	if err != nil {
		t.Fatal(err)
	}
	want := []setting{{cnn, nonIID, row{1, 10}}, {cnn, nonIID, row{1, 50}}, {cnn, nonIID, row{5, 10}}}
	if diff := cmp.Diff(want, o.settings(), cmp.AllowUnexported(setting{})); diff != "" {
		t.Errorf("cnn (-want +got):\n%s", diff)
	}
	if o.rounds != 100 || o.target != 880_000 || o.arithmetic() != spec.ArithmeticStrict || !cmp.Equal(o.rates, []spec.PPM{50_000, 100_000}) {
		t.Errorf("cnn: %+v", o)
	}
}

func TestParseRefuses(t *testing.T) {
	for args, want := range map[string]string{
		"--model vgg":        `--model "vgg": want 2nn or cnn`,
		"--split half":       `--split "half": want iid, non-iid or both`,
		"--rows E1B10,E3B7":  `--rows: the 2nn has no row "E3B7": want some of FedSGD,E10Binf,E1B50,E20Binf,E1B10,E10B50,E20B50,E10B10,E20B10`,
		"--rates 0.1,fast":   `--rates: rate "fast": want decimals above 0, for example 0.05,0.1`,
		"--rates 0":          `--rates: rate "0": want decimals above 0, for example 0.05,0.1`,
		"--target 1.1":       `--target "1.1": want an accuracy above 0 and up to 1`,
		"--rounds -1":        `--rounds "-1": want at least 1`,
		"--rounds 0":         `--rounds "0": want at least 1`,
		"--rounds many":      `--rounds "many": want at least 1`,
		"--workers 0":        `--workers 0: want at least 1`,
		"--report":           `--report needs --out: want the file of runs to show`,
		"--strict somewhere": `"somewhere": want flags only`,
	} {
		if _, err := parse(strings.Fields(args), io.Discard); err == nil || err.Error() != want {
			t.Errorf("%s: got %v: want %s", args, err, want)
		}
	}
}

func TestMissingDataSaysHowToGetIt(t *testing.T) {
	o, err := parse([]string{"--data", t.TempDir()}, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	if err = run(t.Context(), o, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "\n    apt-get install dataset-fashion-mnist") {
		t.Errorf("got %v: want a command that can be pasted", err)
	}
}

// The paper's text says that the most computation makes 35 times fewer rounds for the
// CNN and 46 times for the 2NN (IID), and 2.8 to 3.7 times (non-IID).
func TestPaperFiguresGiveThePapersSpeedups(t *testing.T) {
	o, err := parse(nil, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		setting
		want float64
	}{
		{setting{cnn, iid, row{20, 10}}, 34.8},
		{setting{cnn, nonIID, row{20, 10}}, 2.8},
		{setting{twoNN, iid, row{20, 10}}, 45.9},
		{setting{twoNN, nonIID, row{10, 10}}, 3.7},
		{setting{cnn, nonIID, row{5, 0}}, 0.5},
	} {
		if got := resultOf(o, &record{}, c.setting).PaperSpeedup; got != c.want {
			t.Errorf("%s: %v times: want %v", c.setting, got, c.want)
		}
	}
	if u := (row{1, 50}).updates(); u != 12 {
		t.Errorf("u of E1B50 is %d: want 12", u)
	}
}
