package daemon_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cometbft/cometbft/rpc/core"
	rpcclient "github.com/cometbft/cometbft/rpc/jsonrpc/client"
	rpcserver "github.com/cometbft/cometbft/rpc/jsonrpc/server"
	rpctypes "github.com/cometbft/cometbft/rpc/jsonrpc/types"
	cmttypes "github.com/cometbft/cometbft/types"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/daemon"
)

// call calls a method over HTTP, without arguments.
func call(t *testing.T, url, method string) string {
	t.Helper()
	body := fmt.Appendf(nil, `{"jsonrpc": "2.0", "id": 1, "method": %q, "params": {}}`, method)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(answer)
}

// TestStrangersCallWhatClientsCall: strangers may call only the methods that clients call, by HTTP
// and by websocket.
func TestStrangersCallWhatClientsCall(t *testing.T) {
	v := startAll(t, found(t, "althing-test-offer", 1))
	defer stopAll(t, v)
	reach(t, dial(t, v[0]), 2)

	every, err := daemon.EveryMethod(v[0])
	if err != nil {
		t.Fatal(err)
	}
	comet := httptest.NewServer(every)
	defer comet.Close()
	socket := connect(t, v[0].RPC())

	const unknown = "Method not found"
	clients := []string{"abci_info", "abci_query", "block", "block_results", "broadcast_tx_sync", "commit", "header", "status"}
	for _, method := range slices.Sorted(maps.Keys(new(core.Environment).GetRoutes())) {
		if strings.Contains(method, "subscribe") {
			continue
		}
		if answer := call(t, comet.URL, method); strings.Contains(answer, unknown) {
			t.Errorf("%s: the attack fails without the defence: %s", method, answer)
		}
		offered := slices.Contains(clients, method)
		if answer := call(t, v[0].RPC(), method); strings.Contains(answer, unknown) == offered {
			t.Errorf("%s by HTTP: got %s; offered: %v", method, answer, offered)
		}
		answer := say(t, socket, method, "")
		if got := answer.Error != nil && answer.Error.Message == unknown; got == offered {
			t.Errorf("%s by websocket: got %v; offered: %v", method, answer, offered)
		}
	}

	open := connect(t, comet.URL)
	for _, query := range []string{"tm.event='NewBlock'", "tm.event='Tx'", "tm.event='NewBlockHeader' AND a.b CONTAINS 'c'", "a EXISTS"} {
		if answer := say(t, open, "subscribe", query); answer.Error != nil {
			t.Errorf("subscribe to %s: the attack fails without the defence: %v", query, answer)
		}
		if answer := say(t, socket, "subscribe", query); answer.Error == nil || !strings.Contains(answer.Error.Data, "want one of") {
			t.Errorf("subscribe to %s: got %v, want a refusal", query, answer)
		}
		if answer := say(t, open, "unsubscribe_all", ""); answer.Error != nil {
			t.Fatal(answer)
		}
	}
	for _, event := range []fmt.Stringer{cmttypes.EventQueryNewBlockHeader, cmttypes.EventQueryNewRoundStep} {
		if answer := say(t, socket, "subscribe", event.String()); answer.Error != nil {
			t.Errorf("subscribe to %s: %v", event, answer)
		}
	}
}

// TestLongRequestsAreNotRead: a validator reads the longest transaction that a block may hold, and
// refuses requests that are much longer. CometBFT's own limit is a megabyte.
func TestLongRequestsAreNotRead(t *testing.T) {
	v := startAll(t, found(t, "althing-test-long", 1))
	defer stopAll(t, v)
	every, err := daemon.EveryMethod(v[0])
	if err != nil {
		t.Fatal(err)
	}
	comet := httptest.NewServer(every)
	defer comet.Close()
	send := func(url string, size int) string {
		tx := base64.StdEncoding.EncodeToString(make([]byte, size))
		body := fmt.Sprintf(`{"jsonrpc": "2.0", "id": 1, "method": "broadcast_tx_sync", "params": {"tx": %q}}`, tx)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err.Error()
		}
		defer resp.Body.Close()
		answer, _ := io.ReadAll(resp.Body)
		return string(answer)
	}
	const checked = `"codespace":"sdk"` // the application has checked the transaction
	if answer := send(v[0].RPC(), chain.MaxTxBytes); !strings.Contains(answer, checked) {
		t.Errorf("the longest transaction: %s", answer)
	}
	if answer := send(comet.URL, 2*chain.MaxTxBytes); !strings.Contains(answer, checked) {
		t.Errorf("the attack fails without the defence: %s", answer)
	}
	if answer := send(v[0].RPC(), 2*chain.MaxTxBytes); strings.Contains(answer, checked) {
		t.Errorf("twice the longest: %s, want a refusal", answer)
	}
}

// TestIdleConnectionsMakeRoom: strangers who hold as many connections as a validator allows keep
// nobody out: connections without a request are closed to make room.
func TestIdleConnectionsMakeRoom(t *testing.T) {
	v := startAll(t, found(t, "althing-test-idle", 1))
	defer stopAll(t, v)
	every, err := daemon.EveryMethod(v[0])
	if err != nil {
		t.Fatal(err)
	}
	const places = 900 // limit of CometBFT's own listener
	undefended, err := rpcserver.Listen("tcp://127.0.0.1:0", places)
	if err != nil {
		t.Fatal(err)
	}
	comet := &http.Server{Handler: every, ReadHeaderTimeout: time.Minute}
	go func() { _ = comet.Serve(undefended) }()
	defer comet.Close()
	for _, c := range []struct {
		address string
		open    bool
	}{
		{undefended.Addr().String(), false},
		{strings.TrimPrefix(v[0].RPC(), "http://"), true},
	} {
		for range places {
			conn, err := net.Dial("tcp", c.address)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
		}
		conn, err := net.Dial("tcp", c.address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if !c.open { // no answer comes, however long one waits
			if err := conn.SetDeadline(time.Now().Add(300 * time.Millisecond)); err != nil {
				t.Fatal(err)
			}
		}
		_, _ = io.WriteString(conn, "GET /status HTTP/1.1\r\nHost: x\r\n\r\n")
		line, err := bufio.NewReader(conn).ReadString('\n')
		if answered := err == nil && strings.Contains(line, "200 OK"); answered != c.open {
			t.Errorf("after %d idle connections: got %q, %v; want an answer: %v", places, line, err, c.open)
		}
	}
}

// connect opens a websocket.
func connect(t *testing.T, url string) *rpcclient.WSClient {
	t.Helper()
	socket, err := rpcclient.NewWS(url, "/websocket")
	if err != nil {
		t.Fatal(err)
	}
	if err := socket.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Stop() })
	return socket
}

// say calls a method by websocket and returns its answer; events may come before it.
func say(t *testing.T, socket *rpcclient.WSClient, method, query string) rpctypes.RPCResponse {
	t.Helper()
	params := map[string]any{}
	if query != "" {
		params["query"] = query
	}
	if err := socket.Call(t.Context(), method, params); err != nil {
		t.Fatal(err)
	}
	for answer := range socket.ResponsesCh {
		if !strings.Contains(string(answer.Result), `"type":"tendermint/event/`) {
			return answer
		}
	}
	t.Fatalf("%s: the connection ended", method)
	return rpctypes.RPCResponse{}
}
