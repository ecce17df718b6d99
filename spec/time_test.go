package spec_test

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/althing-network/althing/spec"
)

func TestDuration(t *testing.T) {
	for s, want := range map[string]spec.Duration{
		"1ms": 1, "0s": 0, "1.5s": 1500, "90s": 90_000, "10m": 600_000, "1h30m": 5_400_000, "1h0m5s": 3_605_000,
		"-10m": -600_000, "8760h": spec.MaxDuration, "0.001s": 1, "0.5h": 1_800_000, "1m1m": 120_000, "1.000ms": 1,
	} {
		if got, err := spec.ParseDuration(s); err != nil || got != want {
			t.Errorf("%q: got %d, %v; want %d", s, got, err, want)
		}
	}
	for _, s := range []string{
		"", "0", "-0", "10", "1.5", "s", "10 m", "10min", "2d", "1y", "1us", "0.1ms", "1s1", "NaN", "ten minutes", ".5s", "1.s", "1..5s", "1.2.3s", "+1s",
		"--1s", "1e3s", "9999999999999h", "9223372036854775807s", "9223372036854775807ms1ms", "½h",
	} {
		if got, err := spec.ParseDuration(s); err == nil {
			t.Errorf("%q is read as %d", s, got)
		}
	}
	for d, want := range map[spec.Duration]string{
		spec.Hour: "1h", 90 * spec.Second: "1m30s", 10 * spec.Minute: "10m", 2*spec.Hour + spec.Second: "2h1s",
		20 * spec.Hour: "20h", 0: "0s", 1: "1ms", -spec.Minute: "-1m", 1500: "1s500ms", 2*spec.Hour + 5: "2h5ms",
	} {
		if got := d.String(); got != want {
			t.Errorf("%d ms: got %q, want %q", int64(d), got, want)
		}
	}
}

func TestDurationRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := spec.Duration(rapid.Int64Range(-int64(spec.MaxDuration), int64(spec.MaxDuration)).Draw(t, "ms"))
		raw, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		var back spec.Duration
		if err := json.Unmarshal(raw, &back); err != nil || back != d {
			t.Errorf("%d is %s is %d, %v", int64(d), raw, int64(back), err)
		}
	})
}

func FuzzParseDuration(f *testing.F) {
	for _, s := range []string{"10m", "1h30m", "-1s", "0", "1e9s", "999999h999ms"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := spec.ParseDuration(s)
		if err != nil {
			return
		}
		if back, err := spec.ParseDuration(d.String()); err != nil || back != d {
			t.Errorf("%q is %s is %d, %v", s, d, int64(back), err)
		}
		if other, err := time.ParseDuration(s); err == nil && other.Milliseconds() != int64(d) {
			t.Errorf("%q is %s, and elsewhere %s", s, d, other)
		}
	})
}
