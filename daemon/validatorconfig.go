package daemon

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cometbft/cometbft/config"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/spec"
)

// How long a validator rests where its file does not say. A block of a second suits
// validators on different continents; each of its three steps (the proposal and two
// votes) may wait for gossip once, so CometBFT's 100 ms would be a third of the block,
// and 20 ms costs a validator 50 looks a second for each peer, which is nothing.
const (
	DefaultCommit = time.Second
	DefaultGossip = 20 * time.Millisecond
)

// What a validator takes of its machine where its file does not say. Blocks are kept for
// the 100,000 heights in which it can be shown that somebody signed two of them, whatever
// the file says; so many cost the disk of a laptop little, and so do the states of the
// newest 10,000 heights. See docs/validator.md for the bytes.
const (
	DefaultCache      = 64 * spec.MiB
	DefaultKeepBlocks = 100_000
	DefaultKeepStates = 10_000
)

// The fewest heights that a validator may be told to keep. Clients look for their
// transaction in the blocks of a minute, and nodes ask for the state of a height that
// they heard of a moment ago.
const (
	minKeep  = 100
	maxKeep  = 1_000_000_000
	maxCache = spec.TiB
)

// maxRest is the longest that a validator may be told to rest.
const maxRest = time.Hour

// maxRequest is how long a request to a validator's RPC interface may be, in bytes: the
// longest transaction in base64, which is a third longer, and its envelope.
const maxRequest = chain.MaxTxBytes*4/3 + 4<<10

// validatorFile marks the home folder of a validator.
const validatorFile = "validator.json"

// ValidatorConfig is what a validator's home folder says of it. Beside it the
// folder has the account's key, and what CometBFT keeps in config/ and data/.
type ValidatorConfig struct {
	Chain  string        `json:"chain"`
	Name   string        `json:"name"`
	P2P    string        `json:"p2p"`           // host:port for other validators
	RPC    string        `json:"rpc"`           // host:port for nodes and clients
	Peers  []string      `json:"peers"`         // id@host:port
	Commit time.Duration `json:"-"`             // pause between two blocks; in the file as text, "50ms"
	Gossip time.Duration `json:"-"`             // rest before it looks again for what a peer lacks; in the file as text
	Index  bool          `json:"index"`         // keep an index of transactions, which costs a seventh of the work
	Log    string        `json:"log,omitempty"` // debug, info, warn or error, to standard error; empty: nothing
	// WarnFree must be free on the disk, or a warning is logged; 0: DefaultWarnFree.
	WarnFree spec.Size `json:"warn_free,omitzero"`

	Cache      spec.Size `json:"cache"`       // of the state that it keeps in memory; 0: DefaultCache
	KeepBlocks int64     `json:"keep_blocks"` // newest blocks that it keeps; 0: all
	KeepStates int64     `json:"keep_states"` // newest heights whose state it can read; 0: all
}

// validatorForm is a ValidatorConfig as the file has it.
type validatorForm struct {
	ValidatorConfig
	Commit rest `json:"commit"`
	Gossip rest `json:"gossip"`
}

// rest is a time in which a validator does nothing, as text.
type rest time.Duration

// MarshalText implements [encoding.TextMarshaler].
func (r rest) MarshalText() ([]byte, error) { return []byte(time.Duration(r).String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (r *rest) UnmarshalText(b []byte) error {
	d, err := time.ParseDuration(string(b))
	if err != nil {
		return fmt.Errorf("%q is no time with its unit, such as 50ms: %w", b, err)
	}
	*r = rest(d)
	return nil
}

// LoadValidator reads a validator's home folder.
func LoadValidator(home string) (ValidatorConfig, error) {
	path := filepath.Join(home, validatorFile)
	b, err := os.ReadFile(path)
	if err != nil {
		return ValidatorConfig{}, fmt.Errorf("home folder of a validator: %w", err)
	}
	form := validatorForm{Commit: rest(DefaultCommit), Gossip: rest(DefaultGossip)}
	form.Cache, form.KeepBlocks, form.KeepStates = DefaultCache, DefaultKeepBlocks, DefaultKeepStates
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&form); err != nil {
		return ValidatorConfig{}, fmt.Errorf("%s: %w", path, err)
	}
	c := form.ValidatorConfig
	c.Commit, c.Gossip = time.Duration(form.Commit), time.Duration(form.Gossip)
	if err := c.Validate(); err != nil {
		return ValidatorConfig{}, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// SaveValidator writes a validator's configuration into its home folder.
func SaveValidator(home string, c ValidatorConfig) error {
	if err := c.Validate(); err != nil {
		return err
	}
	b, err := json.MarshalIndent(validatorForm{ValidatorConfig: c, Commit: rest(c.Commit), Gossip: rest(c.Gossip)}, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(home, validatorFile), append(b, '\n'))
}

// Validate reports the first thing that is wrong with a configuration.
func (c ValidatorConfig) Validate() error {
	switch {
	case c.Chain == "":
		return fmt.Errorf("validator %q names no chain", c.Name)
	case c.Name == "" || c.Name != filepath.Base(c.Name):
		return fmt.Errorf("validator %q: want a name that can be a folder's", c.Name)
	case c.Commit <= 0 || c.Commit > maxRest:
		return fmt.Errorf("validator %q: commit is %s: want more than 0s and at most %s", c.Name, c.Commit, maxRest)
	case c.Gossip <= 0 || c.Gossip > maxRest:
		return fmt.Errorf("validator %q: gossip is %s: want more than 0s and at most %s", c.Name, c.Gossip, maxRest)
	case c.Cache != 0 && (c.Cache < spec.MiB || c.Cache > maxCache):
		return fmt.Errorf("validator %q: cache is %s: want %s to %s, or 0B for the default of %s", c.Name, c.Cache, spec.MiB, maxCache, DefaultCache)
	case c.KeepBlocks != 0 && (c.KeepBlocks < minKeep || c.KeepBlocks > maxKeep):
		return fmt.Errorf("validator %q: keep_blocks is %d: want %d to %d, or 0 for all", c.Name, c.KeepBlocks, minKeep, maxKeep)
	case c.KeepStates != 0 && (c.KeepStates < minKeep || c.KeepStates > maxKeep):
		return fmt.Errorf("validator %q: keep_states is %d: want %d to %d, or 0 for all", c.Name, c.KeepStates, minKeep, maxKeep)
	}
	for _, address := range []string{c.P2P, c.RPC} {
		if _, _, err := net.SplitHostPort(address); err != nil {
			return fmt.Errorf("validator %q: %w", c.Name, err)
		}
	}
	for _, peer := range c.Peers {
		if id, _, ok := strings.Cut(peer, "@"); !ok || id == "" {
			return fmt.Errorf("validator %q: peer %q: want id@host:port", c.Name, peer)
		}
	}
	_, err := c.logger()
	return err
}

// logger is where the chain node writes what it does.
func (c ValidatorConfig) logger() (*slog.Logger, error) {
	if c.Log == "" {
		return slog.New(slog.DiscardHandler), nil
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Log)); err != nil {
		return nil, fmt.Errorf("validator %q: log: %w", c.Name, err)
	}
	handler := slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level})
	return slog.New(handler).With(slog.String("validator", c.Name)), nil
}

// comet is the configuration of CometBFT that follows from c.
func (c ValidatorConfig) comet(home string) *config.Config {
	comet := config.DefaultConfig()
	comet.SetRoot(home)
	comet.Moniker = c.Name
	comet.P2P.ListenAddress = "tcp://" + c.P2P
	comet.P2P.PersistentPeers = strings.Join(c.Peers, ",")
	comet.P2P.AddrBookStrict = false // loopback and private networks are welcome
	comet.P2P.AllowDuplicateIP = c.shares()
	// Strangers who fill the interface do not keep them out.
	comet.P2P.UnconditionalPeerIDs = strings.Join(c.peerIDs(), ",")
	comet.P2P.PexReactor = false            // the peers are those of the file
	comet.RPC.MaxSubscriptionClients = 1000 // every node listens for heights
	comet.RPC.ListenAddress = ""            // see serveRPC
	comet.RPC.MaxBodyBytes = maxRequest     // CometBFT reads a megabyte of whatever anybody sends
	comet.Consensus.TimeoutCommit = c.Commit
	comet.Consensus.PeerGossipSleepDuration = c.Gossip
	comet.P2P.FlushThrottleTimeout = min(comet.P2P.FlushThrottleTimeout, c.Gossip) // what is found is sent as soon
	comet.Mempool.MaxTxsBytes = maxWaiting
	comet.TxIndex.Indexer = "null"
	if c.Index {
		comet.TxIndex.Indexer = "kv"
	}
	return comet
}

// peerIDs are the ids of the validator's peers.
func (c ValidatorConfig) peerIDs() (ids []string) {
	for _, peer := range c.Peers {
		id, _, _ := strings.Cut(peer, "@")
		ids = append(ids, id)
	}
	return ids
}

// shares reports whether validators share an address, as on one machine. Where they do
// not, each address has one connection, so that it takes many to fill an interface.
func (c ValidatorConfig) shares() bool {
	own, _, _ := net.SplitHostPort(c.P2P)
	if ip := net.ParseIP(own); ip.IsLoopback() {
		return true
	}
	hosts := map[string]bool{own: true}
	for _, peer := range c.Peers {
		_, address, _ := strings.Cut(peer, "@")
		host, _, _ := net.SplitHostPort(address)
		if hosts[host] {
			return true
		}
		hosts[host] = true
	}
	return false
}

// maxWaiting is how many bytes of transactions wait for a block: as many as fill 64.
// CometBFT's own 1 GiB would be most of a laptop's memory.
const maxWaiting = 64 << 20

// nodeBytes is what a node of a state's tree takes in memory, with its place in the
// cache.
const nodeBytes = 512

// keep is what the application keeps.
func (c ValidatorConfig) keep() chain.Keep {
	return chain.Keep{States: uint64(c.KeepStates), Nodes: int(cmp.Or(c.Cache, DefaultCache) / nodeBytes)}
}

// ErrPortTaken is returned when another process listens on an address of a
// validator or a node.
var ErrPortTaken = errors.New("port is taken")

// free reports whether the validator's addresses can be listened on.
func (c ValidatorConfig) free(ctx context.Context) error {
	for _, address := range []string{c.P2P, c.RPC} {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
		if err != nil {
			return fmt.Errorf("%w: %s: %w", ErrPortTaken, address, err)
		}
		if err := l.Close(); err != nil {
			return err
		}
	}
	return nil
}
