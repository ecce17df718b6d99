package dataset_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/codec/address"
	"github.com/cosmos/cosmos-sdk/runtime"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	"github.com/cosmos/cosmos-sdk/testutil"
	sdk "github.com/cosmos/cosmos-sdk/types"
	moduletestutil "github.com/cosmos/cosmos-sdk/types/module/testutil"
	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/althing-network/althing/chain/dataset"
	"github.com/althing-network/althing/chain/ledger"
	"github.com/althing-network/althing/pb/datasetpb"
	"github.com/althing-network/althing/pb/ledgerpb"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/spec"
)

var errNoNode = errors.New("node not found")

// nodes are a registry in memory: node n is at place n-1.
type nodes []spec.Node

func (n nodes) Get(_ context.Context, id uint64) (spec.Node, error) {
	if id == 0 || id > uint64(len(n)) {
		return spec.Node{}, errNoNode
	}
	return n[id-1], nil
}

func (n nodes) IDOf(_ context.Context, owner string) (uint64, error) {
	for _, node := range n {
		if node.Owner == owner {
			return node.ID, nil
		}
	}
	return 0, errNoNode
}

// account returns an address that begins with a name.
func account(name string) string {
	s, err := address.NewBech32Codec("althing").BytesToString([]byte(name + strings.Repeat(" ", 20-len(name))))
	if err != nil {
		panic(err)
	}
	return s
}

// registry is a keeper with its ledger and a context to call both in. The nodes of ann (1) and bob (2)
// provide data; those of ann and eve (3) train.
type registry struct {
	dataset.Keeper
	ledger ledger.Keeper
	ctx    sdk.Context
	codec  codec.Codec
	keys   map[string]*storetypes.KVStoreKey
}

func open() registry {
	keys := storetypes.NewKVStoreKeys(dataset.Name, ledger.Name)
	r := registry{
		ctx:   testutil.DefaultContextWithKeys(keys, nil, nil).WithBlockHeight(7),
		codec: moduletestutil.MakeTestEncodingConfig(dataset.Module{}).Codec,
		keys:  keys,
	}
	r.ledger = ledger.NewKeeper(r.codec, runtime.NewKVStoreService(keys[ledger.Name]))
	r.Keeper = dataset.NewKeeper(r.codec, runtime.NewKVStoreService(keys[dataset.Name]), nodes{
		{ID: 1, Owner: account("ann"), Profile: spec.Profile{Roles: spec.DataProvider | spec.Trainer}},
		{ID: 2, Owner: account("bob"), Profile: spec.Profile{Roles: spec.DataProvider}},
		{ID: 3, Owner: account("eve"), Profile: spec.Profile{Roles: spec.Trainer}},
	}, r.ledger, address.NewBech32Codec("althing"))
	return r
}

// again returns another chain that begins with an export of this one.
func (r registry) again() registry {
	next := open()
	ledger.Module{Keeper: next.ledger}.InitGenesis(next.ctx, next.codec, ledger.Module{Keeper: r.ledger}.ExportGenesis(r.ctx, r.codec))
	dataset.Module{Keeper: next.Keeper}.InitGenesis(next.ctx, next.codec, dataset.Module{Keeper: r.Keeper}.ExportGenesis(r.ctx, r.codec))
	return next
}

func limit(epsilon cost.Epsilon) cost.Limit {
	return cost.Limit{Unit: cost.Client, Adjacency: cost.ZeroOut, Epsilon: epsilon * cost.OneEpsilon, Delta: cost.OneDelta / 100_000}
}

// registration returns an owner's registration of rows, which a word stands for.
func registration(owner, rows string, epsilon cost.Epsilon) *datasetpb.MsgRegister {
	return &datasetpb.MsgRegister{
		Owner: account(owner),
		Description: datasetpb.DescriptionFromSpec(spec.Description{
			Name: "digits", Commitment: spec.DigestOf([]byte(rows)), Features: 64, Classes: 10, Rows: 150, Key: spec.PublicKey{1},
		}),
		Limit: ledgerpb.LimitFromCost(limit(epsilon)),
	}
}

func (r registry) register(t *testing.T, msg *datasetpb.MsgRegister) uint64 {
	t.Helper()
	resp, err := r.Register(r.ctx, msg)
	if err != nil {
		t.Fatal(err)
	}
	return resp.Id
}

func TestRegister(t *testing.T) {
	r := open()
	msg := registration("ann", "rows of ann", 8)
	msg.Owner = strings.ToUpper(msg.Owner)
	id := r.register(t, msg)
	resp, err := r.Dataset(r.ctx, &datasetpb.QueryDataset{Id: id})
	if err != nil {
		t.Fatal(err)
	}
	d, err := resp.Dataset.ToSpec()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(spec.Dataset{
		ID: 1, Owner: account("ann"), Registered: 7,
		Description: spec.Description{Name: "digits", Commitment: spec.DigestOf([]byte("rows of ann")), Features: 64, Classes: 10, Rows: 150, Key: spec.PublicKey{1}},
	}, d); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	owner, b, err := r.ledger.Get(r.ctx, id)
	if err != nil || owner != account("ann") || b.Limit != limit(8) || b.Left() != 8*cost.OneEpsilon {
		t.Errorf("its book is %+v of %s (%v)", b, owner, err)
	}
}

func TestRegisterRefuses(t *testing.T) {
	r := open()
	r.register(t, registration("ann", "rows", 8))
	for name, c := range map[string]struct {
		change func(*datasetpb.MsgRegister)
		want   error
	}{
		"registered twice":          {func(m *datasetpb.MsgRegister) { m.Description.Commitment = commitment("rows") }, dataset.ErrRegistered},
		"no node":                   {func(m *datasetpb.MsgRegister) { m.Owner = account("dan") }, errNoNode},
		"a node that holds nothing": {func(m *datasetpb.MsgRegister) { m.Owner = account("eve") }, dataset.ErrOwner},
		"no address":                {func(m *datasetpb.MsgRegister) { m.Owner = "ann" }, dataset.ErrOwner},
		"no commitment":             {func(m *datasetpb.MsgRegister) { m.Description.Commitment = nil }, dataset.ErrDescription},
		"no key":                    {func(m *datasetpb.MsgRegister) { m.Description.Key = nil }, dataset.ErrDescription},
		"half a key":                {func(m *datasetpb.MsgRegister) { m.Description.Key = make([]byte, 16) }, dataset.ErrDescription},
		"half a commitment":         {func(m *datasetpb.MsgRegister) { m.Description.Commitment = make([]byte, 16) }, dataset.ErrDescription},
		"no name":                   {func(m *datasetpb.MsgRegister) { m.Description.Name = "" }, dataset.ErrDescription},
		"no unit":                   {func(m *datasetpb.MsgRegister) { m.Limit.Unit = 0 }, dataset.ErrDescription},
		"epsilon 0":                 {func(m *datasetpb.MsgRegister) { m.Limit.Epsilon = 0 }, cost.ErrLimit},
		"delta 0":                   {func(m *datasetpb.MsgRegister) { m.Limit.Delta = 0 }, cost.ErrLimit},
		"delta 1":                   {func(m *datasetpb.MsgRegister) { m.Limit.Delta = uint64(cost.OneDelta) }, cost.ErrLimit},
	} {
		msg := registration("ann", "other rows", 8)
		c.change(msg)
		cached, _ := r.ctx.CacheContext()
		if _, err := r.Register(cached, msg); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
	if id := r.register(t, registration("ann", "other rows", 8)); id != 2 {
		t.Errorf("the next one is number %d", id)
	}
}

// TestACopiedCommitmentKeepsNobodyOut: an attacker registers somebody else's commitment first. It gains
// nothing, and the owner of the rows can still register.
func TestACopiedCommitmentKeepsNobodyOut(t *testing.T) {
	r := open()
	copied := r.register(t, registration("bob", "rows of ann", 1))
	id := r.register(t, registration("ann", "rows of ann", 8))
	if owner, b, err := r.ledger.Get(r.ctx, id); err != nil || id == copied || owner != account("ann") || b.Limit != limit(8) {
		t.Errorf("ann's book is %+v of %s (%v)", b, owner, err)
	}
	r.again()
}

// granted lists the nodes that may train on a data set.
func (r registry) granted(t *testing.T, id uint64) []uint64 {
	t.Helper()
	resp, err := r.Grants(r.ctx, &datasetpb.QueryGrants{Dataset: id})
	if err != nil {
		t.Fatal(err)
	}
	return resp.Nodes
}

func TestGrantAndRevoke(t *testing.T) {
	r := open()
	id := r.register(t, registration("bob", "rows", 8))
	other := r.register(t, registration("ann", "rows of ann", 8))
	grant := func(owner string, dataset, node uint64) error {
		_, err := r.Grant(r.ctx, &datasetpb.MsgGrant{Owner: account(owner), Dataset: dataset, Node: node})
		return err
	}
	revoke := func(owner string, dataset, node uint64) error {
		_, err := r.Revoke(r.ctx, &datasetpb.MsgRevoke{Owner: account(owner), Dataset: dataset, Node: node})
		return err
	}
	for _, err := range []error{grant("bob", id, 3), grant("bob", id, 1), grant("ann", other, 1)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct{ got, want error }{
		"a node that does not exist":    {grant("bob", id, 9), errNoNode},
		"a node that does not train":    {grant("bob", id, 2), dataset.ErrGrant},
		"granted before":                {grant("bob", id, 3), dataset.ErrGrant},
		"somebody else's data set":      {grant("ann", id, 1), dataset.ErrOwner},
		"a data set that is not there":  {grant("bob", 9, 3), dataset.ErrNotFound},
		"revoked by somebody else":      {revoke("eve", id, 3), dataset.ErrOwner},
		"revoked though never granted":  {revoke("ann", other, 3), dataset.ErrGrant},
		"revoked of no data set at all": {revoke("ann", 0, 3), dataset.ErrNotFound},
	} {
		if !errors.Is(c.got, c.want) {
			t.Errorf("%s: got %v, want %v", name, c.got, c.want)
		}
	}
	if diff := cmp.Diff([]uint64{1, 3}, r.granted(t, id)); diff != "" {
		t.Errorf("granted (-want +got):\n%s", diff)
	}
	if err := revoke("bob", id, 1); err != nil {
		t.Fatal(err)
	}
	r = r.again()
	if diff := cmp.Diff([]uint64{3}, r.granted(t, id)); diff != "" {
		t.Errorf("granted after a restart (-want +got):\n%s", diff)
	}
	if may, err := r.Granted(r.ctx, other, 1); err != nil || !may {
		t.Errorf("ann's own node may train: %v (%v)", may, err)
	}
}

func TestOnlyTheOwnerLowersALimit(t *testing.T) {
	r := open()
	id := r.register(t, registration("ann", "rows", 8))
	set := func(owner string, epsilon cost.Epsilon) error {
		_, err := r.Limit(r.ctx, &datasetpb.MsgLimit{Owner: account(owner), Dataset: id, Limit: ledgerpb.LimitFromCost(limit(epsilon))})
		return err
	}
	if err := set("bob", 1); !errors.Is(err, dataset.ErrOwner) {
		t.Errorf("somebody else: got %v", err)
	}
	if err := set("ann", 9); !errors.Is(err, cost.ErrLimit) {
		t.Errorf("higher: got %v", err)
	}
	if err := set("ann", 3); err != nil {
		t.Fatal(err)
	}
	if _, b, err := r.ledger.Get(r.ctx, id); err != nil || b.Limit != limit(3) {
		t.Errorf("the limit is %s (%v)", b.Limit, err)
	}
	if _, err := r.Limit(r.ctx, &datasetpb.MsgLimit{Owner: account("ann"), Dataset: id}); !errors.Is(err, dataset.ErrDescription) {
		t.Errorf("no limit at all: got %v", err)
	}
}

// TestOnlyTheOwnerReplacesItsKey: only the owner can replace the key of its data set; nothing else
// changes.
func TestOnlyTheOwnerReplacesItsKey(t *testing.T) {
	r := open()
	id := r.register(t, registration("ann", "rows", 8))
	next := spec.PublicKey{2}
	for name, c := range map[string]struct {
		msg  datasetpb.MsgKey
		want error
	}{
		"another account": {datasetpb.MsgKey{Owner: account("bob"), Dataset: id, Key: next[:]}, dataset.ErrOwner},
		"no data set":     {datasetpb.MsgKey{Owner: account("ann"), Dataset: 9, Key: next[:]}, dataset.ErrNotFound},
		"no key":          {datasetpb.MsgKey{Owner: account("ann"), Dataset: id}, dataset.ErrDescription},
		"half a key":      {datasetpb.MsgKey{Owner: account("ann"), Dataset: id, Key: next[:16]}, dataset.ErrDescription},
	} {
		before := r.stored(dataset.Name)
		if _, err := r.Key(r.ctx, &c.msg); !errors.Is(err, c.want) || r.stored(dataset.Name) != before {
			t.Errorf("%s: got %v, want %v and no change", name, err, c.want)
		}
	}
	read := func() spec.Dataset {
		resp, err := r.Dataset(r.ctx, &datasetpb.QueryDataset{Id: id})
		if err != nil {
			t.Fatal(err)
		}
		d, err := resp.Dataset.ToSpec()
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	want := read()
	want.Key = next
	if _, err := r.Key(r.ctx, &datasetpb.MsgKey{Owner: account("ann"), Dataset: id, Key: next[:]}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, read()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDatasetsAreListed(t *testing.T) {
	r := open()
	letters := registration("bob", "letters", 8)
	letters.Description.Name = "letters"
	for _, msg := range []*datasetpb.MsgRegister{registration("ann", "1", 8), letters, registration("bob", "3", 8)} {
		r.register(t, msg)
	}
	for name, c := range map[string]struct {
		asked datasetpb.QueryDatasets
		want  []uint64
	}{
		"all":          {datasetpb.QueryDatasets{}, []uint64{1, 2, 3}},
		"bob's":        {datasetpb.QueryDatasets{Owner: strings.ToUpper(account("bob"))}, []uint64{2, 3}},
		"digits":       {datasetpb.QueryDatasets{Name: "digits"}, []uint64{1, 3}},
		"bob's digits": {datasetpb.QueryDatasets{Owner: account("bob"), Name: "digits"}, []uint64{3}},
		"two of them":  {datasetpb.QueryDatasets{Pagination: &query.PageRequest{Limit: 2}}, []uint64{1, 2}},
	} {
		resp, err := r.Datasets(r.ctx, &c.asked)
		if err != nil {
			t.Fatal(err)
		}
		var got []uint64
		for _, d := range resp.Datasets {
			got = append(got, d.Id)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if c.asked.Pagination != nil {
			continue
		}
		got = nil
		for at := (&query.PageRequest{Limit: 1}); ; at.Key = resp.Pagination.NextKey {
			c.asked.Pagination = at
			if resp, err = r.Datasets(r.ctx, &c.asked); err != nil {
				t.Fatal(err)
			}
			for _, d := range resp.Datasets {
				got = append(got, d.Id)
			}
			if len(resp.Pagination.NextKey) == 0 {
				break
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s, one at a time (-want +got):\n%s", name, diff)
		}
	}
}

// TestAttackManyDatasets: an attacker registers many data sets. The query of an owner for its own data
// sets, which a node sends before it takes part, must not cost more.
func TestAttackManyDatasets(t *testing.T) {
	r := open()
	r.register(t, registration("ann", "rows of ann", 8))
	gas := func(req datasetpb.QueryDatasets) storetypes.Gas {
		t.Helper()
		ctx := r.ctx.WithGasMeter(storetypes.NewInfiniteGasMeter())
		resp, err := r.Datasets(ctx, &req)
		if err != nil || len(resp.Datasets) == 0 || resp.Datasets[0].Id != 1 {
			t.Fatal(resp, err)
		}
		return ctx.GasMeter().GasConsumed()
	}
	asked := map[string]datasetpb.QueryDatasets{
		"whose": {Owner: account("ann")},
		"what":  {Name: "digits"},
		"both":  {Owner: account("ann"), Name: "digits"},
	}
	before := map[string]storetypes.Gas{}
	for name, req := range asked {
		before[name] = gas(req)
	}
	all := gas(datasetpb.QueryDatasets{})
	for i := range 50 {
		msg := registration("bob", fmt.Sprint(i), 8)
		msg.Description.Name = "letters"
		r.register(t, msg)
	}
	if more := gas(datasetpb.QueryDatasets{}); more < 10*all {
		t.Errorf("a list of 51 takes %d gas, of one %d", more, all)
	}
	for name, req := range asked {
		if after := gas(req); after != before[name] {
			t.Errorf("%s: %d gas, %d before others registered", name, after, before[name])
		}
	}
}

// TestCheckSaysWhoCouldPay: the check lists the data sets that can pay for a task and charges none.
func TestCheckSaysWhoCouldPay(t *testing.T) {
	r := open()
	example, strict, other := registration("bob", "2", 8), registration("bob", "3", 8), registration("bob", "4", 8)
	example.Limit.Unit = ledgerpb.UNIT_EXAMPLE
	strict.Limit.Adjacency = ledgerpb.ADJACENCY_REPLACE_ONE
	other.Description.Name = "letters"
	for _, msg := range []*datasetpb.MsgRegister{registration("ann", "1", 8), example, strict, other, registration("ann", "5", 3)} {
		r.register(t, msg)
	}
	release := cost.Release{Unit: cost.Client, Noise: cost.Laplace{Rate: cost.Fraction{Num: 1, Den: 10}}, Norm: cost.Norm{L1: 10}} // epsilon 1
	if err := r.ledger.Reserve(r.ctx, 5, 1, "update", release, 1); err != nil {
		t.Fatal(err)
	}
	before := r.ledgerState()
	resp, err := r.Check(r.ctx, &datasetpb.QueryCheck{Name: "digits", Release: ledgerpb.ReleaseFromCost(release), Releases: 4})
	if err != nil {
		t.Fatal(err)
	}
	type verdict struct {
		dataset, left, affords uint64
		refused                string
	}
	var got []verdict
	for _, v := range resp.Verdicts {
		got = append(got, verdict{v.Dataset, v.Left, v.Affords, v.Refused})
	}
	if diff := cmp.Diff([]verdict{
		{1, 8_000_000, 4, ""},
		{2, 8_000_000, 0, "release protects another unit: client: want example, the unit of the limit"},
		{3, 8_000_000, 4, ""}, // epsilon 2 each
		{5, 2_000_000, 2, "privacy budget exhausted: 2 of epsilon 3 at delta 0.00001 (client, zero-out) is left, enough for 2 of 4 releases"},
	}, got, cmp.AllowUnexported(verdict{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, r.ledgerState()); diff != "" {
		t.Errorf("the check has changed the ledger:\n%s", diff)
	}
	for name, asked := range map[string]datasetpb.QueryCheck{
		"no noise": {Name: "digits", Releases: 1, Release: ledgerpb.Release{Unit: ledgerpb.UNIT_CLIENT}},
		"clients sampled": {Name: "digits", Releases: 1, Release: func() ledgerpb.Release {
			sampled := ledgerpb.ReleaseFromCost(release)
			sampled.Poisson = 10
			return sampled
		}()},
	} {
		if _, err := r.Check(r.ctx, &asked); !errors.Is(err, ledgerpb.ErrRelease) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestPayer: a data set pays for a node if its owner has granted it to the node, the task admits the
// owner, and the book covers all releases.
func TestPayer(t *testing.T) {
	r := open()
	id := r.register(t, registration("ann", "rows", 2))
	if _, err := r.Grant(r.ctx, &datasetpb.MsgGrant{Owner: account("ann"), Dataset: id, Node: 3}); err != nil {
		t.Fatal(err)
	}
	anybody := func(string) bool { return true }
	costs := func(epsilon cost.Epsilon) func(cost.Limit) (cost.Amount, error) {
		return func(limit cost.Limit) (cost.Amount, error) {
			noise := cost.Laplace{Rate: cost.Fraction{Num: 1, Den: 10}}
			return limit.Cost(cost.Release{Unit: cost.Client, Noise: noise, Norm: cost.Norm{L1: 10 * uint64(epsilon)}})
		}
	}
	for name, c := range map[string]struct {
		dataset, node uint64
		admits        func(string) bool
		releases      uint64
		each          cost.Epsilon
		want          bool
	}{
		"all is well":                            {id, 3, anybody, 2, 1, true},
		"another node":                           {id, 1, anybody, 1, 1, false},
		"no data set":                            {id + 1, 3, anybody, 1, 1, false},
		"an owner who is not admitted":           {id, 3, func(owner string) bool { return owner != account("ann") }, 1, 1, false},
		"a limit below the price of one release": {id, 3, anybody, 1, 3, false},
		"a limit below that of all releases":     {id, 3, anybody, 3, 1, false},
	} {
		d, pays, err := r.Payer(r.ctx, c.dataset, c.node, c.admits, c.releases, costs(c.each))
		if err != nil || pays != c.want || pays && (d.ID != id || d.Owner != account("ann") || d.Key != spec.PublicKey{1}) || !pays && d != (spec.Dataset{}) {
			t.Errorf("%s: %t, %+v (%v)", name, pays, d, err)
		}
	}
}

// ledgerState returns every byte of the ledger's store.
func (r registry) ledgerState() string { return r.stored(ledger.Name) }

// stored returns every byte of a store.
func (r registry) stored(name string) string {
	var b strings.Builder
	all := r.ctx.KVStore(r.keys[name]).Iterator(nil, nil)
	defer all.Close()
	for ; all.Valid(); all.Next() {
		fmt.Fprintf(&b, "%x %x\n", all.Key(), all.Value())
	}
	return b.String()
}

func TestGenesisIsChecked(t *testing.T) {
	r := open()
	for _, msg := range []*datasetpb.MsgRegister{registration("ann", "1", 8), registration("bob", "2", 8)} {
		r.register(t, msg)
	}
	for _, node := range []uint64{1, 3} {
		if _, err := r.Grant(r.ctx, &datasetpb.MsgGrant{Owner: account("ann"), Dataset: 1, Node: node}); err != nil {
			t.Fatal(err)
		}
	}
	raw := dataset.Module{Keeper: r.Keeper}.ExportGenesis(r.ctx, r.codec)
	for want, change := range map[string]func(*datasetpb.Genesis){
		"follows data set 1":           func(g *datasetpb.Genesis) { g.Datasets[1].Id = 1 },
		"want ids below the next id 2": func(g *datasetpb.Genesis) { g.Next = 2 },
		"has no owner":                 func(g *datasetpb.Genesis) { g.Datasets[0].Owner = "" },
		"another data set with this commitment": func(g *datasetpb.Genesis) {
			g.Datasets[1].Description.Commitment, g.Datasets[1].Owner = g.Datasets[0].Description.Commitment, g.Datasets[0].Owner
		},
		"no public key of its owner":            func(g *datasetpb.Genesis) { g.Datasets[0].Description.Key = nil },
		"no commitment to its rows":             func(g *datasetpb.Genesis) { g.Datasets[1].Description.Commitment = nil },
		"grant of data set 3, which is missing": func(g *datasetpb.Genesis) { g.Grants[1].Dataset = 3 },
		"to node 0: want nodes from 1":          func(g *datasetpb.Genesis) { g.Grants[0].Node = 0 },
		"to node 1: want ascending":             func(g *datasetpb.Genesis) { g.Grants[0], g.Grants[1] = g.Grants[1], g.Grants[0] },
	} {
		var g datasetpb.Genesis
		r.codec.MustUnmarshalJSON(raw, &g)
		if err := dataset.Validate(g); err != nil {
			t.Fatal(err)
		}
		change(&g)
		if err := dataset.Validate(g); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error that says %q", err, want)
		}
	}
	refused := func(name string, books ledgerpb.Genesis, raw []byte) {
		t.Helper()
		next := open()
		ledger.Module{Keeper: next.ledger}.InitGenesis(next.ctx, next.codec, next.codec.MustMarshalJSON(&books))
		defer func() {
			if recover() == nil {
				t.Errorf("%s: accepted", name)
			}
		}()
		dataset.Module{Keeper: next.Keeper}.InitGenesis(next.ctx, next.codec, raw)
	}
	var books ledgerpb.Genesis
	r.codec.MustUnmarshalJSON(ledger.Module{Keeper: r.ledger}.ExportGenesis(r.ctx, r.codec), &books)
	books.Books[0].Owner = account("eve")
	refused("the book of somebody else", books, raw)
	refused("no book", ledgerpb.Genesis{}, raw)
	books.Books[0].Owner = account("ann")
	refused("a book of no data set", books, r.codec.MustMarshalJSON(&datasetpb.Genesis{Next: 1}))
	var shouted datasetpb.Genesis
	r.codec.MustUnmarshalJSON(raw, &shouted)
	books.Books[0].Owner, shouted.Datasets[0].Owner = strings.ToUpper(account("ann")), strings.ToUpper(account("ann"))
	refused("an owner whose word would never be heard", books, r.codec.MustMarshalJSON(&shouted))
}

func commitment(rows string) []byte {
	d := spec.DigestOf([]byte(rows))
	return d[:]
}
