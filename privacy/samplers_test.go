package privacy_test

import (
	"errors"
	"testing"

	"github.com/althing-network/althing/privacy"
)

// TestSamplersAreCached: one table is made per law, an invalid law is not cached, and a nil
// *Samplers caches nothing.
func TestSamplersAreCached(t *testing.T) {
	law := func(variance uint64) privacy.Law { return privacy.Skellam{Variance: variance, Shares: 2} }
	var s privacy.Samplers
	first, err := s.Of(law(100), 9)
	if err != nil || first.Law() != law(100) {
		t.Fatalf("got %v (%v)", first, err)
	}
	if again, err := s.Of(law(100), 9); err != nil || again != first {
		t.Errorf("the second call gives another sampler (error %v)", err)
	}
	if _, err := s.Of(law(0), 9); !errors.Is(err, privacy.ErrLaw) {
		t.Errorf("got %v", err)
	}
	for variance := range uint64(20) { // more than the cache holds
		if got, err := s.Of(law(variance+1), 9); err != nil || got.Law() != law(variance+1) {
			t.Errorf("variance %d: got %v (%v)", variance+1, got, err)
		}
	}
	var none *privacy.Samplers
	if got, err := none.Of(law(100), 9); err != nil || got.Law() != law(100) {
		t.Errorf("got %v (%v)", got, err)
	}
}
