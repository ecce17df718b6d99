package blob

import (
	"context"
	"io"
	"net/http"
	"time"
)

// DefaultChunkTimeout is the time for one chunk of 256 KiB, unless the server or the client
// sets another. A slower transfer is aborted.
const DefaultChunkTimeout = 30 * time.Second

// idleTimeout is how long a server keeps a connection without a request.
const idleTimeout = 30 * time.Second

// NewHTTPServer serves a handler with bounds on what a peer may hold open: the
// header within 10 s, the next request within 30 s, a request or an answer within
// [DefaultChunkTimeout] unless the handler extends it, as [Server] does for each chunk. Its
// listener, a [Door], bounds the number of connections.
func NewHTTPServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       DefaultChunkTimeout,
		WriteTimeout:      DefaultChunkTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    16 << 10,
		ConnContext:       withDoorConn,
		ConnState:         noteState,
	}
}

// DefaultMinSpeed is the least average rate in bytes per second of a blob's transfer, unless the
// server or the client sets another: 256 MiB take less than three hours.
const DefaultMinSpeed = 32 << 10

// pace computes the deadline of each chunk of a body: the chunk timeout, or earlier if the
// minimum average speed requires it.
type pace struct {
	chunkTimeout time.Duration
	minSpeed     int64     // bytes per second
	due          time.Time // deadline of the current chunk by the minimum speed
	left         int       // bytes of the current chunk still to come
}

// next is the deadline of the chunk that begins now; false in the middle of a chunk.
func (p *pace) next(now time.Time) (due time.Time, ok bool) {
	if p.left > 0 {
		return time.Time{}, false
	}
	p.left = ChunkSize
	if p.due.IsZero() {
		p.due = now.Add(p.chunkTimeout)
	} else {
		p.due = p.due.Add(ChunkSize * time.Second / time.Duration(p.minSpeed))
	}
	if chunkDue := now.Add(p.chunkTimeout); chunkDue.Before(p.due) {
		return chunkDue, true
	}
	return p.due, true
}

// pacedBody is a request body whose chunks must arrive in time.
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
		_ = p.conn.SetReadDeadline(time.Time{}) // the body is complete: processing it has no deadline
	}
	return n, err
}

// pacedAnswer is an answer whose chunks must be read in time.
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

// withChunkTimeout cancels a context with ErrStalled when a chunk takes longer than
// chunkTimeout. The caller calls alive for each chunk that has arrived.
func withChunkTimeout(ctx context.Context, chunkTimeout time.Duration) (_ context.Context, alive, stop func()) {
	return withMinSpeed(ctx, chunkTimeout, 0)
}

// withMinSpeed is withChunkTimeout that also requires an average speed of minSpeed bytes per
// second, unless it is 0: a peer that sends each chunk just before the timeout stalls soon.
func withMinSpeed(ctx context.Context, chunkTimeout time.Duration, minSpeed int64) (_ context.Context, alive, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(chunkTimeout, func() { cancel(ErrStalled) })
	due := time.Now().Add(chunkTimeout)
	alive = func() {
		next := chunkTimeout
		if minSpeed > 0 {
			due = due.Add(ChunkSize * time.Second / time.Duration(minSpeed))
			next = min(chunkTimeout, time.Until(due))
		}
		timer.Reset(next)
	}
	return ctx, alive, func() {
		timer.Stop()
		cancel(context.Canceled)
	}
}

// watchedBody calls alive for each chunk that is read.
type watchedBody struct {
	io.ReadCloser
	alive func()
	left  int
}

func (w *watchedBody) Read(b []byte) (int, error) {
	n, err := w.ReadCloser.Read(b)
	if w.left -= n; w.left <= 0 || err != nil {
		w.alive()
		w.left = ChunkSize
	}
	return n, err
}
