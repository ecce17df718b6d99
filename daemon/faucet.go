package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon/settings"
)

// Faucet is the part of validator.json about the coins that the validator gives to newcomers.
// Only a validator whose RPC address is a loopback address may have a faucet, so it serves
// one machine.
type Faucet struct {
	Home    string `json:"home"`          // folder with the key of the account that pays; relative to the validator's
	Amount  uint64 `json:"amount_uthing"` // to each newcomer, once
	PerHour int    `json:"per_hour"`      // newcomers within one hour
}

// check reports the first field that is wrong, given the validator's RPC address.
func (f *Faucet) check(rpc string, checks settings.List) error {
	switch {
	case f == nil:
		return nil
	case f.Home == "":
		return checks.Missing("faucet.home")
	case f.Amount == 0 || f.Amount > settings.MaxHandout:
		return checks.Refuse("faucet.amount_uthing", strconv.FormatUint(f.Amount, 10))
	case f.PerHour < 1 || f.PerHour > settings.MaxHandouts:
		return checks.Refuse("faucet.per_hour", strconv.Itoa(f.PerHour))
	case !onLoopback(rpc):
		return &settings.Wrong{Name: "rpc", Given: strconv.Quote(rpc), Why: "a validator with a faucet is for one machine", Want: "a loopback address such as 127.0.0.1:26657, or no faucet"}
	}
	return nil
}

// onLoopback reports whether an address host:port can be reached from its own machine only.
func onLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err == nil && (host == "localhost" || net.ParseIP(host).IsLoopback())
}

const (
	faucetPath     = "/faucet"
	faucetTimeout  = 8 * time.Second // of one request, including its wait for others
	faucetQueue    = 4               // requests at the same time, of which one is served and the others wait; more are refused
	maxFaucetBody  = 256             // bytes of a request
	handoutsWindow = time.Hour       // over which handouts are counted
)

// payer is the account of a faucet.
type payer interface {
	HasHeld(ctx context.Context, address string) (bool, error)
	Send(ctx context.Context, m client.Message) (client.Receipt, error)
}

// handout is what a newcomer got.
type handout struct {
	address string
	at      time.Time
}

// faucet answers requests for coins, one after the other. An address that ever held a coin
// gets none: the chain remembers it, and the faucet remembers the addresses of an hour,
// whose transactions may not be in a block yet.
type faucet struct {
	amount  uint64
	perHour int
	open    func(context.Context) (payer, error) // the account that pays
	now     func() time.Time
	queue   chan struct{}

	mu     sync.Mutex
	recent []handout // of the last hour, perHour at most
}

// openFaucet prepares the faucet of a validator. It asks the chain only when somebody asks
// the faucet.
func (c ValidatorConfig) openFaucet(home string) (*faucet, error) {
	if c.Faucet == nil {
		return nil, nil
	}
	key, err := LoadKey(resolvePath(home, c.Faucet.Home))
	if err != nil {
		return nil, fmt.Errorf("faucet: %w", err)
	}
	return newFaucet(*c.Faucet, func(ctx context.Context) (payer, error) { return openPayer(ctx, "http://"+c.RPC, key) }), nil
}

func openPayer(ctx context.Context, rpc string, key *secp256k1.PrivKey) (payer, error) {
	chain, err := client.Dial(ctx, rpc)
	if err != nil {
		return nil, err
	}
	return chain.Account(ctx, key)
}

func newFaucet(config Faucet, open func(context.Context) (payer, error)) *faucet {
	return &faucet{amount: config.Amount, perHour: config.PerHour, open: open, now: time.Now, queue: make(chan struct{}, faucetQueue)}
}

// Handout is the answer of a faucet.
type Handout struct {
	Address string `json:"address"`
	Amount  uint64 `json:"uthing,omitempty"`
	Height  int64  `json:"height,omitempty"` // of the block with the transfer
	Error   string `json:"error,omitempty"`  // why there is none
}

// refusal is why a faucet gives nothing.
type refusal struct {
	status int // of HTTP
	why    string
}

func (r *refusal) Error() string { return r.why }

// ServeHTTP implements [http.Handler]. A request is a POST of {"address": "althing1..."}.
// A web page cannot send one: a browser lets no page of another site send this content type,
// and a site whose name leads to this machine sends its own name as the host.
func (f *faucet) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	given, err := f.answer(w, r)
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		status := http.StatusServiceUnavailable
		if why, ok := errors.AsType[*refusal](err); ok {
			status = why.status
		}
		given.Error = err.Error()
		w.WriteHeader(status)
	}
	_ = json.NewEncoder(w).Encode(given)
}

func (f *faucet) answer(w http.ResponseWriter, r *http.Request) (given Handout, err error) {
	switch {
	case r.Method != http.MethodPost:
		return given, &refusal{http.StatusMethodNotAllowed, "want a POST request"}
	case r.Header.Get("Content-Type") != "application/json":
		return given, &refusal{http.StatusUnsupportedMediaType, "want the content type application/json"}
	case !onLoopback(r.Host):
		return given, &refusal{http.StatusForbidden, "the faucet serves its own machine only"}
	}
	var asked struct {
		Address string `json:"address"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxFaucetBody)).Decode(&asked); err != nil {
		return given, &refusal{http.StatusBadRequest, fmt.Sprintf("want an object with an address, in at most %d bytes", maxFaucetBody)}
	}
	if err := client.CheckAddress(asked.Address); err != nil {
		return given, &refusal{http.StatusBadRequest, err.Error()}
	}
	select {
	case f.queue <- struct{}{}:
		defer func() { <-f.queue }()
	default:
		return given, &refusal{http.StatusTooManyRequests, "the faucet is busy: try again in some seconds"}
	}
	ctx, cancel := context.WithTimeout(context.Background(), faucetTimeout) // a client that disconnects does not stop a transfer
	defer cancel()
	given.Address = asked.Address
	f.mu.Lock()
	defer f.mu.Unlock()
	if given.Height, err = f.pay(ctx, asked.Address); err == nil {
		given.Amount = f.amount
	}
	return given, err
}

// pay sends coins to an address that never held one, and returns when they are in a block.
func (f *faucet) pay(ctx context.Context, address string) (height int64, err error) {
	if err := ctx.Err(); err != nil {
		return 0, &refusal{http.StatusTooManyRequests, "the faucet is busy: try again in some seconds"}
	}
	f.recent = slices.DeleteFunc(f.recent, func(h handout) bool { return f.now().Sub(h.at) >= handoutsWindow })
	switch {
	case slices.ContainsFunc(f.recent, func(h handout) bool { return h.address == address }):
		return 0, &refusal{http.StatusConflict, address + " has got its coins: the faucet gives once"}
	case len(f.recent) >= f.perHour:
		wait := f.recent[0].at.Add(handoutsWindow).Sub(f.now()).Round(time.Minute)
		return 0, &refusal{http.StatusTooManyRequests, fmt.Sprintf("the faucet gives to %d newcomers per hour: try again in %s", f.perHour, max(wait, time.Minute))}
	}
	account, err := f.open(ctx)
	if err != nil {
		return 0, err
	}
	held, err := account.HasHeld(ctx, address)
	if err != nil {
		return 0, err
	}
	if held {
		return 0, &refusal{http.StatusConflict, address + " has held coins before: the faucet gives to newcomers only"}
	}
	f.recent = append(f.recent, handout{address, f.now()})
	receipt, err := account.Send(ctx, client.Transfer{To: address, Amount: f.amount})
	if _, refused := errors.AsType[*client.Refusal](err); refused { // so it is in no block
		f.recent = f.recent[:len(f.recent)-1]
	}
	if errors.Is(err, client.ErrFunds) {
		return 0, &refusal{http.StatusServiceUnavailable, "the faucet is empty"}
	}
	return receipt.Height, err
}
