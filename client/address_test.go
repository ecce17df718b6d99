package client_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	cmttypes "github.com/cometbft/cometbft/types"

	"github.com/althing-network/althing/client"
)

func TestAddressesOfNodes(t *testing.T) {
	for word, want := range map[string]string{
		"127.0.0.1:26657":           "http://127.0.0.1:26657",
		"localhost:26657":           "http://localhost:26657",
		"[::1]:26657":               "http://[::1]:26657",
		"http://127.0.0.1:26657":    "http://127.0.0.1:26657",
		"https://rpc.example.org":   "https://rpc.example.org",
		"tcp://127.0.0.1:26657":     "tcp://127.0.0.1:26657",
		"https://example.org/chain": "https://example.org/chain",
	} {
		if got, err := client.ParseAddress(word); err != nil || got != want {
			t.Errorf("%q: got %q, %v; want %q", word, got, err, want)
		}
	}
	for _, word := range []string{"", "nonsense", "http://", "ftp://127.0.0.1:1", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:x", "a b:1", ":26657", "unix:///tmp/x"} {
		if got, err := client.ParseAddress(word); err == nil || !strings.Contains(err.Error(), "want ") {
			t.Errorf("%q: got %q, %v; want an error that shows what an address looks like", word, got, err)
		}
	}
}

// TestReasonsAreInWords: the reason why a request over the network failed has no words of Go's own
// packages.
func TestReasonsAreInWords(t *testing.T) {
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }))
	defer page.Close()
	broken := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer broken.Close()
	secret := httptest.NewTLSServer(http.NotFoundHandler())
	defer secret.Close()
	for address, want := range map[string]string{
		"http://127.0.0.1:1": "nothing listens there",
		page.URL:             "what answers there is no chain node",
		broken.URL:           "the connection broke",
		secret.URL:           "its certificate is not trusted on this machine",
		strings.Replace(page.URL, "http", "https", 1): "it speaks http, not https",
	} {
		_, err := client.Dial(t.Context(), address)
		if !errors.Is(err, client.ErrUnreachable) || err.Error() != "no chain at "+address+": "+want {
			t.Errorf("%s: got %v, want %s", address, err, want)
		}
	}
	for want, err := range map[string]error{
		"no answer within 10 seconds": context.DeadlineExceeded, "the request was interrupted": context.Canceled,
	} {
		if got := client.Reason(err); got != want {
			t.Errorf("%v: got %q, want %q", err, got, want)
		}
	}
}

// TestRefusalsAreInWords: nobody has to know the Cosmos SDK to understand a refusal.
func TestRefusalsAreInWords(t *testing.T) {
	for _, c := range []struct {
		refusal client.Refusal
		want    string
	}{
		{client.Refusal{Codespace: "sdk", Code: 5, Why: "spendable balance 1500000uthing is smaller than 7500000uthing: insufficient funds"}, "insufficient balance: the account can spend 1.5 THING, and the transaction needs 7.5 THING"},
		{client.Refusal{Codespace: "sdk", Code: 5, Why: "spendable balance is smaller than 2000000uthing: insufficient funds"}, "insufficient balance: the account can spend nothing, and the transaction needs 2 THING"},
		{client.Refusal{Codespace: "node", Code: 5, Why: "spendable balance 5uthing is smaller than 2000000uthing: insufficient funds: stake above balance"}, "the account can spend 0.000005 THING, and the transaction needs 2 THING: stake above balance"},
		{client.Refusal{Codespace: "gov", Code: 16, Why: "was (1000000uthing), need (2500000uthing): minimum deposit is too small"}, "was (1 THING), need (2.5 THING): minimum deposit is too small"},
		{client.Refusal{Codespace: "gov", Code: 1, Why: "uthing is the only coin"}, "uthing is the only coin"},
		{client.Refusal{Codespace: "sdk", Code: 11, Why: "out of gas in location: ReadFlat; gasWanted: 1, gasUsed: 2: out of gas"}, "the transaction needs more gas than it may use"},
		{client.Refusal{Codespace: "sdk", Code: 18, Why: "something is odd: invalid request"}, "something is odd"},
		{client.Refusal{Codespace: "task", Code: 2, Why: "task 7: task not found"}, "task 7: task not found"},
		{client.Refusal{Codespace: "gov", Code: 3, Why: "invalid proposer x: invalid proposer"}, "the proposal is not this account's: want the account that has proposed it"},
	} {
		if got := c.refusal.Error(); got != c.want {
			t.Errorf("%+v\ngot  %s\nwant %s", c.refusal, got, c.want)
		}
	}
	for _, why := range []string{"unordered tx ttl exceeds 10m0s: invalid request", "unordered transaction has a timeout_timestamp that has already passed: invalid request"} {
		r := client.Refusal{Codespace: "sdk", Code: 18, Why: why}
		if text := r.Error(); strings.Contains(text, "ttl") || !strings.Contains(text, "clocks") {
			t.Errorf("%s: got %s", why, text)
		}
	}
}

// TestClockSkewIsCalledThat: when the chain refuses the lifetime of a transaction, the error is
// clock skew and shows both clocks.
func TestClockSkewIsCalledThat(t *testing.T) {
	f := &fake{T: t, code: 42, after: func(*fake, cmttypes.Tx) {}, time: time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)}
	c := f.dial()
	_, err := c.Confirm(t.Context(), client.Signed{Bytes: []byte("tx")})
	if !errors.Is(err, client.ErrClockSkew) || !strings.Contains(err.Error(), "2020-01-02 03:04:05 UTC") || !strings.Contains(err.Error(), "has made no block") {
		t.Errorf("got %v, want clock skew with both times", err)
	}
	f.mu.Lock()
	f.time = time.Now().Add(time.Hour)
	f.mu.Unlock()
	_, err = c.Confirm(t.Context(), client.Signed{Bytes: []byte("tx")})
	if !errors.Is(err, client.ErrClockSkew) || !strings.Contains(err.Error(), "set this machine's clock") {
		t.Errorf("got %v, want the advice to set the clock", err)
	}
}
