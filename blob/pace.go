package blob

import (
	"context"
	"io"
	"net/http"
	"time"
)

// Patience is how long one chunk may take unless the server or the client says
// otherwise: whoever is slower than 256 KiB in 30 s is cut off.
const Patience = 30 * time.Second

// idle is how long a server keeps a connection without a request.
const idle = 30 * time.Second

// NewHTTPServer serves a handler with bounds on what a peer may hold open: the
// header within 10 s, the next request within 30 s, a request or an answer within
// [Patience] unless the handler extends it, as [Server] does chunk by chunk. How many
// connections there are is for its listener to bound, a [Door].
func NewHTTPServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       Patience,
		WriteTimeout:      Patience,
		IdleTimeout:       idle,
		MaxHeaderBytes:    16 << 10,
		ConnContext:       connected,
		ConnState:         used,
	}
}

// Speed is how many bytes a second a peer has to bring or take of a blob, all in all,
// unless the server or the client says otherwise: one of 256 MiB takes less than three
// hours.
const Speed = 32 << 10

// pace says when each chunk of a body is due: within the patience, and as soon as the
// speed asks for after all that came before.
type pace struct {
	patience time.Duration
	speed    int64     // bytes a second
	due      time.Time // of the chunk that is on its way, by the speed
	left     int       // bytes of it
}

// next is when the chunk is due that begins now; false in the middle of one.
func (p *pace) next(now time.Time) (due time.Time, ok bool) {
	if p.left > 0 {
		return time.Time{}, false
	}
	p.left = ChunkSize
	if p.due.IsZero() {
		p.due = now.Add(p.patience)
	} else {
		p.due = p.due.Add(ChunkSize * time.Second / time.Duration(p.speed))
	}
	if patient := now.Add(p.patience); patient.Before(p.due) {
		return patient, true
	}
	return p.due, true
}

// pacedBody is a request body that must bring its chunks in time.
type pacedBody struct {
	io.ReadCloser
	conn *http.ResponseController
	pace pace
}

func (p *pacedBody) Read(b []byte) (int, error) {
	if due, ok := p.pace.next(time.Now()); ok {
		// A connection without deadlines keeps those of its server.
		_ = p.conn.SetReadDeadline(due)
	}
	n, err := p.ReadCloser.Read(b)
	p.pace.left -= n
	if err == io.EOF {
		_ = p.conn.SetReadDeadline(time.Time{}) // all is here: the rest takes the time it takes
	}
	return n, err
}

// pacedAnswer is an answer whose reader must take its chunks in time.
type pacedAnswer struct {
	http.ResponseWriter
	conn *http.ResponseController
	pace pace
}

func (p *pacedAnswer) Write(b []byte) (int, error) {
	if due, ok := p.pace.next(time.Now()); ok {
		_ = p.conn.SetWriteDeadline(due)
	}
	n, err := p.ResponseWriter.Write(b)
	p.pace.left -= n
	return n, err
}

// watch ends a context with ErrStalled when a chunk takes longer than patience;
// alive is called when one has arrived.
func watch(ctx context.Context, patience time.Duration) (_ context.Context, alive, stop func()) {
	return watchSpeed(ctx, patience, 0)
}

// watchSpeed is watch, where besides all chunks together have to come at a speed, in
// bytes a second, unless it is 0: who brings each chunk just before the patience ends is
// behind soon.
func watchSpeed(ctx context.Context, patience time.Duration, speed int64) (_ context.Context, alive, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(patience, func() { cancel(ErrStalled) })
	due := time.Now().Add(patience)
	alive = func() {
		next := patience
		if speed > 0 {
			due = due.Add(ChunkSize * time.Second / time.Duration(speed))
			next = min(patience, time.Until(due))
		}
		timer.Reset(next)
	}
	return ctx, alive, func() {
		timer.Stop()
		cancel(context.Canceled)
	}
}

// watched reports each chunk that is read.
type watched struct {
	io.ReadCloser
	alive func()
	left  int
}

func (w *watched) Read(b []byte) (int, error) {
	n, err := w.ReadCloser.Read(b)
	if w.left -= n; w.left <= 0 || err != nil {
		w.alive()
		w.left = ChunkSize
	}
	return n, err
}
