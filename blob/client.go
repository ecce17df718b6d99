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

// Client asks the servers of other nodes. With Node 0 it signs nothing and is a
// stranger to them.
type Client struct {
	Chain string
	Node  uint64
	Key   ed25519.PrivateKey
	// HTTP sends requests, see [NewHTTPClient]; nil is http.DefaultClient, which reaches
	// only what serves in clear on this machine. Redirects are not followed.
	HTTP *http.Client
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Patience is how long a peer may take for a chunk, or to begin; 0 is 30 s.
	Patience time.Duration
	// Speed is how many bytes a second a peer has to bring of a blob of more than one
	// chunk, all in all; 0 is 32 KiB. Who is slower has stalled.
	Speed int64

	stalled, strange func(Peer) // told of who has stalled, or has another key, where they are set
}

// Peer is a node, where it serves blobs, and the key by which it is known there.
type Peer struct {
	Node     uint64
	Endpoint string            // base URL; http only where the host is a loopback address
	Key      ed25519.PublicKey // its transport key; not used by http
}

// PutUpdate uploads an update to a slot. The entry is the opening of the
// trainer's commitment and the size of what open reads; open may be called more
// than once. Having sent the same before is fine, another update for the slot
// is [ErrConflict]. The receipt is the peer's, unverified; the zero one where it
// gave none.
func (c Client) PutUpdate(ctx context.Context, to Peer, r Ref, e Entry, open func() (io.ReadCloser, error)) (spec.Receipt, error) {
	if r.Kind != Update {
		return spec.Receipt{}, fmt.Errorf("%w: %s is no update", ErrMalformed, r)
	}
	ctx, alive, stop := watch(ctx, c.patience())
	defer stop()
	answer, err := c.do(ctx, http.MethodPut, to, "/v1/"+r.Path(), func(req *http.Request) error {
		e.set(req.Header)
		req.ContentLength = e.Size
		if e.Size == 0 {
			req.Body = http.NoBody
			return nil
		}
		req.Header.Set("Expect", "100-continue") // a refusal costs no upload
		req.Header["Idempotency-Key"] = nil      // may be sent again; the header itself is not
		req.GetBody = func() (io.ReadCloser, error) {
			body, err := open()
			if err != nil {
				return nil, err
			}
			return &watched{ReadCloser: body, alive: alive, left: ChunkSize}, nil
		}
		var err error
		req.Body, err = req.GetBody()
		return err
	})
	if err != nil {
		return spec.Receipt{}, fmt.Errorf("put %s to node %d: %w", r, to.Node, err)
	}
	var taken Taken // an answer that is none has no receipt: the update was taken all the same
	if err := json.NewDecoder(io.LimitReader(answer.Body, maxTaken)).Decode(&taken); err != nil {
		taken.Receipt = spec.Receipt{}
	}
	return taken.Receipt, answer.Body.Close()
}

// maxTaken is how many bytes of an answer to an upload are read at most.
const maxTaken = 4096

// Updates lists the updates of a round that a peer holds and lets this node get.
// They are the peer's word: nothing is checked against commitments.
func (c Client) Updates(ctx context.Context, from Peer, task, round uint64) ([]Label, error) {
	const most = 4 << 20
	ctx, _, stop := watch(ctx, c.patience())
	defer stop()
	target := fmt.Sprintf("/v1/tasks/%d/rounds/%d/updates", task, round)
	var labels []Label
	if _, err := c.getJSON(ctx, from, target, most, &labels); err != nil {
		return nil, err
	}
	for _, l := range labels {
		if l.Kind != Update || l.Slot.Task != task || l.Slot.Round != round {
			return nil, fmt.Errorf("%w: node %d lists %s", ErrMalformed, from.Node, l.Ref)
		}
	}
	return labels, nil
}

// Health asks a server which chain and node it serves; others than expected are
// an error.
func (c Client) Health(ctx context.Context, of Peer) error {
	ctx, _, stop := watch(ctx, c.patience())
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

// getJSON decodes an answer of at most limit bytes and returns its header.
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

// do sends a signed request; an answer that is not 2xx is the error it stands for. A
// peer that says when it may be asked again is, where that is within the patience.
func (c Client) do(ctx context.Context, method string, to Peer, target string, prepare func(*http.Request) error) (*http.Response, error) {
	for {
		answer, err := c.try(ctx, method, to, target, prepare)
		often, ok := errors.AsType[tooOften](err)
		if !ok || often.wait > c.patience() {
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
	if req, err = aim(req, to); err != nil {
		return nil, err
	}
	req.Header.Set("Accept-Encoding", "identity") // bytes as they are, and no more than were sent
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
	return nil, refused(answer)
}

// refused is the error an answer stands for, with the peer's words quoted.
func refused(answer *http.Response) error {
	var body refusal
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

// cause names the reason a request was cut off by its own context.
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

func (c Client) speed() int64 { return cmp.Or(c.Speed, Speed) }

func (c Client) patience() time.Duration {
	if c.Patience == 0 {
		return Patience
	}
	return c.Patience
}
