package task_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"cosmossdk.io/core/store"

	"github.com/cosmos/cosmos-sdk/runtime"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/chain/task"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// Prefixes of the parts of a task in the store.
const (
	records = byte(1)
	rounds  = byte(2)
	files   = byte(7)
)

// storeKey returns a key in one of the collections.
func storeKey(collection byte, numbers ...uint64) []byte {
	key := []byte{collection}
	for _, n := range numbers {
		key = binary.BigEndian.AppendUint64(key, n)
	}
	return key
}

// stored returns the bytes under a key.
func (w *world) stored(key []byte) []byte { return w.ctx.KVStore(w.keys[task.Name]).Get(key) }

// put writes bytes under a key; nil deletes the key.
func (w *world) put(key, value []byte) {
	s := w.ctx.KVStore(w.keys[task.Name])
	if value == nil {
		s.Delete(key)
		return
	}
	s.Set(key, value)
}

// shareless returns the record of a round with survivors that has selected no trainer: its pay cannot
// be divided.
func (w *world) shareless(record []byte) []byte {
	w.Helper()
	var r taskpb.Round
	w.must(r.Unmarshal(record))
	r.Asked, r.Next = 0, nil
	raw, err := r.Marshal()
	w.must(err)
	return raw
}

// TestPanicPostponesTask: a state at which package round panics stops its own task only. The task
// continues when the state is repaired.
func TestPanicPostponesTask(t *testing.T) {
	w := network(t, 5, 8, 8)
	broken, other := w.create("alice", digits()), w.create("bob", digits())
	w.play(broken, 1, spec.PhaseOpen)
	w.say(broken)
	record := storeKey(rounds, broken, 1)
	sound := w.stored(record)
	w.put(record, w.shareless(sound))

	state := round.State{Task: w.task(broken), Round: w.round(broken)}
	if _, err := round.Contain(func() (round.State, error) {
		next, _, err := state.Step(round.Moment{Height: w.ctx.BlockHeight(), Time: w.time()}, round.Tick{})
		return next, err
	}); err == nil || !strings.Contains(err.Error(), "panic") {
		t.Fatalf("the attack does not work: the machine says %v", err)
	}

	before := w.dump("bank", "registry")
	w.must(w.EndBlock(w.ctx))
	if events := fmt.Sprint(w.ctx.EventManager().Events()); !strings.Contains(events, "stuck: panic") {
		t.Errorf("no event says that the task is stuck: %s", events)
	}
	if w.dump("bank", "registry") != before {
		t.Error("something was changed before the panic")
	}
	w.solvent()
	w.ctx = w.ctx.WithEventManager(sdk.NewEventManager())
	w.next(time.Second)
	if got := w.finish(other); got.State != spec.TaskReached {
		t.Errorf("another task is %s", got.State)
	}
	w.put(record, sound)
	if got := w.finish(broken); got.State != spec.TaskReached {
		t.Errorf("the task that can go on is %s", got.State)
	}
	w.idle(21)
}

// TestCorruptTaskIsPostponed: a task whose record cannot be read stops itself only. It continues when
// the record is repaired.
func TestCorruptTaskIsPostponed(t *testing.T) {
	for name, spoil := range map[string]func(w *world, id uint64) (key, value []byte){
		"no task file":        func(_ *world, id uint64) ([]byte, []byte) { return storeKey(files, id), nil },
		"no round":            func(_ *world, id uint64) ([]byte, []byte) { return storeKey(rounds, id, 1), nil },
		"a round of no bytes": func(_ *world, id uint64) ([]byte, []byte) { return storeKey(rounds, id, 1), []byte("no round") },
		"no record":           func(_ *world, id uint64) ([]byte, []byte) { return storeKey(records, id), nil },
		"a record of no task": func(_ *world, id uint64) ([]byte, []byte) { return storeKey(records, id), []byte("no task") },
		"an unknown state": func(w *world, id uint64) ([]byte, []byte) {
			var r taskpb.Task
			w.must(r.Unmarshal(w.stored(storeKey(records, id))))
			r.State = 99
			raw, err := r.Marshal()
			w.must(err)
			return storeKey(records, id), raw
		},
		"a digest that is none": func(w *world, id uint64) ([]byte, []byte) {
			var r taskpb.Round
			w.must(r.Unmarshal(w.stored(storeKey(rounds, id, 1))))
			r.Base = []byte{1}
			raw, err := r.Marshal()
			w.must(err)
			return storeKey(rounds, id, 1), raw
		},
	} {
		w := network(t, 5, 8, 8)
		broken, other := w.create("alice", digits()), w.create("bob", digits())
		w.play(broken, 1, spec.PhaseOpen)
		w.say(broken)
		key, value := spoil(w, broken)
		sound := w.stored(key)
		w.put(key, value)
		ctx, write := w.ctx.CacheContext()
		if err := w.EndBlock(ctx); err != nil {
			t.Errorf("%s: the chain halts: %v", name, err)
			continue
		}
		if events := fmt.Sprint(ctx.EventManager().Events()); !strings.Contains(events, "stuck: ") {
			t.Errorf("%s: no event says that the task is stuck: %s", name, events)
		}
		write()
		w.next(1)
		quiet, _ := w.ctx.CacheContext() // a postponed task is not tried again at once
		w.must(w.EndBlock(quiet))
		if events := fmt.Sprint(quiet.EventManager().Events()); strings.Contains(events, "stuck: ") {
			t.Errorf("%s: the task is tried again in the next block", name)
		}
		for range 300 {
			if w.task(other).State.Final() {
				break
			}
			w.say(other)
			w.end()
		}
		if got := w.task(other); got.State != spec.TaskReached {
			t.Errorf("%s: another task is %s", name, got.State)
		}
		if key[0] == records {
			continue // the time at which it was due is in the record
		}
		w.put(key, sound)
		if got := w.finish(broken); got.State != spec.TaskReached {
			t.Errorf("%s: the repaired task is %s", name, got.State)
		}
		w.solvent()
		w.idle(21)
	}
}

// breaking is a store of which one access fails, with an error or, like the SDK's stores, with a
// panic.
type breaking struct {
	store.KVStoreService
	left   *int // accesses until the one that fails; below 0: none does
	panics bool
}

var errBreaks = errors.New("input/output error")

func (b breaking) OpenKVStore(ctx context.Context) store.KVStore {
	return breakingStore{b.KVStoreService.OpenKVStore(ctx), b}
}

type breakingStore struct {
	store.KVStore
	breaking
}

func (b breakingStore) fail() error {
	if *b.left--; *b.left != 0 {
		return nil
	}
	if b.panics {
		panic(errBreaks)
	}
	return errBreaks
}

func (b breakingStore) Get(key []byte) ([]byte, error) {
	if err := b.fail(); err != nil {
		return nil, err
	}
	return b.KVStore.Get(key)
}

func (b breakingStore) Has(key []byte) (bool, error) {
	if err := b.fail(); err != nil {
		return false, err
	}
	return b.KVStore.Has(key)
}

func (b breakingStore) Set(key, value []byte) error {
	if err := b.fail(); err != nil {
		return err
	}
	return b.KVStore.Set(key, value)
}

func (b breakingStore) Delete(key []byte) error {
	if err := b.fail(); err != nil {
		return err
	}
	return b.KVStore.Delete(key)
}

func (b breakingStore) Iterator(start, end []byte) (store.Iterator, error) {
	if err := b.fail(); err != nil {
		return nil, err
	}
	return b.KVStore.Iterator(start, end)
}

// TestFailingStoreHaltsTheBlock: when any access to the store fails at the end of a block, the block must
// fail. Postponing the task instead would make the validator fork, because the task continues on
// all others.
func TestFailingStoreHaltsTheBlock(t *testing.T) {
	for _, name := range []string{task.Name, "bank", "registry"} {
		for _, panics := range []bool{false, true} {
			if !panics && name != task.Name {
				continue // these stores are the SDK's, which panic
			}
			w := network(t, 5, 8, 8)
			id := w.create("alice", digits())
			w.play(id, 1, spec.PhaseOpen)
			w.say(id)
			left := new(int)
			kv := func(of string) store.KVStoreService {
				s := runtime.NewKVStoreService(w.keys[of])
				if of != name {
					return s
				}
				return breaking{s, left, panics}
			}
			k := task.NewKeeper(w.codec, kv(task.Name), newLedger(kv("bank")), newRegistry(w.codec, kv("registry")), nil, nil, nil, unsigned{}, denom, governors())
			accesses := 0
			for at := 1; ; at++ {
				*left = at
				ctx, _ := w.ctx.CacheContext()
				err := func() (err error) {
					defer func() {
						if r := recover(); r != nil {
							err = fmt.Errorf("panic: %v", r)
						}
					}()
					return k.EndBlock(ctx)
				}()
				if *left > 0 {
					break
				}
				accesses++
				if err == nil {
					t.Errorf("%s, panics %t: access %d fails, but the block succeeds: %s", name, panics, at, fmt.Sprint(ctx.EventManager().Events()))
				}
			}
			if accesses == 0 {
				t.Errorf("%s: the end of the block does not use it", name)
			}
			t.Logf("%s, panics %t: %d accesses", name, panics, accesses)
		}
	}
}
