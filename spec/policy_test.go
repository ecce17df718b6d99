package spec_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/althing-network/althing/spec"
)

func names(n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprint("name-", i))
	}
	return list
}

func TestPolicyValidate(t *testing.T) {
	full := spec.Policy{SoleAggregator: true, MinAggregators: spec.MaxCommittee, MinPay: spec.MaxEscrow, MinDeadline: spec.MaxDuration, Owners: names(6), Datasets: names(6)}
	for name, c := range map[string]struct {
		change func(*spec.Policy)
		want   string // "" is valid
	}{
		"nothing said":       {func(p *spec.Policy) { *p = spec.Policy{} }, ""},
		"16 entries":         {func(*spec.Policy) {}, ""},
		"17 entries":         {func(p *spec.Policy) { p.Owners = names(7) }, "17 entries: want at most 16"},
		"many aggregators":   {func(p *spec.Policy) { p.MinAggregators++ }, "the most that a task can have"},
		"much pay":           {func(p *spec.Policy) { p.MinPay++ }, "which is all there is"},
		"long deadline":      {func(p *spec.Policy) { p.MinDeadline++ }, "training deadline of"},
		"deadline below 0":   {func(p *spec.Policy) { p.MinDeadline = -1 }, "training deadline of"},
		"owner twice":        {func(p *spec.Policy) { p.Owners[1] = p.Owners[0] }, "twice"},
		"data set unnamed":   {func(p *spec.Policy) { p.Datasets[0] = "" }, "printable"},
		"owner that draws":   {func(p *spec.Policy) { p.Owners[0] = "a\x1b[2J" }, "printable"},
		"same name of both":  {func(p *spec.Policy) { p.Owners, p.Datasets = names(1), names(1) }, ""},
		"in a whole profile": {func(p *spec.Policy) { p.Owners = nil }, ""},
	} {
		p := full
		p.Owners, p.Datasets = names(6), names(6)
		c.change(&p)
		whole := profile()
		whole.Policy = p
		for _, err := range []error{p.Validate(), whole.Validate()} {
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%s: got %v, want %q", name, err, c.want)
			}
		}
	}
}

// The JSON of a default policy shows that the node does not accept a single aggregator.
func TestPolicyJSON(t *testing.T) {
	for want, p := range map[string]spec.Policy{
		`{"sole_aggregator":false}`: {},
		`{"sole_aggregator":true,"min_aggregators":4,"min_pay_uthing":5,"min_train_deadline":"10s","owners":["a"],"datasets":["digits"]}`: {
			SoleAggregator: true, MinAggregators: 4, MinPay: 5, MinDeadline: 10 * spec.Second, Owners: []string{"a"}, Datasets: []string{"digits"},
		},
	} {
		if got, err := json.Marshal(p); err != nil || string(got) != want {
			t.Errorf("got %s, %v; want %s", got, err, want)
		}
	}
}
