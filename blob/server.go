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

// Server gives a store to other nodes:
//
//	PUT  /v1/tasks/{task}/rounds/{round}/updates/{node}
//	GET  /v1/tasks/{task}/rounds/{round}/updates/{node}   also ?manifest, HEAD
//	GET  /v1/tasks/{task}/rounds/{round}/updates
//	GET  /v1/models/{digest}                              also ?manifest, HEAD
//	GET  /v1/health
//
// A refusal has the status of its error (see [ErrMalformed] and those after it)
// and a body {"error": "..."}; it changes nothing. The fields are set before
// the first request and not changed after.
type Server struct {
	Chain  string
	Node   uint64 // its own id: requests are signed for it
	Store  Store
	Policy Policy
	Keys   Keys
	// Doubt, when set, is told of a node whose signature does not fit the key that Keys
	// has, and says whether Keys may know better now; then the signature is checked once
	// more.
	Doubt func(node uint64) bool
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Window is how far a request's time may be off; 0 is 60 s.
	Window time.Duration
	// Patience is how long a chunk may take; 0 is 30 s.
	Patience time.Duration
	// Speed is how many bytes a second come or go of a body, all in all; 0 is 32 KiB.
	Speed int64
	// Nodes and Strangers are how often one node, and one address from which nobody
	// signs, may ask; the zero values are rates with which a round of 2048 trainers
	// goes on undisturbed.
	Nodes, Strangers Rate
	// Penalty is how long who asks too often waits for its refusal, so that one who asks
	// again at once costs no more than one who does not; 0 is no time.
	Penalty time.Duration
	// Failed, when set, is told of every error that is answered with a 500: the
	// caller learns no more than "internal error".
	Failed func(*http.Request, error)
	// Stored, when set, is told of every update that was not held before. A request
	// that is refused, or brings what is there, tells nobody.
	Stored func(Label)

	once      sync.Once
	mux       *http.ServeMux
	mu        sync.Mutex
	uploads   map[Ref]int // running, at most maxUploads each
	nodes     buckets[uint64]
	addresses buckets[netip.Prefix]
	manifests lately[spec.Digest, func() (Manifest, error)]
}

// maxUploads lets a trainer whose connection broke try again while the server
// still waits for the broken one.
const maxUploads = 2

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.once.Do(s.route)
	conn := http.NewResponseController(w)
	if r.ContentLength == 0 {
		_ = conn.SetReadDeadline(time.Time{}) // nothing left to read: an answer may take its time
	} else {
		r = r.WithContext(r.Context()) // a copy: the original body knows of "100 Continue"
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

// handle answers a pattern once the caller is known.
func (s *Server) handle(pattern string, answer func(http.ResponseWriter, *http.Request, Caller) error) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		caller, err := s.admitted(r)
		if err == nil && !caller.Stranger() {
			signed(r.Context())
		}
		if err == nil {
			err = answer(w, r, caller)
		}
		if errors.Is(err, ErrTooOften) {
			s.punish(r)
		}
		if err != nil {
			s.refuse(w, r, err)
		}
	})
}

// punish waits for the penalty to be over, or for whoever is punished to go. Its
// connection makes room for those of nodes meanwhile, see [Door].
func (s *Server) punish(r *http.Request) {
	if s.Penalty == 0 {
		return
	}
	select {
	case <-time.After(s.Penalty):
	case <-r.Context().Done():
	}
}

// Health is what a server says of itself.
type Health struct {
	Chain string `json:"chain"`
	Node  uint64 `json:"node"`
}

// refusal is the body of an answer that is not 2xx.
type refusal struct {
	Error string `json:"error"`
}

func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	code, text := statusOf(err), err.Error()
	if code == http.StatusInternalServerError {
		text = "internal error"
		if s.Failed != nil && r.Context().Err() == nil { // else the caller hung up
			s.Failed(r, err)
		}
	}
	if often, ok := errors.AsType[tooOften](err); ok {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(often.wait.Seconds()))))
	}
	reply(w, code, refusal{text})
}

// reply writes JSON. An error of writing is the caller's broken connection.
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

func (s *Server) pace() pace { return pace{patience: s.patience(), speed: cmp.Or(s.Speed, Speed)} }

func (s *Server) patience() time.Duration {
	if s.Patience == 0 {
		return Patience
	}
	return s.Patience
}
