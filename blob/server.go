package blob

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/althing-network/althing/spec"
)

// Server serves a store to other nodes:
//
//	PUT  /v1/tasks/{task}/rounds/{round}/updates/{node}
//	GET  /v1/tasks/{task}/rounds/{round}/updates/{node}   also ?manifest, HEAD
//	GET  /v1/tasks/{task}/rounds/{round}/updates
//	GET  /v1/models/{digest}                              also ?manifest, HEAD
//	GET  /v1/health
//
// A refusal has the status of its error (see [ErrMalformed] and the following errors) and a
// body {"error": "..."}; it changes nothing. Fields must be set before the first request
// and not be changed later.
type Server struct {
	Chain  string
	Node   uint64 // its own id, which the signature of a request includes
	Store  Store
	Policy Policy
	Keys   Keys
	// RefreshKey, when set, is called for a node whose signature does not match the key that Keys
	// returned. It reports whether Keys may return a newer key now; the signature is then
	// checked once more.
	RefreshKey func(node uint64) bool
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Window is how far a request's time may be from this server's clock; 0 is 60 s.
	Window time.Duration
	// ChunkTimeout is the time for one chunk of a body; 0 is 30 s.
	ChunkTimeout time.Duration
	// MinSpeed is the least average rate of a body in bytes per second; 0 is 32 KiB/s.
	MinSpeed int64
	// Nodes and Strangers limit the requests of one node, and the unsigned requests of one
	// address; zero values are rates that do not slow down a round of 2048 trainers.
	Nodes, Strangers Rate
	// Penalty delays the refusal of a caller that has sent too many requests, so that a
	// caller which retries at once costs no more than others; 0 is no delay.
	Penalty time.Duration
	// Failed, when set, is called for every error that is answered with 500. The caller gets
	// only "internal error".
	Failed func(*http.Request, error)
	// Stored, when set, is called for every new update, and not for refused or repeated
	// uploads.
	Stored func(Label)

	once      sync.Once
	mux       *http.ServeMux
	mu        sync.Mutex
	uploads   map[Ref]int // running uploads, at most maxUploads each
	nodes     buckets[uint64]
	addresses buckets[netip.Prefix]
	manifests lruCache[spec.Digest, func() (Manifest, error)]
}

// maxUploads is the bound on uploads to one slot at a time. A trainer whose connection
// broke can retry while the server still waits for the broken one.
const maxUploads = 2

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.once.Do(s.route)
	conn := http.NewResponseController(w)
	if r.ContentLength == 0 {
		_ = conn.SetReadDeadline(time.Time{}) // the request has no body: the answer has no read deadline
	} else {
		r = r.WithContext(r.Context()) // a copy, because net/http needs the original body for "100 Continue"
		r.Body = &pacedBody{r.Body, conn, s.pace()}
	}
	s.mux.ServeHTTP(&pacedAnswer{w, conn, s.pace()}, r)
}

func (s *Server) route() {
	const updates = "/v1/tasks/{task}/rounds/{round}/updates"
	s.uploads = map[Ref]int{}
	s.mux = http.NewServeMux()
	s.handle("PUT "+updates+"/{node}", s.putUpdate)
	s.handle("GET "+updates+"/{node}", s.getUpdate)
	s.handle("GET "+updates, s.listUpdates)
	s.handle("GET /v1/models/{digest}", s.getModel)
	s.mux.HandleFunc("GET /v1/health", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusOK, Health{Chain: s.Chain, Node: s.Node})
	})
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.refuse(w, r, fmt.Errorf("%w: no %s of %s here", ErrNotFound, r.Method, r.URL.Path))
	})
}

// handle registers the answer to a pattern, which gets the authenticated caller.
func (s *Server) handle(pattern string, answer func(http.ResponseWriter, *http.Request, Caller) error) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		caller, err := s.admit(r)
		if err == nil && !caller.Stranger() {
			noteSigned(r.Context())
		}
		if err == nil {
			err = answer(w, r, caller)
		}
		if errors.Is(err, ErrTooOften) {
			s.delayRefusal(r)
		}
		if err != nil {
			s.refuse(w, r, err)
		}
	})
}

// delayRefusal waits for the penalty, or until the caller disconnects. Meanwhile a [Door] may
// close the connection in favour of a node's.
func (s *Server) delayRefusal(r *http.Request) {
	if s.Penalty == 0 {
		return
	}
	select {
	case <-time.After(s.Penalty):
	case <-r.Context().Done():
	}
}

// Health says which chain and node a server serves.
type Health struct {
	Chain string `json:"chain"`
	Node  uint64 `json:"node"`
}

// errorBody is the body of an answer that is not 2xx.
type errorBody struct {
	Error string `json:"error"`
}

func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	code, text := statusOf(err), err.Error()
	if code == http.StatusInternalServerError {
		text = "internal error"
		if s.Failed != nil && r.Context().Err() == nil { // otherwise the caller has disconnected
			s.Failed(r, err)
		}
	}
	if often, ok := errors.AsType[tooOften](err); ok {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(often.wait.Seconds()))))
	}
	reply(w, code, errorBody{text})
}

// reply writes JSON. It ignores write errors, which are the caller's broken connection.
func reply(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v)
}

func (s *Server) now() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
}

func (s *Server) window() time.Duration {
	if s.Window == 0 {
		return Window
	}
	return s.Window
}

func (s *Server) pace() pace {
	return pace{chunkTimeout: s.chunkTimeout(), minSpeed: cmp.Or(s.MinSpeed, DefaultMinSpeed)}
}

func (s *Server) chunkTimeout() time.Duration {
	if s.ChunkTimeout == 0 {
		return DefaultChunkTimeout
	}
	return s.ChunkTimeout
}
