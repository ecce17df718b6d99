package blob

import (
	"crypto/ed25519"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/althing-network/althing/spec"
)

// The headers of a request or an answer; digests, salts and signatures are
// hexadecimal.
const (
	HeaderNode      = "Althing-Node"      // who signed
	HeaderTime      = "Althing-Time"      // when, in unix seconds
	HeaderSignature = "Althing-Signature" // Ed25519 over a RequestStatement
	HeaderDigest    = "Althing-Digest"    // of an update
	HeaderSalt      = "Althing-Salt"      // of its commitment
)

// Window is how far a request's time may be from the server's clock unless
// [Server.Window] says otherwise.
const Window = 60 * time.Second

// RequestStatement is what a node signs to send a request. It is bound to the chain, the
// node that is asked (audience), the node that asks (caller), method, path with query, the
// digest and salt headers, and the time in unix seconds. Within the window, a request can
// be replayed to the same node. A replay changes nothing, because a slot never gets a
// second update, and reveals nothing, because whoever can read a request can also read its
// answer.
func RequestStatement(chain string, audience, caller uint64, method, target, digest, salt string, at int64) spec.Digest {
	var numbers []byte
	for _, n := range []uint64{audience, caller, uint64(at)} {
		numbers = binary.BigEndian.AppendUint64(numbers, n)
	}
	return spec.Statement("request", []byte(chain), numbers,
		[]byte(method), []byte(target), []byte(digest), []byte(salt))
}

// sign signs a request to a node; target is the path with query below the
// node's endpoint.
func (c Client) sign(r *http.Request, audience uint64, target string) {
	at := c.now().Unix()
	s := RequestStatement(c.Chain, audience, c.Node, r.Method, target,
		r.Header.Get(HeaderDigest), r.Header.Get(HeaderSalt), at)
	r.Header.Set(HeaderNode, strconv.FormatUint(c.Node, 10))
	r.Header.Set(HeaderTime, strconv.FormatInt(at, 10))
	r.Header.Set(HeaderSignature, hex.EncodeToString(ed25519.Sign(c.Key, s[:])))
}

// caller returns who sent a request: a stranger if it has no signature headers. The error
// is ErrUnauthenticated if one of them is wrong.
func (s *Server) caller(r *http.Request) (Caller, error) {
	node, at, signature := r.Header.Get(HeaderNode), r.Header.Get(HeaderTime), r.Header.Get(HeaderSignature)
	if node == "" && at == "" && signature == "" {
		return Caller{}, nil
	}
	id, err := strconv.ParseUint(node, 10, 64)
	if err != nil || id == 0 {
		return Caller{}, fmt.Errorf("%w: %s is %q", ErrUnauthenticated, HeaderNode, node)
	}
	seconds, err := strconv.ParseInt(at, 10, 64)
	if err != nil || seconds < 0 {
		return Caller{}, fmt.Errorf("%w: %s is %q", ErrUnauthenticated, HeaderTime, at)
	}
	window := int64(s.window() / time.Second)
	if off := seconds - s.now().Unix(); off > window || off < -window {
		return Caller{}, fmt.Errorf("%w: time %d s off this server's clock: want at most %d s", ErrUnauthenticated, off, window)
	}
	sig, err := hex.DecodeString(signature)
	if err != nil || len(sig) != ed25519.SignatureSize {
		return Caller{}, fmt.Errorf("%w: want %d hexadecimal digits", ErrUnauthenticated, 2*ed25519.SignatureSize)
	}
	statement := RequestStatement(s.Chain, s.Node, id, r.Method, r.URL.RequestURI(),
		r.Header.Get(HeaderDigest), r.Header.Get(HeaderSalt), seconds)
	for retry := s.RefreshKey != nil; ; retry = false {
		key, err := s.Keys.KeyOf(r.Context(), id)
		switch {
		case errors.Is(err, ErrNotFound):
			return Caller{}, fmt.Errorf("%w: node %d is unknown", ErrUnauthenticated, id)
		case err != nil:
			return Caller{}, fmt.Errorf("key of node %d: %w", id, err)
		case len(key) != ed25519.PublicKeySize:
			return Caller{}, fmt.Errorf("%w: node %d has no usable key", ErrUnauthenticated, id)
		case ed25519.Verify(key, statement[:], sig):
			return Caller{Node: id, Key: key}, nil
		case !retry || !s.RefreshKey(id):
			return Caller{}, fmt.Errorf("%w: not by node %d for this request to node %d", ErrUnauthenticated, id, s.Node)
		}
	}
}
