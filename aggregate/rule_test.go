package aggregate_test

import (
	"encoding/binary"
	"errors"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/aggregate"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

// expected are the expected results of a rule. A new rule gets an entry in [results]; then
// every test of this package that ranges over [rules] tests it.
type expected struct {
	// hand is the result for the three updates of TestRulesByHand.
	hand aggregate.Update
	// reference computes value j of the sum, and the divisor without the scale, in the
	// simplest way.
	reference func(r round, j int) (sum, divisor *big.Int)
	// golden is the digest of the model of TestGolden.
	golden string
}

func results() map[string]expected {
	return map[string]expected{
		spec.RuleFedAvg: {
			hand:      aggregate.Update{Sum: []int64{256 + 2*256 + 2*4*256, -256}, Divisor: 4 * 256},
			reference: func(r round, j int) (sum, divisor *big.Int) { return r.weighted(j, r.weights) },
			golden:    "3026ebfbac4a5139437281a0eb966904eaf123e46bafb780839a040c67e5528c",
		},
		spec.RuleMean: {
			hand: aggregate.Update{Sum: []int64{256 + 2*256 + 4*256, -256}, Divisor: 3 * 256},
			reference: func(r round, j int) (sum, divisor *big.Int) {
				return r.weighted(j, slices.Repeat([]uint64{1}, len(r.values)))
			},
			golden: "461dd6275b90477f46f34d8873d360d26306508d590eb4dc9b55c53d3129a61d",
		},
	}
}

// rules are all that spec lists.
func rules(t testing.TB) map[string]aggregate.Rule {
	t.Helper()
	all := make(map[string]aggregate.Rule)
	for _, word := range spec.Rules() {
		rule, err := aggregate.RuleOf(word.Name)
		if err != nil {
			t.Fatal(err)
		}
		all[word.Name] = rule
	}
	return all
}

func TestByName(t *testing.T) {
	all := rules(t)
	listed, tested := slices.Sorted(maps.Keys(all)), slices.Sorted(maps.Keys(results()))
	if diff := cmp.Diff(listed, tested); diff != "" {
		t.Errorf("rules that spec lists and rules with expected results (-spec +tests):\n%s", diff)
	}
	if all[spec.RuleFedAvg] != (aggregate.FedAvg{}) || all[spec.RuleMean] != (aggregate.Mean{}) {
		t.Errorf("the rules by name are %v", all)
	}
	for _, unknown := range []string{"", "FedAvg", "lion"} {
		if rule, err := aggregate.RuleOf(unknown); rule != nil || err == nil || !strings.Contains(err.Error(), "unknown aggregation rule") {
			t.Errorf("rule %q: got %v and error %v, want an error", unknown, rule, err)
		}
	}
}

// TestRulesByHand: three trainers with 1, 1 and 2 samples moved one weight by 1, 2 and 4, and
// another by -1, 0 and 0.
func TestRulesByHand(t *testing.T) {
	sources := []aggregate.Source{
		source(t, 1, 1, 8, 256, -256),
		source(t, 2, 1, 8, 2*256, 0),
		source(t, 3, 2, 8, 4*256, 0),
	}
	for name, rule := range rules(t) {
		got, err := rule.Combine(2, 8, sources)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(results()[name].hand, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestFedAvgIsTheMeanOfLocalModels: the global model plus the combined update is the weighted
// mean of the local models.
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
	update, err := aggregate.FedAvg{}.Combine(2, 20, sources)
	if err != nil {
		t.Fatal(err)
	}
	want := []float32{(3*1 + 0.25) / 4, (3*0 - 1) / 4.0}
	if diff := cmp.Diff(want, added(t, global, update)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestCombineRefuses: with an error a rule returns no update, and it closes every source.
func TestCombineRefuses(t *testing.T) {
	good := source(t, 1, 1, 8, 1, 2)
	broken, closed := errors.New("broken disk"), errors.New("digest differs")
	failing := func(s aggregate.Source, open func() (aggregate.Bytes, error)) aggregate.Source {
		s.Open = open
		return s
	}
	for _, test := range []struct {
		name    string
		count   int
		bits    uint32
		sources []aggregate.Source
		is      error
		want    string
	}{
		{"nothing", 2, 8, nil, aggregate.ErrNoUpdates, "no updates to aggregate"},
		{"another node's update", 2, 8, []aggregate.Source{good, {Slot: slot(2), Weight: 1, Open: good.Open}}, model.ErrUpdate, "node 2: update refused: node 1: want 2"},
		{"another round's update", 2, 8, []aggregate.Source{{Slot: spec.Slot{Chain: "althing-1", Task: 1, Round: 3, Node: 1}, Weight: 1, Open: good.Open}}, model.ErrUpdate, "round 2: want 3"},
		{"another scale", 2, 9, []aggregate.Source{good}, model.ErrUpdate, "scale bits 8: want 9"},
		{"another size", 1, 8, []aggregate.Source{good}, model.ErrUpdate, "count 2: want 1"},
		{"one update twice", 2, 8, []aggregate.Source{good, good}, nil, "node 1 has two updates"},
		{"scale too fine", 2, 31, []aggregate.Source{good}, nil, "scale of 31 bits"},
		{"no bytes", 2, 8, []aggregate.Source{failing(good, func() (aggregate.Bytes, error) { return nil, broken })}, broken, "node 1: open update"},
		{"a read that fails", 2, 8, []aggregate.Source{failing(good, func() (aggregate.Bytes, error) {
			b, err := good.Open()
			return file{Bytes: b, view: func(int64, int, func([]byte) error) error { return iotest.ErrTimeout }}, err
		})}, iotest.ErrTimeout, "node 1: read update"},
		{"a header that cannot be read", 2, 8, []aggregate.Source{failing(good, func() (aggregate.Bytes, error) {
			b, err := good.Open()
			return file{Bytes: b, readAt: func([]byte, int64) (int, error) { return 0, iotest.ErrTimeout }}, err
		})}, iotest.ErrTimeout, "node 1: read update"},
		{"an update cut short", 2, 8, []aggregate.Source{failing(good, func() (aggregate.Bytes, error) {
			b, err := good.Open()
			return file{Bytes: b, size: b.Size() - 1}, err
		})}, model.ErrUpdate, "node 1: update refused: list of values is truncated: 7 of 8 bytes"},
		{"an update with more behind it", 1, 8, []aggregate.Source{failing(source(t, 1, 1, 8, 1), func() (aggregate.Bytes, error) {
			b, err := source(t, 1, 1, 8, 1).Open()
			return file{Bytes: b, size: b.Size() + 1}, err
		})}, model.ErrUpdate, "node 1: update refused: bytes follow the last of 1 values"},
		{"bytes that do not verify when closed", 2, 8, []aggregate.Source{failing(good, func() (aggregate.Bytes, error) {
			b, err := good.Open()
			return file{Bytes: b, close: func() error { return closed }}, err
		})}, closed, "node 1: digest differs"},
	} {
		for name, rule := range rules(t) {
			t.Run(name+" "+test.name, func(t *testing.T) {
				open, sources := 0, slices.Clone(test.sources)
				for i, s := range sources {
					sources[i] = failing(s, func() (aggregate.Bytes, error) {
						b, err := s.Open()
						if err != nil {
							return nil, err
						}
						open++
						return file{Bytes: b, close: func() error { open--; return b.Close() }}, nil
					})
				}
				got, err := rule.Combine(test.count, test.bits, sources)
				if err == nil || !strings.Contains(err.Error(), test.want) || (test.is != nil && !errors.Is(err, test.is)) {
					t.Errorf("error %v: want one that says %q and is %v", err, test.want, test.is)
				}
				if got.Sum != nil || got.Divisor != 0 {
					t.Error("an update is returned with the error")
				}
				if open != 0 {
					t.Errorf("%d sources are left open", open)
				}
			})
		}
	}
}

// TestCombineNamesTheFirstValueBeyondTheRange: the error names the first value beyond the
// range of the first update that has one, on any number of cores, and also with more updates
// than are open at the same time.
func TestCombineNamesTheFirstValueBeyondTheRange(t *testing.T) {
	const count, trainers = 200_000, 130
	values := make([]int32, count)
	sources := make([]aggregate.Source, trainers)
	for i := range sources {
		sources[i] = source(t, uint64(i+1), 1, 8, values...)
	}
	for name, rule := range rules(t) {
		if _, err := rule.Combine(count, 8, sources); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	for _, test := range []struct {
		bad  map[int][]int // which values of which source
		want string
	}{
		{map[int][]int{7: {count - 1}}, "node 8: update refused: value 199999 is 1073741825"},
		{map[int][]int{70: {0}, 129: {0}}, "node 71: update refused: value 0 is 1073741825"},
		{map[int][]int{0: {190_000, 70_000, 70_001}, 1: {0}, 2: {180_000}}, "node 1: update refused: value 70000 is 1073741825"},
	} {
		changed := slices.Clone(sources)
		for i, places := range test.bad {
			b, err := sources[i].Open()
			if err != nil {
				t.Fatal(err)
			}
			update := make([]byte, b.Size())
			if _, err := b.ReadAt(update, 0); err != nil {
				t.Fatal(err)
			}
			for _, place := range places {
				binary.LittleEndian.PutUint32(update[len(update)-4*(count-place):], model.MaxValue+1)
			}
			changed[i] = aggregate.InMemory(sources[i].Slot, 1, update)
		}
		for name, rule := range rules(t) {
			if _, err := rule.Combine(count, 8, changed); !errors.Is(err, model.ErrRange) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: error %v, want %s", name, err, test.want)
			}
		}
	}
}

// TestCombineOpensFewAtATime: at most 64 of any number of updates are open at the same time.
func TestCombineOpensFewAtATime(t *testing.T) {
	for name, rule := range rules(t) {
		open, maxOpen := 0, 0
		sources := make([]aggregate.Source, 200)
		for i := range sources {
			sources[i] = source(t, uint64(i+1), 1, 8, 1)
			read := sources[i].Open
			sources[i].Open = func() (aggregate.Bytes, error) {
				open++
				maxOpen = max(maxOpen, open)
				b, err := read()
				return file{Bytes: b, close: func() error { open--; return nil }}, err
			}
		}
		update, err := rule.Combine(1, 8, sources)
		if err != nil || update.Sum[0] != 200 {
			t.Errorf("%s: got update %v and error %v, want a sum of 200", name, update, err)
		}
		if open != 0 || maxOpen > 64 {
			t.Errorf("%s: %d updates are left open, and up to %d were open: want 0 and at most 64", name, open, maxOpen)
		}
	}
}

// TestCombinePanicsInItsCaller: if a source panics in any goroutine, Combine panics in the
// goroutine of its caller.
func TestCombinePanicsInItsCaller(t *testing.T) {
	sources := []aggregate.Source{generated(t, 1, 1_000_000)}
	open := sources[0].Open
	sources[0].Open = func() (aggregate.Bytes, error) {
		b, err := open()
		return file{Bytes: b, view: func(at int64, n int, use func([]byte) error) error {
			if at > 3_000_000 {
				panic("no such place")
			}
			return b.View(at, n, use)
		}}, err
	}
	defer func() {
		if p := recover(); p != "no such place" {
			t.Errorf("recovered %v", p)
		}
	}()
	_, err := aggregate.FedAvg{}.Combine(1_000_000, 30, sources)
	t.Errorf("no panic, but %v", err)
}

func TestFedAvgWeightBound(t *testing.T) {
	largest := int32(model.MaxValue)
	combine := func(weights ...uint64) (aggregate.Update, error) {
		var sources []aggregate.Source
		for i, w := range weights {
			sources = append(sources, source(t, uint64(i), w, 0, largest, -largest))
		}
		return aggregate.FedAvg{}.Combine(2, 0, sources)
	}
	for _, weights := range [][]uint64{{1<<32 - 1}, {1 << 31, 1<<31 - 1}} {
		got, err := combine(weights...)
		if err != nil {
			t.Fatalf("weights %d: %v", weights, err)
		}
		want := aggregate.Update{Sum: []int64{(1<<32 - 1) << 30, -(1<<32 - 1) << 30}, Divisor: 1<<32 - 1}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("weights %d (-want +got):\n%s", weights, diff)
		}
	}
	for _, weights := range [][]uint64{{0}, {1, 0}, {1 << 32}, {1 << 31, 1 << 31}, {1, 1<<64 - 1}, {1 << 63, 1 << 63}} {
		if _, err := combine(weights...); err == nil || !strings.Contains(err.Error(), "weight") {
			t.Errorf("weights %d: error %v, want one about a weight", weights, err)
		}
	}
}
