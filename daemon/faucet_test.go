package daemon_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/spec"
)

// till is the account of a faucet, without a chain.
type till struct {
	mu     sync.Mutex
	held   map[string]uint64
	left   uint64
	fails  error         // returned by every transfer
	takes  time.Duration // time until a transfer is in a block
	atOnce int           // transfers that run now
	most   int           // largest number of transfers at the same time
}

func (t *till) HasHeld(_ context.Context, address string) (bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, held := t.held[address]
	return held, nil
}

func (t *till) Send(_ context.Context, m client.Message) (client.Receipt, error) {
	transfer := m.(client.Transfer)
	t.mu.Lock()
	t.atOnce++
	t.most = max(t.most, t.atOnce)
	t.mu.Unlock()
	time.Sleep(t.takes)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.atOnce--
	if t.fails != nil {
		return client.Receipt{}, t.fails
	}
	if transfer.Amount > t.left {
		return client.Receipt{}, &client.Refusal{Codespace: "sdk", Code: 5, Why: "insufficient funds"}
	}
	t.left -= transfer.Amount
	t.held[transfer.To] += transfer.Amount
	return client.Receipt{Height: 7}, nil
}

// somebody returns an address that nobody has used.
func somebody(t *testing.T) string {
	t.Helper()
	address, err := client.Address(secp256k1.GenPrivKey())
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// faucetServer serves a faucet that gives 200 THING to each of some newcomers per hour.
func faucetServer(t *testing.T, perHour int, account *till, now func() time.Time) *httptest.Server {
	t.Helper()
	if account.held == nil {
		account.held = map[string]uint64{}
	}
	server := httptest.NewServer(daemon.NewFaucet(daemon.Faucet{Home: "faucet", Amount: 200 * spec.Thing, PerHour: perHour}, account, now))
	t.Cleanup(server.Close)
	return server
}

// TestFaucetGivesOnce: each newcomer gets coins once, and only a limited number of newcomers per
// hour.
func TestFaucetGivesOnce(t *testing.T) {
	now := time.Now()
	account := &till{left: 1000 * spec.Thing, held: map[string]uint64{}}
	server := faucetServer(t, 2, account, func() time.Time { return now })
	ask := func(address string) error {
		_, err := daemon.AskFaucet(t.Context(), server.URL, address)
		return err
	}
	first, rich := somebody(t), somebody(t)
	given, err := daemon.AskFaucet(t.Context(), server.URL, first)
	if want := (daemon.Handout{Address: first, Amount: 200 * spec.Thing, Height: 7}); err != nil || given != want {
		t.Fatalf("got %+v (%v), want %+v", given, err, want)
	}
	account.held[rich] = 1
	for name, c := range map[string]struct{ address, want string }{
		"again":           {first, "has got its coins: the faucet gives once"},
		"a holder":        {rich, "has held coins before: the faucet gives to newcomers only"},
		"no address":      {"somebody", "want the address of an account"},
		"nothing":         {"", "want the address of an account"},
		"another network": {"cosmos1qypqxpq9qcrsszg2pvxq6rs0zqg3yyc5lzv7xu", "want the address of an account"},
	} {
		if err := ask(c.address); !errors.Is(err, daemon.ErrFaucetRefuses) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	if err := ask(somebody(t)); err != nil {
		t.Errorf("the second of two per hour: %v", err)
	}
	late := somebody(t)
	if err := ask(late); err == nil || !strings.Contains(err.Error(), "2 newcomers per hour: try again in 1h0m0s") {
		t.Errorf("the third of two per hour: %v", err)
	}
	now = now.Add(time.Hour)
	if err := ask(late); err != nil {
		t.Errorf("an hour later: %v", err)
	}
	if err := ask(first); err == nil || !strings.Contains(err.Error(), "has held coins before") {
		t.Errorf("the first one, an hour later: %v", err)
	}
}

func TestFaucetThatCannotPay(t *testing.T) {
	account := &till{left: 100 * spec.Thing}
	server := faucetServer(t, 5, account, time.Now)
	address := somebody(t)
	if _, err := daemon.AskFaucet(t.Context(), server.URL, address); err == nil || !strings.Contains(err.Error(), "the faucet is empty") {
		t.Errorf("a faucet that is empty: %v", err)
	}
	account.left = 1000 * spec.Thing
	if _, err := daemon.AskFaucet(t.Context(), server.URL, address); err != nil {
		t.Errorf("an address that an empty faucet has refused, after a refill: %v", err)
	}
	// A transfer that was not confirmed may still be in a block, so it is not sent again.
	account.fails = client.ErrUnconfirmed
	unlucky := somebody(t)
	_, _ = daemon.AskFaucet(t.Context(), server.URL, unlucky)
	account.fails = nil
	if _, err := daemon.AskFaucet(t.Context(), server.URL, unlucky); err == nil {
		t.Error("coins are sent twice where the first transfer may be in a block")
	}
	if _, err := daemon.AskFaucet(t.Context(), httptest.NewServer(http.NotFoundHandler()).URL, address); !errors.Is(err, daemon.ErrNoFaucet) {
		t.Errorf("a validator without a faucet: %v", err)
	}
	if _, err := daemon.AskFaucet(t.Context(), "http://127.0.0.1:1", address); !errors.Is(err, daemon.ErrNoFaucet) {
		t.Errorf("an address where nothing listens: %v", err)
	}
}

// TestAttackedFaucet: no attack on the faucet gets more coins than the limit per hour.
func TestAttackedFaucet(t *testing.T) {
	const perHour = 3
	account := &till{left: 1_000_000 * spec.Thing, takes: 5 * time.Millisecond}
	server := faucetServer(t, perHour, account, time.Now)
	address := somebody(t)
	post := func(body, contentType, host string) int {
		r, err := http.NewRequest(http.MethodPost, server.URL, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", contentType)
		if host != "" {
			r.Host = host
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return 0 // the server has closed the connection
		}
		defer answer.Body.Close()
		return answer.StatusCode
	}
	good := fmt.Sprintf(`{"address":%q}`, address)
	for name, c := range map[string]struct {
		body, contentType, host string
		want                    int
	}{
		"a web page":               {good, "text/plain", "", http.StatusUnsupportedMediaType},
		"another host name":        {good, "application/json", "evil.example:80", http.StatusForbidden},
		"a host without a port":    {good, "application/json", "evil.example", http.StatusForbidden},
		"no JSON":                  {"address=x", "application/json", "", http.StatusBadRequest},
		"a big body":               {`{"address":"` + strings.Repeat("a", 10<<20) + `"}`, "application/json", "", http.StatusBadRequest},
		"spaces before the object": {strings.Repeat(" ", 1<<20) + good, "application/json", "", http.StatusBadRequest},
	} {
		if got := post(c.body, c.contentType, c.host); got != c.want && (got != 0 || len(c.body) < 1<<20) {
			t.Errorf("%s: status %d, want %d", name, got, c.want)
		}
	}
	answer, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	if answer.Body.Close(); answer.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET: status %d, want %d", answer.StatusCode, http.StatusMethodNotAllowed)
	}

	var group sync.WaitGroup
	for i := range 200 {
		asks := address
		if i%2 == 0 {
			asks = somebody(t)
		}
		group.Go(func() { post(fmt.Sprintf(`{"address":%q}`, asks), "application/json", "") })
	}
	group.Wait()
	if len(account.held) > perHour || account.held[address] > 200*spec.Thing || account.most > 1 {
		t.Errorf("%d accounts got coins, one of them %d uthing, with %d transfers at the same time: want at most %d, 200 THING and 1", len(account.held), account.held[address], account.most, perHour)
	}
	if paid := 1_000_000*spec.Thing - account.left; paid > perHour*200*spec.Thing {
		t.Errorf("%s were paid within an hour, want at most %s", spec.Money(paid), spec.Money(perHour*200*spec.Thing))
	}
}
