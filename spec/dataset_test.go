package spec_test

import (
	"strings"
	"testing"

	"github.com/althing-network/althing/spec"
)

func TestDescriptionsAreChecked(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*spec.Description)
		want   string
	}{
		"whole":               {func(*spec.Description) {}, ""},
		"rows withheld":       {func(d *spec.Description) { d.Rows = 0 }, ""},
		"no name":             {func(d *spec.Description) { d.Name = "" }, "name"},
		"control character":   {func(d *spec.Description) { d.Name = "a\nb" }, "name"},
		"no commitment":       {func(d *spec.Description) { d.Commitment = spec.Digest{} }, "no commitment"},
		"no features":         {func(d *spec.Description) { d.Features = 0 }, "0 features"},
		"too many features":   {func(d *spec.Description) { d.Features = spec.MaxWidth + 1 }, "features"},
		"a number":            {func(d *spec.Description) { d.Classes = 1 }, ""},
		"no classes":          {func(d *spec.Description) { d.Classes = 0 }, "0 classes"},
		"too many classes":    {func(d *spec.Description) { d.Classes = spec.MaxWidth + 1 }, "classes"},
		"more rows than most": {func(d *spec.Description) { d.Rows = spec.MaxSamples + 1 }, "rows"},
	} {
		d := spec.Description{Name: "digits", Commitment: spec.DigestOf(nil), Features: 64, Classes: 10, Rows: 150, Key: spec.PublicKey{1}}
		c.change(&d)
		err := d.Validate()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}
