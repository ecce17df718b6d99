package timelockpb

import (
	"fmt"
	"time"
)

// maxSeconds bounds the times of the parameters: 100 years.
const maxSeconds = 100 * 365 * 24 * 3600

// Validate reports the first mistake in the bounds.
func (b Bounds) Validate() error {
	for _, r := range []struct {
		name       string
		least, top uint64
	}{
		{"delay", b.MinDelaySeconds, b.MaxDelaySeconds},
		{"grace", b.MinGraceSeconds, b.MaxGraceSeconds},
	} {
		if r.least == 0 || r.least > r.top || r.top > maxSeconds {
			return fmt.Errorf("%s: min %d, max %d seconds: want 1 <= min <= max <= %d", r.name, r.least, r.top, maxSeconds)
		}
	}
	return nil
}

// Validate reports the first parameter that is out of bounds.
func (p Params) Validate(b Bounds) error {
	for _, r := range []struct {
		name             string
		is, least, above uint64
	}{
		{"delay_seconds", p.DelaySeconds, b.MinDelaySeconds, b.MaxDelaySeconds},
		{"grace_seconds", p.GraceSeconds, b.MinGraceSeconds, b.MaxGraceSeconds},
	} {
		if r.is < r.least || r.is > r.above {
			return fmt.Errorf("%s is %d: want %d to %d", r.name, r.is, r.least, r.above)
		}
	}
	if p.GuardianUntil < 0 || (p.Guardian == "") != (p.GuardianUntil == 0) {
		return fmt.Errorf("guardian %q until %d: want an account and a time, or neither", p.Guardian, p.GuardianUntil)
	}
	return nil
}

// Longest returns the longest time until an entry is closed, without the extra delay after a late
// change of its vote.
func (p Params) Longest() time.Duration {
	return time.Duration(p.DelaySeconds+p.GraceSeconds) * time.Second //nolint:gosec // both are bounded by Validate
}
