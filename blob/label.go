package blob

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/althing-network/althing/spec"
)

// Entry is what a ref leads to. For an update, Digest and Salt open the
// trainer's commitment on the chain (see [spec.UpdateCommitment]); a model has
// no salt.
type Entry struct {
	Digest spec.Digest
	Salt   spec.Salt
	Size   int64 // bytes
}

// Label is a ref and what it leads to. Its JSON is a record in the book of a [Dir], and an
// element of the list that a [Server] sends.
type Label struct {
	Ref
	Entry
}

// labelJSON is the JSON form of a label.
type labelJSON struct {
	Chain  string      `json:"chain"`
	Kind   string      `json:"kind"`
	Task   uint64      `json:"task"`
	Round  uint64      `json:"round"`
	Node   uint64      `json:"node"`
	Vote   uint64      `json:"proposal,omitempty"`
	Digest spec.Digest `json:"digest"`
	Salt   spec.Digest `json:"salt"`
	Size   int64       `json:"size"`
}

// Validate reports the first thing that is wrong with a label.
func (l Label) Validate() error {
	switch {
	case l.Digest.IsZero():
		return fmt.Errorf("label %s leads to no blob", l.Ref)
	case l.Size < 0:
		return fmt.Errorf("label %s has %d bytes", l.Ref, l.Size)
	}
	return l.Ref.Validate()
}

// MarshalJSON implements [json.Marshaler].
func (l Label) MarshalJSON() ([]byte, error) {
	return json.Marshal(labelJSON{
		Chain: l.Slot.Chain, Kind: l.Kind.String(), Task: l.Slot.Task, Round: l.Slot.Round, Node: l.Slot.Node, Vote: l.Proposal,
		Digest: l.Digest, Salt: spec.Digest(l.Salt), Size: l.Size,
	})
}

// UnmarshalJSON implements [json.Unmarshaler]; it refuses a label that is not valid.
func (l *Label) UnmarshalJSON(b []byte) error {
	var j labelJSON
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&j); err != nil {
		return fmt.Errorf("label: %w", err)
	}
	read := Label{
		Ref:   Ref{Slot: spec.Slot{Chain: j.Chain, Task: j.Task, Round: j.Round, Node: j.Node}, Proposal: j.Vote},
		Entry: Entry{Digest: j.Digest, Salt: spec.Salt(j.Salt), Size: j.Size},
	}
	for _, k := range []Kind{Model, Update, State, Start} {
		if j.Kind == k.String() {
			read.Kind = k
		}
	}
	if err := read.Validate(); err != nil {
		return err
	}
	*l = read
	return nil
}
