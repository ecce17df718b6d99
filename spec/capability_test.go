package spec_test

import (
	"strings"
	"testing"

	"github.com/althing-network/althing/spec"
)

func TestCapabilities(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*spec.Profile)
		want   string // "" is valid
	}{
		"16 kinds":        {func(*spec.Profile) {}, ""},
		"17 kinds":        {func(p *spec.Profile) { p.Capabilities = append(p.Capabilities, spec.Capability{Kind: "x"}) }, "17 capabilities: want at most 16"},
		"no name":         {func(p *spec.Profile) { p.Capabilities[0].Kind = "" }, "printable"},
		"listed twice":    {func(p *spec.Profile) { p.Capabilities[1].Kind = p.Capabilities[0].Kind }, "listed twice"},
		"all of the node": {func(p *spec.Profile) { p.Capabilities[0].Needs = p.Resources }, ""},
		"more than it is": {func(p *spec.Profile) { p.Capabilities[0].Needs.GPU = 1 }, "needs more"},
	} {
		p := profile()
		p.Resources = spec.Resources{CPU: 2, Memory: 100}
		for _, kind := range names(16) {
			p.Capabilities = append(p.Capabilities, spec.Capability{Kind: kind})
		}
		c.change(&p)
		if err := p.Validate(); c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	p := profile()
	p.Capabilities = []spec.Capability{{Kind: "images", Needs: spec.Resources{GPU: 1}}}
	if c, takes := p.Capability("images"); !takes || c.Needs.GPU != 1 {
		t.Errorf("got %+v, %t", c, takes)
	}
	if _, takes := p.Capability("text"); takes {
		t.Error("a node takes on what it does not list")
	}
}

func TestKindIsTheCapabilityOrTheData(t *testing.T) {
	asked := spec.DefaultTask()
	asked.Data.Name = "digits"
	if got := asked.Kind(); got != "digits" {
		t.Errorf("got %q", got)
	}
	if asked.Selection.Capability = "images"; asked.Kind() != "images" {
		t.Errorf("got %q", asked.Kind())
	}
}
