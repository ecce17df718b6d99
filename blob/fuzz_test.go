package blob_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/blob/blobtest"
	"github.com/althing-network/althing/spec"
)

// FuzzParseRef: what parses is valid and is written the same way.
func FuzzParseRef(f *testing.F) {
	for _, r := range []blob.Ref{blobtest.UpdateRef(1), blobtest.ModelRef(0), {Kind: blob.State, Slot: spec.Slot{Chain: "test-1", Task: 1, Round: 1}}} {
		f.Add(r.Slot.Chain, r.Path())
	}
	f.Add("", "tasks/0/rounds/00/updates/-1")
	f.Add("a/b", "tasks/1/rounds/18446744073709551616/model")
	f.Fuzz(func(t *testing.T, chain, path string) {
		r, err := blob.ParseRef(chain, path)
		if err != nil {
			return
		}
		if err := r.Validate(); err != nil || r.Path() != path || r.Slot.Chain != chain {
			t.Errorf("%q of %q reads as %+v, %v", path, chain, r, err)
		}
	})
}

// FuzzLabel: what decodes is valid and survives a round trip.
func FuzzLabel(f *testing.F) {
	for _, l := range []blob.Label{
		blobtest.LabelOf(blobtest.UpdateRef(1), []byte("x")),
		blobtest.LabelOf(blobtest.ModelRef(0), nil),
	} {
		b, err := json.Marshal(l)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		f.Add(b[:len(b)/2])
	}
	f.Add([]byte(`null`))
	f.Add([]byte(`{"size":-1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var l, again blob.Label
		if err := l.UnmarshalJSON(b); err != nil {
			return
		}
		if err := l.Validate(); err != nil {
			t.Fatal(err)
		}
		out, err := json.Marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(out, &again); err != nil || again != l {
			t.Errorf("%s reads back as %+v, %v", out, again, err)
		}
	})
}

// FuzzManifest: what is valid has the chunks its size asks for.
func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"size":1,"chunks":["` + spec.Digest{1}.String() + `"]}`))
	f.Add([]byte(`{"size":9223372036854775807,"chunks":[]}`))
	f.Add([]byte(`{"size":0,"chunks":null}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var m blob.Manifest
		if json.Unmarshal(b, &m) != nil || m.Validate() != nil {
			return
		}
		n := int64(len(m.Chunks))
		if m.Size < 0 || m.Size > n*blob.ChunkSize || (n > 0 && m.Size <= (n-1)*blob.ChunkSize) {
			t.Errorf("%d bytes in %d chunks are called valid", m.Size, n)
		}
	})
}

// FuzzHeaders: whatever the headers say, without the trainer's signature over
// them nothing is kept and nothing breaks.
func FuzzHeaders(f *testing.F) {
	entry, _ := opening(blobtest.UpdateRef(trainer), []byte("x"))
	digest, salt := entry.Digest.String(), spec.Digest(entry.Salt).String()
	f.Add("", "", "", digest, salt)
	f.Add("1", "1700000000", strings.Repeat("00", 64), digest, salt)
	f.Add("1", "-9223372036854775808", "zz", digest, "")
	f.Add("18446744073709551616", "1e9", "", "", salt)
	f.Fuzz(func(t *testing.T, node, at, signature, digest, salt string) {
		s := blob.NewMemory()
		h := &blob.Server{Chain: chain, Node: server, Store: s, Policy: rules{}, Keys: rules{}, Now: atNoon}
		r := httptest.NewRequest(http.MethodPut, "/v1/"+blobtest.UpdateRef(trainer).Path(), strings.NewReader("x"))
		for name, value := range map[string]string{
			blob.HeaderNode: node, blob.HeaderTime: at, blob.HeaderSignature: signature,
			blob.HeaderDigest: digest, blob.HeaderSalt: salt,
		} {
			r.Header.Set(name, value)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != 400 && w.Code != 401 && w.Code != 403 {
			t.Errorf("answered with %d %s", w.Code, w.Body)
		}
		wantNothing(t, s)
	})
}
