package daemon_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/tls"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/daemon"
)

// lines is a log that is safe for concurrent use.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) has(word string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.text.String(), word)
}

// TestAttackHandshakesFillNoLog: a plain HTTP server logs a line for each failed TLS handshake of a
// stranger. A node's server logs none, but still logs its own failures.
func TestAttackHandshakesFillNoLog(t *testing.T) {
	const strangers = 20
	config, err := blob.ServerTLS(ed25519.NewKeyFromSeed(make([]byte, 32)))
	if err != nil {
		t.Fatal(err)
	}
	for _, ours := range []bool{false, true} {
		said := &lines{}
		web := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("broken") }))
		web.Config.ErrorLog = log.New(said, "", 0)
		if ours {
			web.Config.ErrorLog = daemon.ServerLog(slog.New(slog.NewTextHandler(said, nil)))
		}
		web.Listener = tls.NewListener(web.Listener, config)
		web.Start()
		for range strangers {
			conn, err := net.Dial("tcp", web.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
			io.Copy(io.Discard, conn) // until the server closes the connection
			conn.Close()
		}
		c := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
		if answer, err := c.Get("https://" + web.Listener.Addr().String()); err == nil {
			answer.Body.Close()
			t.Error("a handler that panics answers")
		}
		web.Close()
		want := strangers
		if ours {
			want = 0
		}
		if got := strings.Count(said.text.String(), "TLS handshake error"); got != want || !strings.Contains(said.text.String(), "broken") {
			t.Errorf("a node's server %v: %d lines for %d strangers:\n%s", ours, got, strangers, said.text.String())
		}
	}
}
