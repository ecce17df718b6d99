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

// Pauses of a validator whose file does not state them: between two blocks, and between two
// checks of what a peer lacks. One block per second suits validators on different continents.
// Each of a block's three steps (the proposal and two votes) may wait once for gossip, so
// CometBFT's default of 100 ms could take a third of a block. 20 ms are 50 checks per second
// and peer, which need hardly any processor time.
const (
	DefaultCommit = time.Second
	DefaultGossip = 20 * time.Millisecond
)

// Memory and disk of a validator whose file does not state them. The newest 100,000 blocks are
// kept in any case: for so long they can prove that a validator signed two blocks at one height.
// docs/validator.md has the sizes in bytes.
const (
	DefaultCache      = 64 * spec.MiB
	DefaultKeepBlocks = 100_000
	DefaultKeepStates = 10_000
)

// maxRequest is the longest request to a validator's RPC interface, in bytes: the longest
// transaction in base64, which adds a third, and 4 KiB for the rest of the request.
const maxRequest = chain.MaxTxBytes*4/3 + 4<<10

// validatorFile marks the home folder of a validator.
const validatorFile = "validator.json"

// ValidatorConfig is what the file validator.json in a validator's home folder says. The folder
// also holds the key of the validator's account, and CometBFT's folders config/ and data/.
// Defaults and bounds of the fields are listed in [settings.Validator].
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
	// WarnFree: a warning is logged when less than this is free on the disk; 0: DefaultWarnFree.
	WarnFree spec.Size `json:"warn_free,omitzero"`

	Cache      spec.Size `json:"cache"`       // for the chain's state in memory; 0: DefaultCache
	KeepBlocks int64     `json:"keep_blocks"` // number of newest blocks that it keeps; 0: all
	KeepStates int64     `json:"keep_states"` // number of newest heights whose state it can read; 0: all

	Faucet *Faucet `json:"faucet,omitempty"` // nil: the validator gives no coins
}

// validatorForm is a ValidatorConfig in the form of the file: pauses are text.
type validatorForm struct {
	ValidatorConfig
	Commit pauseText `json:"commit"`
	Gossip pauseText `json:"gossip"`
}

// pauseText is the duration of a pause, written like "50ms".
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

// config returns the configuration that the file states.
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

// logger returns the log of CometBFT and of the chain's application.
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

// comet returns the configuration of CometBFT that follows from c.
func (c ValidatorConfig) comet(home string) *config.Config {
	comet := config.DefaultConfig()
	comet.SetRoot(home)
	comet.Moniker = c.Name
	comet.P2P.ListenAddress = "tcp://" + c.P2P
	comet.P2P.PersistentPeers = strings.Join(c.Peers, ",")
	comet.P2P.AddrBookStrict = false // allows loopback addresses and private networks
	comet.P2P.AllowDuplicateIP = c.addressShared()
	// The peers of the file can connect even when strangers take up all connections.
	comet.P2P.UnconditionalPeerIDs = strings.Join(c.peerIDs(), ",")
	comet.P2P.PexReactor = false            // do not look for other peers than those of the file
	comet.RPC.MaxSubscriptionClients = 1000 // every node subscribes to new blocks
	comet.RPC.ListenAddress = ""            // serveRPC serves it instead
	comet.RPC.MaxBodyBytes = maxRequest     // CometBFT's default is a megabyte
	comet.Consensus.TimeoutCommit = c.Commit
	comet.Consensus.PeerGossipSleepDuration = c.Gossip
	comet.P2P.FlushThrottleTimeout = min(comet.P2P.FlushThrottleTimeout, c.Gossip) // do not delay what gossip sends by more than its own pause
	comet.Mempool.MaxTxsBytes = mempoolBytes
	comet.TxIndex.Indexer = "null"
	if c.Index {
		comet.TxIndex.Indexer = "kv"
	}
	return comet
}

// peerIDs returns the ids of the validator's peers.
func (c ValidatorConfig) peerIDs() (ids []string) {
	for _, peer := range c.Peers {
		id, _, _ := strings.Cut(peer, "@")
		ids = append(ids, id)
	}
	return ids
}

// addressShared reports whether several validators have one IP address, as on one machine. If
// none do, only one connection per address is allowed: an attacker then needs many addresses to
// take up all connections.
func (c ValidatorConfig) addressShared() bool {
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

// mempoolBytes limits the transactions that wait for a block, in bytes: as many as fill 64 blocks.
// CometBFT's own 1 GiB would be most of a laptop's memory.
const mempoolBytes = 64 << 20

// nodeBytes is the memory that one node of the state's tree takes in the cache, in bytes.
const nodeBytes = 512

// keep returns how much state the chain's application keeps.
func (c ValidatorConfig) keep() chain.Keep {
	return chain.Keep{States: uint64(c.KeepStates), Nodes: int(cmp.Or(c.Cache, DefaultCache) / nodeBytes)}
}

// ErrPortTaken is returned when an address of a validator or a node cannot be listened on, as a
// rule because another process does.
var ErrPortTaken = errors.New("port is taken")

// checkPorts returns [ErrPortTaken] unless the validator's addresses can be listened on.
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
