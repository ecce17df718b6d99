package daemon

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"path/filepath"
	"slices"
	"time"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
)

// Localnet is a network on one machine, as a folder with a home folder for each
// of its validators and nodes. Each can be run by a process of its own.
type Localnet struct {
	Dir        string
	Chain      string // empty: named after the time
	Validators int
	Commit     time.Duration // pause between two blocks; 0: DefaultCommit
	Gossip     time.Duration // rest of a validator before it looks for what a peer lacks; 0: DefaultGossip
	Voting     time.Duration // of a proposal; 0: a minute
	Delay      time.Duration // until what has passed may be executed; 0: half a minute
	Port       int           // first of the ports taken on loopback; 0: any that are free
	Residents  []Resident
}

// Resident is a node of a [Localnet].
type Resident struct {
	Config NodeConfig // without chain and addresses
	Rows   data.Table // written to the home folder if there are any, and not held any longer
	Funds  uint64     // uthing its account holds at the first block
	Serves bool       // has a blob interface
}

// Home is the folder of a validator or a node.
func (l Localnet) Home(name string) string { return filepath.Join(l.Dir, name) }

// Validator is the name of the i-th validator, counted from 0.
func (Localnet) Validator(i int) string { return fmt.Sprintf("validator-%d", i+1) }

// RPC lists the validators' RPC addresses, of a network that was written.
func (l Localnet) RPC() []string {
	var addresses []string
	for i := range l.Validators {
		if c, err := LoadValidator(l.Home(l.Validator(i))); err == nil {
			addresses = append(addresses, "http://"+c.RPC)
		}
	}
	return addresses
}

// Write makes the folder. Each node asks a validator of its own first, and the
// others when that one does not answer.
func (l *Localnet) Write() error {
	if l.Chain == "" {
		l.Chain = "althing-" + time.Now().UTC().Format("20060102-150405")
	}
	addresses, err := l.addresses(2*l.Validators + len(l.Residents))
	if err != nil {
		return err
	}
	pause := cmp.Or(l.Commit, DefaultCommit)
	genesis := chain.Genesis{ChainID: l.Chain, Time: time.Now(), EvidenceAge: chain.EvidenceBlocks * pause}
	genesis.Nodes.Local = true
	genesis.Rules.VotingSeconds, genesis.Rules.DepositSeconds = whole(cmp.Or(l.Voting, time.Minute)), 60
	genesis.Rules.MinDeposit = 10 * spec.Thing
	genesis.Votes.MaxOpen, genesis.Votes.HighThreshold = 20, 667_000 // and stake weighs at once
	genesis.Timelock.DelaySeconds, genesis.Timelock.GraceSeconds = whole(cmp.Or(l.Delay, time.Minute/2)), 120
	genesis.Nodes.UnbondingSeconds, genesis.Nodes.JailSeconds = 300, 30
	for _, r := range l.Residents {
		key, err := NewKey(l.Home(r.Config.Name))
		if err != nil {
			return err
		}
		genesis.Accounts = append(genesis.Accounts, chain.Account{Address: addressOf(key), Amount: r.Funds})
	}
	validators := make([]ValidatorConfig, l.Validators)
	rpc := make([]string, l.Validators)
	for i := range validators {
		validators[i] = ValidatorConfig{
			Name: l.Validator(i), P2P: addresses[2*i], RPC: addresses[2*i+1],
			Commit: pause, Gossip: cmp.Or(l.Gossip, DefaultGossip),
			Cache: DefaultCache, KeepBlocks: DefaultKeepBlocks, KeepStates: DefaultKeepStates,
		}
		rpc[i] = "http://" + addresses[2*i+1]
	}
	if err := InitValidators(l.Dir, genesis, validators); err != nil {
		return err
	}
	for i := range l.Residents {
		r := &l.Residents[i]
		r.Config.Chain = l.Chain
		for j := range rpc {
			r.Config.RPC = append(r.Config.RPC, rpc[(i+j)%len(rpc)])
		}
		if r.Serves {
			r.Config.Listen = addresses[2*l.Validators+i]
		}
		if err := r.write(l.Home(r.Config.Name)); err != nil {
			return err
		}
		r.Rows = data.Table{}
	}
	return nil
}

// whole is a duration in seconds.
func whole(d time.Duration) uint64 { return uint64(d / time.Second) }

// schemaFile is where a resident's home folder says what its rows look like.
const schemaFile = "schema.json"

func (r Resident) write(home string) error {
	named := !r.Rows.Schema.IsZero()
	if named { // a part of a table may look like less than the table
		r.Config.Data.Schema, r.Config.Data.Classes = schemaFile, 0
		if r.Config.Data.Missing == "" && holed(r.Rows) {
			r.Config.Data.Missing = spec.MissingImpute
		}
	}
	if err := SaveNode(home, r.Config); err != nil || r.Config.Data.File == "" {
		return err
	}
	if named {
		b, err := json.MarshalIndent(r.Rows.Schema, "", "  ")
		if err != nil {
			return err
		}
		if err := writeFile(filepath.Join(home, schemaFile), b); err != nil {
			return err
		}
	}
	return data.Save(filepath.Join(home, r.Config.Data.File), r.Rows)
}

// holed reports whether a cell is missing in a table with a schema.
func holed(t data.Table) bool {
	for i := range t.Rows() {
		row := t.Row(i)
		for _, c := range t.Schema.Columns {
			inputs := row[:c.Inputs()]
			row = row[c.Inputs():]
			switch {
			case c.Kind == spec.ColumnCategory && !slices.Contains(inputs, 1),
				c.Kind == spec.ColumnNumber && inputs[0] != inputs[0]: // NaN
				return true
			}
		}
	}
	return false
}

// addresses picks loopback addresses. Free ones are looked for below the ports
// that systems give to outgoing connections, so that none is lost before it is
// listened on.
func (l Localnet) addresses(n int) ([]string, error) {
	const first, last = 10_000, 30_000
	addresses := make([]string, 0, n)
	for port := l.Port; port > 0 && len(addresses) < n; port++ {
		addresses = append(addresses, fmt.Sprintf("127.0.0.1:%d", port))
	}
	for port := first + rand.IntN(last-first); len(addresses) < n; port++ {
		if port > last+n {
			return nil, fmt.Errorf("found only %d free ports of %d", len(addresses), n)
		}
		address := fmt.Sprintf("127.0.0.1:%d", port)
		listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", address)
		if err != nil {
			continue
		}
		if err := listener.Close(); err != nil {
			return nil, err
		}
		addresses = append(addresses, address)
	}
	return addresses, nil
}
