package model_test

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

func moments() ([]string, [][]float32) {
	second := count14()
	second[0] = -0.5
	return []string{"momentum", "second_moment"}, [][]float32{count14(), second}
}

func TestStateRoundTrip(t *testing.T) {
	names, want := moments()
	b, err := model.EncodeState(small(), names, want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := model.DecodeState(small(), names, b)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if size, err := model.StateSize(small(), names); err != nil || size != int64(len(b)) {
		t.Errorf("size %d (%v), want %d", size, err, len(b))
	}
}

func TestEncodeStateRefuses(t *testing.T) {
	names, values := moments()
	nan := count14()
	nan[13] = float32(math.NaN())
	for want, bad := range map[string][][]float32{
		"1 moments with 2 names":  values[:1],
		"second_moment has 13 va": {count14(), count14()[1:]},
		"weight 13 is NaN":        {count14(), nan},
	} {
		if _, err := model.EncodeState(small(), names, bad); !errors.Is(err, model.ErrModel) || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func TestDecodeStateRefuses(t *testing.T) {
	names, values := moments()
	b, err := model.EncodeState(small(), names, values)
	if err != nil {
		t.Fatal(err)
	}
	weights, err := model.File{Model: small(), Weights: count14()}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	other := small()
	other.Seed++
	for name, c := range map[string]struct {
		m     spec.Model
		names []string
		b     []byte
	}{
		"nothing":              {small(), names, nil},
		"truncated":            {small(), names, b[:len(b)-1]},
		"followed by more":     {small(), names, append(bytes.Clone(b), 0)},
		"a model":              {small(), names, weights},
		"of another model":     {other, names, b},
		"of another optimiser": {small(), names[:1], b},
	} {
		if got, err := model.DecodeState(c.m, c.names, c.b); !errors.Is(err, model.ErrModel) || got != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// FuzzDecodeState decodes any bytes as a state: an accepted state encodes to the same bytes.
func FuzzDecodeState(f *testing.F) {
	names, values := moments()
	b, err := model.EncodeState(small(), names, values)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(b[:100])
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := model.DecodeState(small(), names, b)
		if err != nil {
			if !errors.Is(err, model.ErrModel) {
				t.Fatalf("error %v does not wrap %v", err, model.ErrModel)
			}
			return
		}
		encoded, err := model.EncodeState(small(), names, got)
		if err != nil || !bytes.Equal(encoded, b) {
			t.Fatalf("an accepted state encodes to other bytes (%v)", err)
		}
	})
}
