package daemon

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/cometbft/cometbft/config"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/daemon/settings"
	"github.com/althing-network/althing/spec"
)

// Pauses of a validator whose file does not state them: between two blocks, and between
// two checks of what a peer lacks. One block per second suits validators on different
// continents. Each of a block's three steps (the proposal and two votes) may wait for
// gossip once, so CometBFT's 100 ms would be a third of the block; 20 ms means 50 checks
// per second and peer, which cost next to nothing.
const (
	DefaultCommit = time.Second
	DefaultGossip = 20 * time.Millisecond
)

// Memory and disk of a validator whose file does not state them. Whatever the file says,
// the blocks of at least the last 100,000 heights are kept, because they can prove that a
// validator signed two blocks at one height. See docs/validator.md for the bytes.
const (
	DefaultCache      = 64 * spec.MiB
	DefaultKeepBlocks = 100_000
	DefaultKeepStates = 10_000
)

// maxRequest is the longest request to a validator's RPC interface, in bytes: the longest
// transaction in base64, which is a third longer, and its envelope.
const maxRequest = chain.MaxTxBytes*4/3 + 4<<10

// validatorFile marks the home folder of a validator.
const validatorFile = "validator.json"

// ValidatorConfig is what the file validator.json in a validator's home folder says.
// Beside it the folder has the account's key, and what CometBFT keeps in config/ and
// data/. Defaults and bounds of its fields are listed in [settings.Validator].
type ValidatorConfig struct {
	Chain  string        `json:"chain"`
	Name   string        `json:"name"`
	P2P    string        `json:"p2p"`           // host:port for other validators
	RPC    string        `json:"rpc"`           // host:port for nodes and clients
	Peers  []string      `json:"peers"`         // id@host:port
	Commit time.Duration `json:"-"`             // pause between two blocks; in the file as text, "50ms"
	Gossip time.Duration `json:"-"`             // pause between two checks of what a peer lacks; in the file as text
	Index  bool          `json:"index"`         // whether it keeps an index of transactions
	Log    string        `json:"log,omitempty"` // debug, info, warn or error, to standard error; empty: nothing
	// WarnFree must be free on the disk, or a warning is logged; 0: DefaultWarnFree.
	WarnFree spec.Size `json:"warn_free,omitzero"`

	Cache      spec.Size `json:"cache"`       // state in memory; 0: DefaultCache
	KeepBlocks int64     `json:"keep_blocks"` // newest blocks that it keeps; 0: all
	KeepStates int64     `json:"keep_states"` // newest heights whose state it can read; 0: all

	Faucet *Faucet `json:"faucet,omitempty"` // nil: it gives no coins
}

// validatorForm is a ValidatorConfig as the file has it.
type validatorForm struct {
	ValidatorConfig
	Commit pauseText `json:"commit"`
	Gossip pauseText `json:"gossip"`
}

// pauseText is a time in which a validator does nothing, as text.
type pauseText time.Duration

// MarshalText implements [encoding.TextMarshaler].
func (p pauseText) MarshalText() ([]byte, error) { return []byte(time.Duration(p).String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (p *pauseText) UnmarshalText(b []byte) error {
	d, err := time.ParseDuration(string(b))
	if err == nil {
		*p = pauseText(d)
	}
	return err
}

// config is the configuration that a file has.
func (f validatorForm) config() ValidatorConfig {
	c := f.ValidatorConfig
	c.Commit, c.Gossip = time.Duration(f.Commit), time.Duration(f.Gossip)
	return c
}

// LoadValidator reads a validator's home folder. Where validator.json is wrong, the error
// names the line and the field, see [settings.Wrong].
func LoadValidator(home string) (ValidatorConfig, error) {
	form := validatorForm{Commit: pauseText(DefaultCommit), Gossip: pauseText(DefaultGossip)}
	form.Cache, form.KeepBlocks, form.KeepStates = DefaultCache, DefaultKeepBlocks, DefaultKeepStates
	err := loadSettings(home, validatorFile, "validator", settings.Validator(), &form, func() error { return form.config().Validate() })
	if err != nil {
		return ValidatorConfig{}, err
	}
	return form.config(), nil
}

// SaveValidator writes a validator's configuration into its home folder.
func SaveValidator(home string, c ValidatorConfig) error {
	if err := c.Validate(); err != nil {
		return err
	}
	b, err := json.MarshalIndent(validatorForm{ValidatorConfig: c, Commit: pauseText(c.Commit), Gossip: pauseText(c.Gossip)}, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(home, validatorFile), append(b, '\n'))
}

// Validate reports the first field that is wrong, as a [*settings.Wrong].
func (c ValidatorConfig) Validate() error {
	checks := settings.Validator()
	kept := func(n int64) bool { return n == 0 || n >= settings.MinKeep && n <= settings.MaxKeep }
	switch {
	case c.Chain == "":
		return checks.Missing("chain")
	case c.Name == "":
		return checks.Missing("name")
	case c.Name != filepath.Base(c.Name):
		return checks.Refuse("name", strconv.Quote(c.Name))
	case c.P2P == "":
		return checks.Missing("p2p")
	case !isAddress(c.P2P):
		return checks.Refuse("p2p", strconv.Quote(c.P2P))
	case c.RPC == "":
		return checks.Missing("rpc")
	case !isAddress(c.RPC):
		return checks.Refuse("rpc", strconv.Quote(c.RPC))
	case c.Commit <= 0 || c.Commit > settings.MaxPause:
		return checks.Refuse("commit", strconv.Quote(c.Commit.String()))
	case c.Gossip <= 0 || c.Gossip > settings.MaxPause:
		return checks.Refuse("gossip", strconv.Quote(c.Gossip.String()))
	case c.WarnFree < 0 || c.WarnFree > settings.MaxWarnFree:
		return checks.Refuse("warn_free", quotedSize(c.WarnFree))
	case c.Cache != 0 && (c.Cache < settings.MinCache || c.Cache > settings.MaxCache):
		return checks.Refuse("cache", quotedSize(c.Cache))
	case !kept(c.KeepBlocks):
		return checks.Refuse("keep_blocks", strconv.FormatInt(c.KeepBlocks, 10))
	case !kept(c.KeepStates):
		return checks.Refuse("keep_states", strconv.FormatInt(c.KeepStates, 10))
	}
	for _, peer := range c.Peers {
		if id, address, ok := strings.Cut(peer, "@"); !ok || id == "" || !isAddress(address) {
			return checks.Refuse("peers", strconv.Quote(peer))
		}
	}
	if _, err := c.logger(); err != nil {
		return checks.Refuse("log", strconv.Quote(c.Log))
	}
	return c.Faucet.check(c.RPC, checks)
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
	comet.P2P.AddrBookStrict = false // loopback and private addresses are allowed
	comet.P2P.AllowDuplicateIP = c.shares()
	// Strangers who take all connections do not keep the peers out.
	comet.P2P.UnconditionalPeerIDs = strings.Join(c.peerIDs(), ",")
	comet.P2P.PexReactor = false            // the peers are those of the file
	comet.RPC.MaxSubscriptionClients = 1000 // every node listens for heights
	comet.RPC.ListenAddress = ""            // see serveRPC
	comet.RPC.MaxBodyBytes = maxRequest     // CometBFT's own bound is a megabyte
	comet.Consensus.TimeoutCommit = c.Commit
	comet.Consensus.PeerGossipSleepDuration = c.Gossip
	comet.P2P.FlushThrottleTimeout = min(comet.P2P.FlushThrottleTimeout, c.Gossip) // otherwise messages wait longer than for gossip
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

// shares reports whether validators share an IP address, as on one machine. If they do not,
// each address may have only one connection, so that a stranger needs many addresses to take
// all connections.
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

// maxWaiting is how many bytes of transactions may wait for a block: as many as fill 64 blocks.
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

// checkPorts fails with [ErrPortTaken] if the validator cannot listen on its addresses.
func (c ValidatorConfig) checkPorts(ctx context.Context) error {
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
