package spec

import (
	"crypto/ed25519"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Node is the chain's record of a registered participant. ID 0 stands for no node.
type Node struct {
	ID         uint64  `json:"id"`
	Owner      string  `json:"owner"` // bech32 account that locked the stake
	Profile    Profile `json:"profile"`
	Registered int64   `json:"registered"` // height
	Deposit
	Standing
}

// Standing is the part of a node's record that changes with what the node does in its tasks.
type Standing struct {
	Reputation PPM       `json:"reputation"`
	Busy       uint32    `json:"busy"` // roles that it has in open tasks; at Profile.Slots it is selected for no other
	Measured   []Measure `json:"measured,omitempty"`
	Excused    uint32    `json:"excused,omitempty"` // times in a row that it declined a round in which most others trained
	History    []Change  `json:"history,omitempty"` // latest changes of its reputation, the newest last
}

// Change is one change of a node's reputation.
type Change struct {
	Task       uint64 `json:"task"`
	Round      uint64 `json:"round"` // 0: before the first round
	Height     int64  `json:"height"`
	Reputation PPM    `json:"reputation"` // after the change
	Demerit    bool   `json:"demerit,omitempty"`
	Reason     string `json:"reason"`
}

// Blame is the newest demerit in the history, if there is one.
func (s Standing) Blame() (c Change, blamed bool) {
	for _, c := range slices.Backward(s.History) {
		if c.Demerit {
			return c, true
		}
	}
	return Change{}, false
}

// Profile is what a node states about itself.
type Profile struct {
	Name         string       `json:"name"`
	Roles        Role         `json:"roles"`
	Endpoint     string       `json:"endpoint,omitempty"`    // base URL of its blob interface; trainers need none
	TransportKey []byte       `json:"transport_key"`         // Ed25519 public key, 32 bytes
	SealingKey   []byte       `json:"sealing_key,omitempty"` // X25519 public key, 32 bytes
	Resources    Resources    `json:"resources"`
	Capabilities []Capability `json:"capabilities,omitempty"` // kinds of work that it accepts
	Holdings     []Holding    `json:"holdings,omitempty"`     // rows that it holds
	Policy       Policy       `json:"policy"`                 // which tasks it serves
	Slots        uint32       `json:"slots"`                  // tasks that it serves at once
	Claimed      PPM          `json:"claimed"`                // accuracy that it claims; counts only until one is measured
}

// Resources are what a node offers, or what a task asks for.
type Resources struct {
	CPU       uint32 `json:"cpu" yaml:"cpu"`             // cores
	Memory    uint32 `json:"memory" yaml:"memory"`       // MiB
	GPU       uint32 `json:"gpu" yaml:"gpu"`             // devices
	Storage   uint32 `json:"storage" yaml:"storage"`     // MiB
	Bandwidth uint32 `json:"bandwidth" yaml:"bandwidth"` // kbit/s
}

// Covers reports whether r has at least as much of each resource as want.
func (r Resources) Covers(want Resources) bool {
	return r.CPU >= want.CPU && r.Memory >= want.Memory && r.GPU >= want.GPU &&
		r.Storage >= want.Storage && r.Bandwidth >= want.Bandwidth
}

// Holding is a claim to hold rows of one kind. The rows never leave the node.
type Holding struct {
	Name    string `json:"name"`
	Samples uint32 `json:"samples,omitempty"` // number of rows; 0: withheld
	Dataset uint64 `json:"dataset,omitempty"` // registered data set that the rows belong to; 0: none
}

// Withheld reports whether the node keeps the number of its rows secret.
func (h Holding) Withheld() bool { return h.Samples == 0 }

// Fits reports whether a task that wants so many rows may select a node with this holding. A
// node that withholds its number may always be selected. If it then has too few rows, an
// evaluator does not get ready, and a trainer declines, except in a private task: there,
// what a trainer does may not depend on its rows.
func (h Holding) Fits(rows uint32) bool { return h.Withheld() || h.Samples >= rows }

// Measure is a capability metric: the accuracy of the models that a node helped to train for
// one kind of work, see [TaskSpec.Kind].
type Measure struct {
	Kind     string `json:"kind"`
	Accuracy PPM    `json:"accuracy"` // of the last task it finished
	Tasks    uint32 `json:"tasks"`
}

const (
	maxName     = 64
	maxHoldings = 32
	// MaxSlots is the most tasks that a node may serve at once.
	MaxSlots = 256
	// KeySize is the length of transport and sealing keys, in bytes.
	KeySize = ed25519.PublicKeySize
)

// Validate reports the first mistake in a profile, by the rules of every network.
func (p Profile) Validate() error {
	switch {
	case !printable(p.Name):
		return fmt.Errorf("node name %.64q: want 1 to %d bytes of printable text", p.Name, maxName)
	case !p.Roles.Valid():
		return fmt.Errorf("node %q has no role, or an unknown one: want some of %s", p.Name, strings.Join(roleNames(), ", "))
	case len(p.TransportKey) != KeySize:
		return fmt.Errorf("transport key has %d bytes: want %d", len(p.TransportKey), KeySize)
	case len(p.SealingKey) != 0 && len(p.SealingKey) != KeySize:
		return fmt.Errorf("sealing key has %d bytes: want %d", len(p.SealingKey), KeySize)
	case p.Slots == 0 || p.Slots > MaxSlots:
		return fmt.Errorf("node %q has %d slots: want 1 to %d", p.Name, p.Slots, MaxSlots)
	case p.Claimed > One:
		return fmt.Errorf("claimed accuracy %s: want at most 1", p.Claimed)
	case len(p.Holdings) > maxHoldings:
		return fmt.Errorf("%d holdings: want at most %d", len(p.Holdings), maxHoldings)
	case p.Roles.Has(Aggregator) && p.Endpoint == "":
		return fmt.Errorf("node %q is an aggregator but has no endpoint: want https://host:port", p.Name)
	}
	for i, d := range p.Holdings {
		if !printable(d.Name) || d.Samples > MaxSamples {
			return fmt.Errorf("holding %.64q of %d samples: want a name of 1 to %d bytes of printable text, and at most %d samples, or 0 to withhold the number", d.Name, d.Samples, maxName, MaxSamples)
		}
		if slices.ContainsFunc(p.Holdings[:i], func(other Holding) bool { return other.Name == d.Name }) {
			return fmt.Errorf("holding %q is listed twice", d.Name)
		}
	}
	if err := p.validateCapabilities(); err != nil {
		return err
	}
	if err := p.Policy.Validate(); err != nil {
		return err
	}
	if p.Endpoint == "" {
		return nil
	}
	_, err := ParseEndpoint(p.Endpoint)
	return err
}

// ValidatePublic is [Profile.Validate] for a network that is not local: the endpoint must be
// one that other machines can reach.
func (p Profile) ValidatePublic() error {
	if err := p.Validate(); err != nil || p.Endpoint == "" {
		return err
	}
	e, err := ParseEndpoint(p.Endpoint)
	if err != nil {
		return err
	}
	return e.Public()
}

// printable reports whether s is safe to print in a terminal, a page or a log: it is not
// empty, at most maxName bytes long, UTF-8 and free of control characters.
func printable(s string) bool { return len(s) <= maxName && visible(s) }

// visible is [printable] for a text of any length.
func visible(s string) bool {
	return s != "" && utf8.ValidString(s) && !strings.ContainsFunc(s, control)
}

// CheckReason reports what is wrong with the reason for which a vote removes a node.
func CheckReason(reason string) error {
	if len(reason) > MaxReason || !visible(reason) {
		return fmt.Errorf("reason %.64q: want 1 to %d bytes of printable text", reason, MaxReason)
	}
	return nil
}

// control reports whether r is a control character.
func control(r rune) bool { return r < ' ' || 0x7f <= r && r < 0xa0 }

// Key is the node's transport key; zero if that has the wrong length.
func (p Profile) Key() (k PublicKey) {
	if len(p.TransportKey) == len(k) {
		copy(k[:], p.TransportKey)
	}
	return k
}

// Holding finds the node's claim to hold rows of one kind.
func (p Profile) Holding(dataset string) (h Holding, holds bool) {
	i := slices.IndexFunc(p.Holdings, func(h Holding) bool { return h.Name == dataset })
	if i < 0 {
		return Holding{}, false
	}
	return p.Holdings[i], true
}

// Accuracy is the node's capability metric for a kind of work: measured in its last task of
// that kind, else the accuracy that its profile claims.
func (n Node) Accuracy(kind string) (accuracy PPM, measured bool) {
	for _, m := range n.Measured {
		if m.Kind == kind {
			return m.Accuracy, true
		}
	}
	return n.Profile.Claimed, false
}
