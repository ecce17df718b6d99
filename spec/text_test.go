package spec_test

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	exact "math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/althing-network/althing/spec"
)

func TestPPM(t *testing.T) {
	for s, want := range map[string]spec.PPM{
		"0": 0, "1": spec.One, "0.95": 950_000, "0.000001": 1, "1.000000": spec.One, "00.5": 500_000,
		"4294.967295": 1<<32 - 1, "12": 12 * spec.One,
		"1e-3": 1000, "1E-3": 1000, "1.5e-3": 1500, "15e-4": 1500, "0.15e-2": 1500, "1e-6": 1, "10e-7": 1, "0.00000001e2": 1,
		"1e3": 1000 * spec.One, "1e+0": spec.One, "1e00": spec.One, "4.294967295e3": 1<<32 - 1, "4294967295e-6": 1<<32 - 1,
		"0e99": 0, "0e-99": 0, "0.000e5": 0, "1.2345678e2": 123_456_780, "00.5e1": 5 * spec.One,
	} {
		if got, err := spec.ParsePPM(s); err != nil || got != want {
			t.Errorf("%q: got %d, %v; want %d", s, got, err, want)
		}
	}
	for _, s := range []string{
		"", ".", ".5", "1.", "1.2.3", "0.0000001", "-1", "+1", " 1", "1 ", "0x1",
		"1e-7", "1.5e-6", "1.0000001e0", "1e4", "4294.967296e0", "1e100", "1e-100", "1e99", "1e", "e3", ".e3", ".5e1", "1.e1", "1e1.0", "1e1e1", "1e 1",
		"1e--1", "1e+-1", "-1e-3", "1e1_0", "1e0x1", "1e٣", "1_000", "½", "٣",
		"4294.967296", "4295", "99999999999999999999999999", "NaN", "inf",
	} {
		if got, err := spec.ParsePPM(s); err == nil {
			t.Errorf("%q is read as %d", s, got)
		}
	}
}

func TestPPMRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := spec.PPM(rapid.Uint32().Draw(t, "ppm"))
		s := p.String()
		if strings.Contains(s, ".") && strings.HasSuffix(s, "0") {
			t.Errorf("%q is not the shortest", s)
		}
		if got, err := spec.ParsePPM(s); err != nil || got != p {
			t.Errorf("%d is %q is %d, %v", p, s, got, err)
		}
		power := rapid.IntRange(-6, 12).Draw(t, "power")
		shifted := new(exact.Rat).SetFrac(exact.NewInt(int64(p)), new(exact.Int).Exp(exact.NewInt(10), exact.NewInt(int64(power+6)), nil))
		scientific := fmt.Sprintf("%se%d", shifted.FloatString(18), power)
		if got, err := spec.ParsePPM(scientific); err != nil || got != p {
			t.Errorf("%d is %q is %d, %v", p, scientific, got, err)
		}
		data, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var back, of spec.PPM
		if err := json.Unmarshal([]byte(scientific), &of); err != nil || of != p {
			t.Errorf("%d is %s is %d, %v", p, scientific, of, err)
		}
		if err := json.Unmarshal(data, &back); err != nil || back != p {
			t.Errorf("%d is %s is %d, %v", p, data, back, err)
		}
	})
}

// text is implemented by types with a text form that can be read back.
type text[T any] interface {
	*T
	encoding.TextUnmarshaler
}

// roundTrips checks that the values have different texts, which read back as the same values, and that
// some other texts are refused.
func roundTrips[T comparable, P text[T]](t *testing.T, values []T, refused ...string) {
	t.Helper()
	said := map[string]T{}
	for _, v := range values {
		words := []byte(fmt.Sprint(v))
		if m, ok := any(v).(encoding.TextMarshaler); ok {
			if marshalled, err := m.MarshalText(); err != nil || !bytes.Equal(marshalled, words) {
				t.Errorf("String says %s, MarshalText %s, %v", words, marshalled, err)
			}
		}
		if other, twice := said[string(words)]; twice {
			t.Errorf("%#v and %#v are both %q", v, other, words)
		}
		said[string(words)] = v
		var back T
		if err := P(&back).UnmarshalText(words); err != nil || back != v {
			t.Errorf("%#v is %q is %#v, %v", v, words, back, err)
		}
	}
	for _, s := range refused {
		var v T
		if err := P(&v).UnmarshalText([]byte(s)); err == nil {
			t.Errorf("%q is read as %#v", s, v)
		} else if v != *new(T) {
			t.Errorf("%q is refused and leaves %#v", s, v)
		}
	}
}

func TestRoleText(t *testing.T) {
	var all []spec.Role
	for r := spec.Role(1); r.Valid(); r++ {
		all = append(all, r)
	}
	if len(all) != 31 {
		t.Errorf("%d combinations of 5 roles", len(all))
	}
	roundTrips(t, all, "", ",", "validator", "trainer,", "Trainer", "trainer;evaluator", "31")
	if got, err := spec.ParseRoles(" trainer , data-provider,trainer"); err != nil || got != spec.Trainer|spec.DataProvider {
		t.Errorf("got %s, %v", got, err)
	}
	for _, r := range []spec.Role{0, 32, 33, 255} {
		if r.Valid() {
			t.Errorf("role %d is valid", r)
		}
	}
}

func TestPhaseText(t *testing.T) {
	all := spec.Phases()
	for i, p := range all {
		if p.Final() != (i >= len(all)-2) {
			t.Errorf("%s: final %v", p, p.Final())
		}
		for j, q := range all {
			if p.Before(q) != (i < j) || p.After(q) != (i > j) {
				t.Errorf("%s before %s: %v, after: %v", p, q, p.Before(q), p.After(q))
			}
		}
		if !spec.Phase("").Before(p) {
			t.Errorf("no phase is not before %s", p)
		}
	}
	roundTrips(t, all, "", "unknown(0)", "unknown(9)", "Train", "train ")
}

func TestTaskStateText(t *testing.T) {
	all := spec.TaskStates()
	for i, s := range all {
		if s.Final() != (i >= len(all)-4) {
			t.Errorf("%s: final %v", s, s.Final())
		}
	}
	roundTrips(t, all, "", "unknown(0)", "unknown(8)", "Running", "done")
}

func TestDigestText(t *testing.T) {
	roundTrips(t, []spec.Digest{{}, spec.DigestOf(nil), spec.DigestOf([]byte("a"))},
		"", "00", strings.Repeat("0", 63), strings.Repeat("0", 65), strings.Repeat("g", 64), strings.Repeat("0", 62)+"  ")
	// SHA-256 of the empty string, FIPS 180-4.
	const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	if d := spec.DigestOf(nil); d.String() != empty || d.Short() != "e3b0c442" || d.IsZero() {
		t.Errorf("got %s, %s", d, d.Short())
	}
}

func TestDigestFrom(t *testing.T) {
	want := spec.DigestOf([]byte("a"))
	if got, err := spec.DigestFrom(want[:]); err != nil || got != want {
		t.Errorf("got %s, %v", got, err)
	}
	if got, err := spec.DigestFrom(nil); err != nil || !got.IsZero() {
		t.Errorf("got %s, %v", got, err)
	}
	for _, n := range []int{1, 31, 33, 64} {
		if _, err := spec.DigestFrom(make([]byte, n)); err == nil {
			t.Errorf("%d bytes are a digest", n)
		}
	}
}

func TestBitmap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		held := rapid.SliceOfN(rapid.Bool(), 0, 40).Draw(t, "held")
		b := spec.Bitmap(held)
		var back []bool
		for i := range held {
			back = append(back, spec.HasBit(b, i))
		}
		if len(held) > 0 && !cmp.Equal(held, back) {
			t.Errorf("%v is %v is %v", held, b, back)
		}
		for i := len(held); i < len(held)+20; i++ {
			if spec.HasBit(b, i) {
				t.Errorf("bit %d of %d is set", i, len(held))
			}
		}
	})
	if got := spec.Bitmap([]bool{true, false, false, false, false, false, false, false, true}); !cmp.Equal(got, []byte{1, 1}) {
		t.Errorf("got %v, want the lowest bit first", got)
	}
}

func FuzzParsePPM(f *testing.F) {
	for _, seed := range []string{"", "0", "1", "0.95", "4294.967295", "4294.967296", "1.", ".1", "1.0000000", "-1", "1e6", "1e-3", "1.5E+2", "10e-7", "1e-7", "e", "0e99"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := spec.ParsePPM(s)
		if err != nil {
			return
		}
		if again, err := spec.ParsePPM(p.String()); err != nil || again != p {
			t.Errorf("%q is %d is %q is %d, %v", s, p, p, again, err)
		}
		said, ok := new(exact.Rat).SetString(s)
		if !ok || said.Cmp(exact.NewRat(int64(p), int64(spec.One))) != 0 {
			t.Errorf("%q is %v, and read as %d ppm", s, said, p)
		}
	})
}

func FuzzParseDigest(f *testing.F) {
	for _, seed := range []string{"", "00", strings.Repeat("0", 64), strings.Repeat("Ab", 32), strings.Repeat("é", 32)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := spec.ParseDigest(s)
		if err == nil && d.String() != strings.ToLower(s) {
			t.Errorf("%q is %s", s, d)
		}
	})
}

func FuzzParseRoles(f *testing.F) {
	for _, seed := range []string{"", ",", "trainer", "trainer,evaluator", " consumer ,aggregator", "data-provider,x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := spec.ParseRoles(s)
		if err != nil {
			return
		}
		if again, err := spec.ParseRoles(r.String()); !r.Valid() || err != nil || again != r {
			t.Errorf("%q is %d is %q is %d, %v", s, r, r, again, err)
		}
	})
}
