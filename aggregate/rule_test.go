package aggregate_test

import (
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/aggregate"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

func TestByName(t *testing.T) {
	if _, err := aggregate.ByName("krum"); err == nil || !strings.Contains(err.Error(), `unknown aggregation rule "krum"`) {
		t.Errorf("error %v", err)
	}
	if got := rules(t); got[spec.RuleFedAvg] != (aggregate.FedAvg{}) || got[spec.RuleMean] != (aggregate.Mean{}) {
		t.Errorf("the names lead to %v", got)
	}
}

// Three trainers with 1, 1 and 2 samples moved a weight by 1, 2 and 4.
func TestRulesByHand(t *testing.T) {
	sources := []aggregate.Source{
		source(t, 1, 1, 8, 256, -256),
		source(t, 2, 1, 8, 2*256, 0),
		source(t, 3, 2, 8, 4*256, 0),
	}
	for name, want := range map[string][]float32{
		spec.RuleFedAvg: {10 + 2.75, -0.25},                       // (1 + 2 + 2*4) / 4
		spec.RuleMean:   {float32(10 + 7.0/3), float32(-1.0 / 3)}, // (1 + 2 + 4) / 3
	} {
		got, err := rules(t)[name].Aggregate([]float32{10, 0}, 8, sources)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// Averaging what the trainers sent gives back the mean of their local weights.
func TestFedAvgIsTheMeanOfLocalModels(t *testing.T) {
	global := []float32{0.5, -0.25}
	locals := [][]float32{{1, 0}, {0.25, -1}}
	weights := []uint64{3, 1}
	var sources []aggregate.Source
	for i, local := range locals {
		values, err := model.Quantise(local, global, 20)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, source(t, uint64(i), weights[i], 20, values...))
	}
	got, err := aggregate.FedAvg{}.Aggregate(global, 20, sources)
	if err != nil {
		t.Fatal(err)
	}
	want := []float32{(3*1 + 0.25) / 4, (3*0 - 1) / 4.0}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestAggregateLeavesItsInputAlone(t *testing.T) {
	global := []float32{1, 2}
	if _, err := (aggregate.Mean{}).Aggregate(global, 8, []aggregate.Source{source(t, 1, 1, 8, 5, 6)}); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(global, []float32{1, 2}) {
		t.Errorf("global weights became %v", global)
	}
}

func TestAggregateRefuses(t *testing.T) {
	good := source(t, 1, 1, 8, 1, 2)
	broken, closed := errors.New("broken disk"), errors.New("digest differs")
	failing := func(s aggregate.Source, open func() (io.ReadCloser, error)) aggregate.Source {
		s.Open = open
		return s
	}
	for _, test := range []struct {
		name    string
		global  []float32
		bits    uint32
		sources []aggregate.Source
		is      error
		want    string
	}{
		{"nothing", nil, 8, nil, aggregate.ErrNoUpdates, "no updates to aggregate"},
		{"another node's update", nil, 8, []aggregate.Source{good, {Slot: slot(2), Weight: 1, Open: good.Open}}, model.ErrUpdate, "node 2: update refused: node 1: want 2"},
		{"another round's update", nil, 8, []aggregate.Source{{Slot: spec.Slot{Chain: "althing-1", Task: 1, Round: 3, Node: 1}, Weight: 1, Open: good.Open}}, model.ErrUpdate, "round 2: want 3"},
		{"another scale", nil, 9, []aggregate.Source{good}, model.ErrUpdate, "scale bits 8: want 9"},
		{"another size", []float32{1}, 8, []aggregate.Source{good}, model.ErrUpdate, "count 2: want 1"},
		{"one update twice", nil, 8, []aggregate.Source{good, good}, nil, "node 1 has two updates"},
		{"scale too fine", nil, 31, []aggregate.Source{good}, nil, "scale of 31 bits"},
		{"NaN in the global model", []float32{0, float32(math.NaN())}, 8, []aggregate.Source{good}, nil, "global weight 1 is NaN"},
		{"infinite global model", []float32{0, float32(math.Inf(-1))}, 8, []aggregate.Source{good}, nil, "global weight 1 is -Inf"},
		{"no bytes", nil, 8, []aggregate.Source{failing(good, func() (io.ReadCloser, error) { return nil, broken })}, broken, "node 1: open update"},
		{"a read that fails", nil, 8, []aggregate.Source{failing(good, func() (io.ReadCloser, error) {
			r, err := good.Open()
			return io.NopCloser(iotest.TimeoutReader(iotest.OneByteReader(r))), err
		})}, iotest.ErrTimeout, "node 1: read update"},
		{"bytes that do not verify", nil, 8, []aggregate.Source{failing(good, func() (io.ReadCloser, error) {
			r, err := good.Open()
			return closer{r, closed}, err
		})}, closed, "digest differs"},
	} {
		t.Run(test.name, func(t *testing.T) {
			global := test.global
			if global == nil {
				global = make([]float32, 2)
			}
			next, err := aggregate.FedAvg{}.Aggregate(global, test.bits, test.sources)
			if err == nil || !strings.Contains(err.Error(), test.want) || (test.is != nil && !errors.Is(err, test.is)) {
				t.Errorf("error %v: want one that says %q and is %v", err, test.want, test.is)
			}
			if next != nil {
				t.Error("a model comes with the error")
			}
		})
	}
}

// closer fails when closed, as a blob does whose bytes differ from its name.
type closer struct {
	io.Reader
	err error
}

func (c closer) Close() error { return c.err }

func TestFedAvgWeightBound(t *testing.T) {
	most := int32(model.MaxValue)
	add := func(weights ...uint64) ([]float32, error) {
		var sources []aggregate.Source
		for i, w := range weights {
			sources = append(sources, source(t, uint64(i), w, 0, most, -most))
		}
		return aggregate.FedAvg{}.Aggregate(make([]float32, 2), 0, sources)
	}
	for _, weights := range [][]uint64{{1<<32 - 1}, {1 << 31, 1<<31 - 1}} {
		got, err := add(weights...)
		if err != nil {
			t.Fatalf("weights %d: %v", weights, err)
		}
		if want := []float32{1 << 30, -1 << 30}; !slices.Equal(got, want) {
			t.Errorf("weights %d give %v, want %v", weights, got, want)
		}
	}
	for _, weights := range [][]uint64{{0}, {1, 0}, {1 << 32}, {1 << 31, 1 << 31}, {1, 1<<64 - 1}, {1 << 63, 1 << 63}} {
		if _, err := add(weights...); err == nil || !strings.Contains(err.Error(), "weight") {
			t.Errorf("weights %d: error %v", weights, err)
		}
	}
}

// The largest weights moved by the largest values stay finite.
func TestNextModelIsFinite(t *testing.T) {
	most := int32(model.MaxValue)
	global := []float32{math.MaxFloat32, -math.MaxFloat32, math.MaxFloat32, math.SmallestNonzeroFloat32}
	got, err := aggregate.Mean{}.Aggregate(global, 0, []aggregate.Source{source(t, 1, 1, 0, most, -most, -most, -most)})
	if err != nil {
		t.Fatal(err)
	}
	want := []float32{math.MaxFloat32, -math.MaxFloat32, math.MaxFloat32, -1 << 30}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
