package blob_test

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/blob/blobtest"
	"github.com/althing-network/althing/spec"
)

// members is a policy by which the models of task 1 are for the trainer and those of
// task 2 for the evaluator; all others are public.
type members struct{ rules }

func (members) MayGetModel(_ context.Context, c blob.Caller, r blob.Ref) error {
	member := map[uint64]uint64{1: trainer, 2: evaluator}[r.Slot.Task]
	if member != 0 && c.Node != member {
		return fmt.Errorf("%w: %s is for members", blob.ErrForbidden, r)
	}
	return nil
}

// modelOf returns the reference of a task's first model.
func modelOf(task uint64) blob.Ref {
	r := blobtest.ModelRef(1)
	r.Slot.Task = task
	return r
}

// ask returns a server's answer to a request that a node has signed for the node audience: the
// status, and header and body without the digest.
func ask(t *testing.T, h http.Handler, method string, node, audience uint64, d spec.Digest, query string) (int, string) {
	t.Helper()
	target := "/v1/models/" + d.String() + query
	r := httptest.NewRequest(method, target, nil)
	if node != 0 {
		s := blob.RequestStatement(chain, audience, node, method, target, "", "", noon)
		r.Header.Set(blob.HeaderNode, strconv.FormatUint(node, 10))
		r.Header.Set(blob.HeaderTime, strconv.Itoa(noon))
		r.Header.Set(blob.HeaderSignature, hex.EncodeToString(ed25519.Sign(keyOf(node), s[:])))
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, strings.ReplaceAll(fmt.Sprint(w.Header(), w.Body), d.String(), "DIGEST")
}

// TestPrivateModel: a model for members only is served to members, whichever way they request it.
// Others get the same answer as for a model that does not exist. A public model is served to
// everybody.
func TestPrivateModel(t *testing.T) {
	b := blobtest.Bytes(1, 10)
	d, unknown := spec.DigestOf(b), spec.Digest{1}
	s := holding(t, b, modelOf(1))
	private := &blob.Server{Chain: chain, Node: server, Store: s, Policy: members{}, Keys: rules{}, Now: atNoon}
	public := &blob.Server{Chain: chain, Node: server, Store: s, Policy: rules{}, Keys: rules{}, Now: atNoon}
	for _, way := range []struct{ method, query string }{{"GET", ""}, {"HEAD", ""}, {"GET", "?manifest"}, {"HEAD", "?manifest"}} {
		for _, caller := range []struct {
			name           string
			node, audience uint64
			private        int
			public         int
		}{
			{"a member", trainer, server, http.StatusOK, http.StatusOK},
			{"a node that is none", otherTrainer, server, http.StatusNotFound, http.StatusOK},
			{"a stranger", 0, 0, http.StatusNotFound, http.StatusOK},
			{"a member's request to another node", trainer, otherServer, http.StatusUnauthorized, http.StatusUnauthorized},
			{"a node that has left", unregistered, server, http.StatusUnauthorized, http.StatusUnauthorized},
		} {
			name := fmt.Sprintf("%s%s by %s", way.method, way.query, caller.name)
			if got, _ := ask(t, public, way.method, caller.node, caller.audience, d, way.query); got != caller.public {
				t.Errorf("%s: a public model: %d, want %d", name, got, caller.public)
			}
			got, answer := ask(t, private, way.method, caller.node, caller.audience, d, way.query)
			if got != caller.private {
				t.Errorf("%s: a private model: %d, want %d", name, got, caller.private)
			}
			if got == http.StatusOK {
				continue
			}
			code, nothing := ask(t, private, way.method, caller.node, caller.audience, unknown, way.query)
			if diff := cmp.Diff(nothing, answer); code != got || diff != "" {
				t.Errorf("%s: the refusal differs from the answer for a model that does not exist: %d, want %d (-missing +refused):\n%s", name, got, code, diff)
			}
		}
	}
}

// TestModelOfTwoTasks: a model that belongs to two tasks is served to everybody whom one of the two
// tasks permits to have it.
func TestModelOfTwoTasks(t *testing.T) {
	b := blobtest.Bytes(1, 10)
	elsewhere := modelOf(3)
	elsewhere.Slot.Chain = "other-1"
	for _, test := range []struct {
		places []blob.Ref
		gets   []uint64
	}{
		{[]blob.Ref{modelOf(1)}, []uint64{trainer}},
		{[]blob.Ref{modelOf(1), modelOf(2)}, []uint64{trainer, evaluator}},
		{[]blob.Ref{modelOf(1), modelOf(2), modelOf(3)}, []uint64{0, trainer, evaluator, bystander}},
		{[]blob.Ref{modelOf(1), elsewhere, blobtest.UpdateRef(3)}, []uint64{trainer}},
		{nil, nil}, // fetched for the node's own work
	} {
		got := []uint64(nil)
		for _, node := range []uint64{0, trainer, evaluator, bystander} {
			switch err := blob.Permit(t.Context(), holding(t, b, test.places...), members{}, blob.Caller{Node: node}, spec.DigestOf(b)); {
			case err == nil:
				got = append(got, node)
			case !errors.Is(err, blob.ErrNotFound) || errors.Is(err, blob.ErrForbidden):
				t.Errorf("node %d: %v", node, err)
			}
		}
		if diff := cmp.Diff(test.gets, got); diff != "" {
			t.Errorf("of the places %v, these nodes get the model (-want +got):\n%s", test.places, diff)
		}
	}
}

// silent is a policy whose chain does not answer for task 1.
type silent struct{ members }

func (s silent) MayGetModel(ctx context.Context, c blob.Caller, r blob.Ref) error {
	if r.Slot.Task == 1 {
		return errDisk
	}
	return s.members.MayGetModel(ctx, c, r)
}

// TestModelWithoutChain: if the chain does not answer for a model's task, the request is refused,
// but not as for a model that does not exist. If the model also belongs to a task for which the
// chain answers, that task decides.
func TestModelWithoutChain(t *testing.T) {
	b := blobtest.Bytes(1, 10)
	s := holding(t, b, modelOf(1), modelOf(2))
	for node, want := range map[uint64]error{evaluator: nil, trainer: errDisk, 0: errDisk} {
		err := blob.Permit(t.Context(), s, silent{}, blob.Caller{Node: node}, spec.DigestOf(b))
		if !errors.Is(err, want) || errors.Is(err, blob.ErrNotFound) {
			t.Errorf("node %d: %v, want %v", node, err, want)
		}
	}
}
