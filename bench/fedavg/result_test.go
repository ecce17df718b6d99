package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/spec"
)

func ppm(x float64) spec.PPM { return spec.PPM(x*1e6 + 0.5) }

// of is an example of another setting.
func of(split string, r row, t trial) trial {
	t.setting = setting{twoNN, split, r}
	return t
}

func logged() *record {
	return &record{trials: []trial{
		of(iid, row{1, 0}, example(0.2, 100, 0.1, 0.7, 0.8, 0.9)),        // 2.5 rounds
		of(iid, row{1, 10}, example(0.05, 100, 0.1, 0.85)),               // 1 round
		of(iid, row{1, 10}, example(0.1, 1, 0.1, 0.6)),                   // given up
		of(iid, row{20, 10}, example(0.1, 100, 0.8, 0.82, 0.6)),          // never
		of(nonIID, row{1, 0}, example(0.2, 100, 0.1, 0.2)),               // never
		of(nonIID, row{1, 10}, example(0.1, 100, 0, 0.4, 0.3, 0.8, 0.9)), // 3.5 rounds
	}}
}

func TestTable(t *testing.T) {
	o, err := parse(strings.Fields("--rows E1B10,E20B10,E10B50,FedSGD"), t.Output())
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := writeTable(&b, o, logged()); err != nil {
		t.Fatal(err)
	}
	want := `| row | u | IID | paper, IID | rate | non-IID | paper, non-IID | rate |
|---|---:|---:|---:|---:|---:|---:|---:|
| E1B10 | 60 | 1.0 (2.5x) | 92 (16.0x) | 0.05 | 3.5 (> 28.6x) | 831 (2.2x) | 0.1 |
| E20B10 | 1200 | > 100 (best 0.820) | 32 (45.9x) | 0.1 | not measured | 738 (2.5x) |  |
| E10B50 | 120 | not measured | 45 (32.6x) |  | not measured | 881 (2.1x) |  |
| FedSGD | 1 | 2.5 (1.0x) | 1468 (1.0x) | 0.2 | > 100 (best 0.200) | 1817 (1.0x) | 0.2 |
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestJSON(t *testing.T) {
	o, err := parse(nil, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(resultOf(o, logged(), setting{twoNN, iid, row{1, 10}}))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"model":"2nn","split":"iid","epochs":1,"batch":10,"rate":0.05,"u":60,"target":0.85,"measured":true,` +
		`"rounds":1,"reached":true,"cap":100,"best":0.85,"paper_rounds":92,"speedup_over_fedsgd":2.5,"paper_speedup":16,"seconds":3,"rates":2}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRatesOfTheCommandLineAreCompared(t *testing.T) {
	o, err := parse([]string{"--rates", "0.1"}, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	if r := resultOf(o, logged(), setting{twoNN, iid, row{1, 10}}); r.Reached || r.Rates != 1 {
		t.Errorf("with the rate 0.1 alone: %+v", r)
	}
}

func TestFigureHasAChartForEachSplit(t *testing.T) {
	o, err := parse(nil, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	f := figureOf(o, logged())
	var b strings.Builder
	if err := f.WriteSVG(&b); err != nil {
		t.Fatal(err)
	}
	if len(f.Charts) != 2 || len(f.Charts[0].Lines) != 4 || len(f.Charts[1].Lines) != 3 {
		t.Errorf("%d charts: want two, with lines for the target and what was measured", len(f.Charts))
	}
	if points := f.Charts[1].Lines[2].Points; len(points) != 4 || points[1].Y != 0.4 {
		t.Errorf("curve %v: want the best so far from round 1 on", points)
	}
}
