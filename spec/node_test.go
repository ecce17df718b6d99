package spec_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/althing-network/althing/spec"
)

func profile() spec.Profile {
	return spec.Profile{
		Name: "hospital-1", Roles: spec.Trainer | spec.Aggregator, Endpoint: "https://node.example:7000",
		TransportKey: make([]byte, spec.KeySize), SealingKey: make([]byte, spec.KeySize), Slots: 1,
		Holdings: []spec.Holding{{Name: "digits", Samples: 1}}, Claimed: spec.One,
	}
}

func TestProfileValidate(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*spec.Profile)
		want   string // "" is valid
	}{
		"as it is":                {func(*spec.Profile) {}, ""},
		"no name":                 {func(p *spec.Profile) { p.Name = "" }, "node name"},
		"name of 64 bytes":        {func(p *spec.Profile) { p.Name = strings.Repeat("n", 64) }, ""},
		"name of 65 bytes":        {func(p *spec.Profile) { p.Name = strings.Repeat("n", 65) }, "node name"},
		"name of many letters":    {func(p *spec.Profile) { p.Name = "Þingvellir 1" }, ""},
		"name that draws":         {func(p *spec.Profile) { p.Name = "a\x1b[2J" }, "printable"},
		"name of two lines":       {func(p *spec.Profile) { p.Name = "a\nb" }, "printable"},
		"name with C1 control":    {func(p *spec.Profile) { p.Name = "a\u009b2J" }, "printable"},
		"name that is no UTF-8":   {func(p *spec.Profile) { p.Name = "a\xff" }, "printable"},
		"no role":                 {func(p *spec.Profile) { p.Roles = 0 }, "no role"},
		"unknown role":            {func(p *spec.Profile) { p.Roles = spec.Trainer | 32 }, "unknown one"},
		"no transport key":        {func(p *spec.Profile) { p.TransportKey = nil }, "transport key has 0 bytes"},
		"long transport key":      {func(p *spec.Profile) { p.TransportKey = make([]byte, 33) }, "transport key has 33 bytes"},
		"no sealing key":          {func(p *spec.Profile) { p.SealingKey = nil }, ""},
		"short sealing key":       {func(p *spec.Profile) { p.SealingKey = make([]byte, 31) }, "sealing key has 31 bytes"},
		"no slot":                 {func(p *spec.Profile) { p.Slots = 0 }, "0 slots"},
		"too many slots":          {func(p *spec.Profile) { p.Slots = spec.MaxSlots + 1 }, "257 slots"},
		"claims above one":        {func(p *spec.Profile) { p.Claimed = spec.One + 1 }, "1.000001: want at most 1"},
		"no data":                 {func(p *spec.Profile) { p.Holdings = nil }, ""},
		"32 data sets":            {func(p *spec.Profile) { p.Holdings = holdings(32) }, ""},
		"33 data sets":            {func(p *spec.Profile) { p.Holdings = holdings(33) }, "33 holdings"},
		"data without a name":     {func(p *spec.Profile) { p.Holdings[0].Name = "" }, "want a name"},
		"a withheld number":       {func(p *spec.Profile) { p.Holdings[0].Samples = 0 }, ""},
		"data of too many rows":   {func(p *spec.Profile) { p.Holdings[0].Samples = spec.MaxSamples + 1 }, "samples"},
		"data twice":              {func(p *spec.Profile) { p.Holdings = append(p.Holdings, p.Holdings[0]) }, `"digits" is listed twice`},
		"aggregator unreachable":  {func(p *spec.Profile) { p.Endpoint = "" }, "has no endpoint"},
		"trainer unreachable":     {func(p *spec.Profile) { p.Roles, p.Endpoint = spec.Trainer, "" }, ""},
		"endpoint without scheme": {func(p *spec.Profile) { p.Endpoint = "node.example:7000" }, "endpoint"},
		"endpoint of a file":      {func(p *spec.Profile) { p.Endpoint = "file:///etc/passwd" }, "endpoint"},
		"endpoint without host":   {func(p *spec.Profile) { p.Endpoint = "http://:7000" }, "endpoint"},
		"endpoint with a user":    {func(p *spec.Profile) { p.Endpoint = "http://me:word@node.example" }, "endpoint"},
		"endpoint with a query":   {func(p *spec.Profile) { p.Endpoint = "http://node.example/?a=b" }, "endpoint"},
		"endpoint with fragment":  {func(p *spec.Profile) { p.Endpoint = "http://node.example/#" }, "endpoint"},
		"endpoint with a path":    {func(p *spec.Profile) { p.Endpoint = "https://node.example/althing" }, "endpoint"},
		"endpoint of IPv6":        {func(p *spec.Profile) { p.Endpoint = "http://[::1]:7000" }, ""},
		"endpoint too long":       {func(p *spec.Profile) { p.Endpoint = "http://" + strings.Repeat("h", 256) }, "endpoint"},
		"endpoint of two lines":   {func(p *spec.Profile) { p.Endpoint = "http://node.example\nHost: x" }, "endpoint"},
	} {
		p := profile()
		c.change(&p)
		err := p.Validate()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

func holdings(n int) (ds []spec.Holding) {
	for i := range n {
		ds = append(ds, spec.Holding{Name: fmt.Sprint("set-", i), Samples: 1})
	}
	return ds
}

func TestResourcesCover(t *testing.T) {
	offer := spec.Resources{CPU: 2, Memory: 2, GPU: 2, Storage: 2, Bandwidth: 2}
	if !offer.Covers(offer) || !offer.Covers(spec.Resources{}) {
		t.Error("an offer covers itself and nothing")
	}
	for _, want := range []spec.Resources{{CPU: 3}, {Memory: 3}, {GPU: 3}, {Storage: 3}, {Bandwidth: 3}} {
		if offer.Covers(want) {
			t.Errorf("%+v covers %+v", offer, want)
		}
	}
}

func TestAccuracyIsMeasuredBeforeItIsClaimed(t *testing.T) {
	n := spec.Node{Profile: profile(), Standing: spec.Standing{Measured: []spec.Measure{{Kind: "faces", Accuracy: 700_000, Tasks: 1}}}}
	if got, measured := n.Accuracy("faces"); got != 700_000 || !measured {
		t.Errorf("got %s, measured %v", got, measured)
	}
	if got, measured := n.Accuracy("digits"); got != spec.One || measured {
		t.Errorf("got %s, measured %v", got, measured)
	}
}

func TestHolding(t *testing.T) {
	p := profile()
	if h, holds := p.Holding("digits"); !holds || h.Withheld() || !h.Fits(1) || h.Fits(2) {
		t.Errorf("of one row of digits: %+v, %v", h, holds)
	}
	if h, holds := p.Holding("faces"); holds {
		t.Errorf("it holds %+v", h)
	}
	p.Holdings[0].Samples = 0
	if h, holds := p.Holding("digits"); !holds || !h.Withheld() || !h.Fits(spec.MaxSamples) {
		t.Errorf("of a withheld number: %+v, %v", h, holds)
	}
}

func TestNodeJSONIsFlat(t *testing.T) {
	n := spec.Node{ID: 1, Standing: spec.Standing{Reputation: 5, Busy: 2}}
	keys := func() string {
		t.Helper()
		raw, err := json.Marshal(n)
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]json.RawMessage
		if err := json.Unmarshal(raw, &m); err != nil {
			t.Fatal(err)
		}
		return strings.Join(slices.Sorted(maps.Keys(m)), " ")
	}
	if got, want := keys(), "busy id owner profile registered reputation stake_uthing state"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	n.Measured, n.History = []spec.Measure{{}}, []spec.Change{{Reason: "update withheld"}}
	if got, want := keys(), "busy history id measured owner profile registered reputation stake_uthing state"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
