package blob

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/althing-network/althing/spec"
)

// Client sends requests to the servers of other nodes. With Node 0 it signs nothing, and
// servers treat it as a stranger.
type Client struct {
	Chain string
	Node  uint64
	Key   ed25519.PrivateKey
	// HTTP sends requests, see [NewHTTPClient]; nil is http.DefaultClient, which reaches
	// only plain HTTP servers on this machine. Redirects are not followed.
	HTTP *http.Client
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// ChunkTimeout is how long a peer may take to answer, and for each chunk; 0 is 30 s.
	ChunkTimeout time.Duration
	// MinSpeed is the average rate in bytes per second that a peer must reach for a blob of
	// more than one chunk; 0 is 32 KiB/s. A slower peer has stalled.
	MinSpeed int64

	onStalled, onOtherKey func(Peer) // called for a peer that has stalled, or has another key; may be nil
}

// Peer is a node, the endpoint where it serves blobs, and its key.
type Peer struct {
	Node     uint64
	Endpoint string            // base URL; http only where the host is a loopback address
	Key      ed25519.PublicKey // its transport key; not used for plain http
}

// PutUpdate uploads an update to a slot. The entry opens the trainer's commitment and has
// the size of what open reads; open may be called more than once. Repeating an upload is
// allowed; the error of another update for the slot is [ErrConflict]. The peer's receipt
// is returned unverified; it is zero if the peer gave none.
func (c Client) PutUpdate(ctx context.Context, to Peer, r Ref, e Entry, open func() (io.ReadCloser, error)) (spec.Receipt, error) {
	if r.Kind != Update {
		return spec.Receipt{}, fmt.Errorf("%w: %s is no update", ErrMalformed, r)
	}
	ctx, alive, stop := withChunkTimeout(ctx, c.chunkTimeout())
	defer stop()
	answer, err := c.do(ctx, http.MethodPut, to, "/v1/"+r.Path(), func(req *http.Request) error {
		e.set(req.Header)
		req.ContentLength = e.Size
		if e.Size == 0 {
			req.Body = http.NoBody
			return nil
		}
		req.Header.Set("Expect", "100-continue") // a refusal costs no upload
		req.Header["Idempotency-Key"] = nil      // lets net/http retry the PUT, without sending the header
		req.GetBody = func() (io.ReadCloser, error) {
			body, err := open()
			if err != nil {
				return nil, err
			}
			return &watchedBody{ReadCloser: body, alive: alive, left: ChunkSize}, nil
		}
		var err error
		req.Body, err = req.GetBody()
		return err
	})
	if err != nil {
		return spec.Receipt{}, fmt.Errorf("put %s to node %d: %w", r, to.Node, err)
	}
	var taken Taken // an answer that cannot be read has no receipt, but the update was accepted
	if err := json.NewDecoder(io.LimitReader(answer.Body, maxTaken)).Decode(&taken); err != nil {
		taken.Receipt = spec.Receipt{}
	}
	return taken.Receipt, answer.Body.Close()
}

// maxTaken bounds the answer to an upload, in bytes.
const maxTaken = 4096

// Updates lists the updates of a round that a peer holds and lets this node get. The list
// is not checked against commitments.
func (c Client) Updates(ctx context.Context, from Peer, task, round uint64) ([]Label, error) {
	const maxBytes = 4 << 20
	ctx, _, stop := withChunkTimeout(ctx, c.chunkTimeout())
	defer stop()
	target := fmt.Sprintf("/v1/tasks/%d/rounds/%d/updates", task, round)
	var labels []Label
	if _, err := c.getJSON(ctx, from, target, maxBytes, &labels); err != nil {
		return nil, err
	}
	for _, l := range labels {
		if l.Kind != Update || l.Slot.Task != task || l.Slot.Round != round {
			return nil, fmt.Errorf("%w: node %d lists %s", ErrMalformed, from.Node, l.Ref)
		}
	}
	return labels, nil
}

// Health asks a server which chain and node it serves, and fails if they are not those of
// the client and the peer.
func (c Client) Health(ctx context.Context, of Peer) error {
	ctx, _, stop := withChunkTimeout(ctx, c.chunkTimeout())
	defer stop()
	var h Health
	if _, err := c.getJSON(ctx, of, "/v1/health", 4<<10, &h); err != nil {
		return err
	}
	if want := (Health{c.Chain, of.Node}); h != want {
		return fmt.Errorf("%s serves node %d of chain %q, want node %d of %q", of.Endpoint, h.Node, h.Chain, want.Node, want.Chain)
	}
	return nil
}

// getJSON decodes an answer of at most limit bytes into v and returns its header.
func (c Client) getJSON(ctx context.Context, from Peer, target string, limit int64, v any) (http.Header, error) {
	answer, err := c.do(ctx, http.MethodGet, from, target, nil)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(io.LimitReader(answer.Body, limit+1))
	switch {
	case err != nil:
		return nil, cause(ctx, err)
	case int64(len(b)) > limit:
		return nil, fmt.Errorf("%w: answer of more than %d bytes", ErrTooLarge, limit)
	}
	if err := json.Unmarshal(b, v); err != nil {
		return nil, fmt.Errorf("%w: answer: %w", ErrMalformed, err)
	}
	return answer.Header, nil
}

// do sends a signed request. An answer that is not 2xx becomes the error it stands for. If
// the peer says when to retry, and that is within the chunk timeout, do retries then.
func (c Client) do(ctx context.Context, method string, to Peer, target string, prepare func(*http.Request) error) (*http.Response, error) {
	for {
		answer, err := c.try(ctx, method, to, target, prepare)
		often, ok := errors.AsType[tooOften](err)
		if !ok || often.wait > c.chunkTimeout() {
			return answer, err
		}
		select {
		case <-time.After(often.wait):
		case <-ctx.Done():
			return nil, cause(ctx, err)
		}
	}
}

func (c Client) try(ctx context.Context, method string, to Peer, target string, prepare func(*http.Request) error) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(to.Endpoint, "/")+target, nil)
	if err != nil {
		return nil, err
	}
	if req, err = pinRequest(req, to); err != nil {
		return nil, err
	}
	req.Header.Set("Accept-Encoding", "identity") // no compression: a small answer must not expand
	if prepare != nil {
		if err := prepare(req); err != nil {
			return nil, err
		}
	}
	if c.Node != 0 {
		c.sign(req, to.Node, target)
	}
	answer, err := c.http().Do(req)
	if err != nil {
		if err = cause(ctx, err); errors.Is(err, spec.ErrCommunication) {
			return nil, err
		}
		return nil, fmt.Errorf("%w: %w", spec.ErrCommunication, err)
	}
	if answer.StatusCode/100 == 2 {
		return answer, nil
	}
	defer answer.Body.Close()
	return nil, errorOfAnswer(answer)
}

// errorOfAnswer is the error that an answer stands for, with the peer's text quoted.
func errorOfAnswer(answer *http.Response) error {
	var body errorBody
	text := answer.Status
	if b, err := io.ReadAll(io.LimitReader(answer.Body, 1<<10)); err == nil && json.NewDecoder(bytes.NewReader(b)).Decode(&body) == nil {
		text = body.Error
	}
	if seconds, err := strconv.ParseUint(answer.Header.Get("Retry-After"), 10, 16); err == nil && answer.StatusCode == http.StatusTooManyRequests {
		return fmt.Errorf("%w (peer says %q)", tooOften{time.Duration(max(1, seconds)) * time.Second}, text)
	}
	if err := errorOf(answer.StatusCode, text); err != nil {
		return fmt.Errorf("%w (peer says %q)", err, text)
	}
	return fmt.Errorf("peer answers %d: %q", answer.StatusCode, text)
}

// cause adds the cause of a canceled context to the error of its request.
func cause(ctx context.Context, err error) error {
	if why := context.Cause(ctx); why != nil && !errors.Is(err, why) {
		return fmt.Errorf("%w: %w", why, err)
	}
	return err
}

func (c Client) http() *http.Client {
	h := http.Client{}
	if c.HTTP != nil {
		h = *c.HTTP
	}
	h.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &h
}

func (c Client) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

func (c Client) minSpeed() int64 { return cmp.Or(c.MinSpeed, DefaultMinSpeed) }

func (c Client) chunkTimeout() time.Duration {
	if c.ChunkTimeout == 0 {
		return DefaultChunkTimeout
	}
	return c.ChunkTimeout
}
