package spec_test

import (
	"testing"

	"github.com/althing-network/althing/spec"
)

// TestMoneyIsInThing: people read amounts in THING, without trailing zeros.
func TestMoneyIsInThing(t *testing.T) {
	for digits, want := range map[string]string{
		"0": "0 THING", "1": "0.000001 THING", "999999": "0.999999 THING", "1000000": "1 THING",
		"1500000": "1.5 THING", "20000000": "20 THING", "123456789012345678901234567890": "123456789012345678901234.56789 THING",
	} {
		if got := spec.MoneyOf(digits); got != want {
			t.Errorf("%s uthing: got %q, want %q", digits, got, want)
		}
	}
	if got, want := spec.Money(spec.Cap), "1000000000 THING"; got != want {
		t.Errorf("the cap: got %q, want %q", got, want)
	}
}
