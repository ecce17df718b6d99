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
	"strconv"
	"time"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
)

// Localnet is a network on one machine: a folder that holds a home folder for each validator
// and each node. Each of them can run in a process of its own.
type Localnet struct {
	Dir        string
	Chain      string // empty: named after the time
	Validators int
	Commit     time.Duration // pause between two blocks; 0: DefaultCommit
	Gossip     time.Duration // pause of a validator between two checks of what a peer lacks; 0: DefaultGossip
	Voting     time.Duration // duration of a vote; 0: a minute
	Delay      time.Duration // between the passing of a proposal and its execution; 0: half a minute
	Hosts      []string      // IP addresses over which validators and nodes are spread; none: 127.0.0.1
	Port       int           // first port; the others follow it; 0: free ports are chosen
	Faucet     uint64        // uthing that a faucet may give to newcomers on this machine; 0: no faucet
	Residents  []Resident
}

// Resident is a node of a [Localnet].
type Resident struct {
	Config NodeConfig // without Chain, RPC and Listen, which Write fills in
	Rows   data.Table // Write saves them to the home folder, if there are any, and clears this field
	Funds  uint64     // uthing of its account in the genesis
	Serves bool       // blobs, at an address that Write chooses
}

// The faucet of a [Localnet] has its key in a folder in the home folder of the first
// validator. What it gives pays for a stake and leaves a reserve for fees.
const (
	faucetFolder  = "faucet"
	faucetAmount  = 200 * spec.Thing // per newcomer, in uthing
	faucetPerHour = 20               // newcomers
)

// Home returns the home folder of a validator or a node.
func (l Localnet) Home(name string) string { return filepath.Join(l.Dir, name) }

// Validator returns the name of the i-th validator, counted from 0.
func (Localnet) Validator(i int) string { return fmt.Sprintf("validator-%d", i+1) }

// RPC lists the validators' RPC addresses. It reads them from the folder, after Write.
func (l Localnet) RPC() []string {
	var addresses []string
	for i := range l.Validators {
		if c, err := LoadValidator(l.Home(l.Validator(i))); err == nil {
			addresses = append(addresses, "http://"+c.RPC)
		}
	}
	return addresses
}

// Write makes the folder. The i-th node asks the i-th validator first, and the next ones when
// that one does not answer.
func (l *Localnet) Write() error {
	if l.Chain == "" {
		l.Chain = "althing-" + time.Now().UTC().Format("20060102-150405")
	}
	addresses, err := l.addresses()
	if err != nil {
		return err
	}
	pause := cmp.Or(l.Commit, DefaultCommit)
	genesis := chain.Genesis{ChainID: l.Chain, Time: time.Now(), EvidenceAge: chain.EvidenceBlocks * pause}
	genesis.Nodes.Local = true
	genesis.Rules.VotingSeconds, genesis.Rules.DepositSeconds = seconds(cmp.Or(l.Voting, time.Minute)), 60
	genesis.Rules.MinDeposit = 10 * spec.Thing
	genesis.Votes.MaxOpen, genesis.Votes.HighThreshold = 20, 667_000 // no warmup: stake has a vote at once
	genesis.Timelock.DelaySeconds, genesis.Timelock.GraceSeconds = seconds(cmp.Or(l.Delay, time.Minute/2)), 120
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
	if l.Faucet > 0 && onLoopback(validators[0].RPC) {
		key, err := NewKey(filepath.Join(l.Home(l.Validator(0)), faucetFolder))
		if err != nil {
			return err
		}
		genesis.Accounts = append(genesis.Accounts, chain.Account{Address: addressOf(key), Amount: l.Faucet})
		validators[0].Faucet = &Faucet{Home: faucetFolder, Amount: faucetAmount, PerHour: faucetPerHour}
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

// seconds returns a duration in whole seconds, rounded down.
func seconds(d time.Duration) uint64 { return uint64(d / time.Second) }

// schemaFile holds the schema of a resident's rows, in its home folder.
const schemaFile = "schema.json"

func (r Resident) write(home string) error {
	hasSchema := !r.Rows.Schema.IsZero()
	if hasSchema { // a part of a table may lack some of the table's categories, so the schema is written
		r.Config.Data.Schema, r.Config.Data.Classes = schemaFile, 0
		if r.Config.Data.Missing == "" && hasMissingCell(r.Rows) {
			r.Config.Data.Missing = spec.MissingImpute
		}
	}
	if err := SaveNode(home, r.Config); err != nil || r.Config.Data.File == "" {
		return err
	}
	if hasSchema {
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

// hasMissingCell reports whether a table, which has a schema, lacks the value of a cell.
func hasMissingCell(t data.Table) bool {
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

// addresses picks two addresses for each validator, then one for each resident. Without a
// first port it tries ports below the range that operating systems use for outgoing
// connections. Otherwise a connection could take a port before the network listens on it.
func (l Localnet) addresses() ([]string, error) {
	const first, last = 10_000, 30_000
	all := l.Hosts
	if len(all) == 0 {
		all = []string{"127.0.0.1"}
	}
	var hosts []string
	for i := range l.Validators {
		hosts = append(hosts, all[i%len(all)], all[i%len(all)])
	}
	for i := range l.Residents {
		hosts = append(hosts, all[i%len(all)])
	}
	for _, host := range all {
		ip := net.ParseIP(host)
		if ip == nil || ip.IsUnspecified() {
			return nil, fmt.Errorf("host %q: want an IP address at which others reach it", host)
		}
		if l.Port == 0 && !ip.IsLoopback() {
			return nil, fmt.Errorf("host %s is another machine, and its free ports are unknown here: want the first port to use", host)
		}
	}
	addresses := make([]string, 0, len(hosts))
	for port := l.Port; port > 0 && len(addresses) < len(hosts); port++ {
		addresses = append(addresses, net.JoinHostPort(hosts[len(addresses)], strconv.Itoa(port)))
	}
	for port := first + rand.IntN(last-first); len(addresses) < len(hosts); port++ {
		if port > last+len(hosts) {
			return nil, fmt.Errorf("%d of %d ports are free: want the first port of as many free ones", len(addresses), len(hosts))
		}
		address := net.JoinHostPort(hosts[len(addresses)], strconv.Itoa(port))
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
