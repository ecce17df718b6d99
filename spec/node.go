package spec

import (
	"crypto/ed25519"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Node is a registered participant as the chain records it. ID 0 is no node.
type Node struct {
	ID         uint64  `json:"id"`
	Owner      string  `json:"owner"` // bech32 account that locked the stake
	Profile    Profile `json:"profile"`
	Registered int64   `json:"registered"` // height
	Deposit
	Standing
}

// Standing is the part of a node's record that the network changes, by what the
// node does in its tasks.
type Standing struct {
	Reputation PPM       `json:"reputation"`
	Busy       uint32    `json:"busy"` // parts it has in tasks right now; it is selected for no more once they are Profile.Slots
	Measured   []Measure `json:"measured,omitempty"`
	Excused    uint32    `json:"excused,omitempty"` // times in a row that it declined to train what others did
	History    []Change  `json:"history,omitempty"` // the newest changes of its reputation, the newest last
}

// Change says when and for what the reputation of a node changed.
type Change struct {
	Task       uint64 `json:"task"`
	Round      uint64 `json:"round"` // 0: before the first round
	Height     int64  `json:"height"`
	Reputation PPM    `json:"reputation"` // after it
	Demerit    bool   `json:"demerit,omitempty"`
	Reason     string `json:"reason"`
}

// Blame is the last demerit that the history holds, if it holds one.
func (s Standing) Blame() (c Change, blamed bool) {
	for _, c := range slices.Backward(s.History) {
		if c.Demerit {
			return c, true
		}
	}
	return Change{}, false
}

// Profile is what a node says of itself.
type Profile struct {
	Name         string       `json:"name"`
	Roles        Role         `json:"roles"`
	Endpoint     string       `json:"endpoint,omitempty"`    // base URL of its blob interface; trainers need none
	TransportKey []byte       `json:"transport_key"`         // Ed25519 public key, 32 bytes
	SealingKey   []byte       `json:"sealing_key,omitempty"` // X25519 public key, 32 bytes
	Resources    Resources    `json:"resources"`
	Capabilities []Capability `json:"capabilities,omitempty"` // kinds of work it takes on
	Holdings     []Holding    `json:"holdings,omitempty"`
	Policy       Policy       `json:"policy"`  // which tasks it serves
	Slots        uint32       `json:"slots"`   // tasks it serves at once
	Claimed      PPM          `json:"claimed"` // accuracy it claims; counts only before its first task
}

// Resources is what a node offers, or what a task asks for.
type Resources struct {
	CPU       uint32 `json:"cpu" yaml:"cpu"`             // cores
	Memory    uint32 `json:"memory" yaml:"memory"`       // MiB
	GPU       uint32 `json:"gpu" yaml:"gpu"`             // devices
	Storage   uint32 `json:"storage" yaml:"storage"`     // MiB
	Bandwidth uint32 `json:"bandwidth" yaml:"bandwidth"` // kbit/s
}

// Covers reports whether r offers at least what is wanted of each resource.
func (r Resources) Covers(want Resources) bool {
	return r.CPU >= want.CPU && r.Memory >= want.Memory && r.GPU >= want.GPU &&
		r.Storage >= want.Storage && r.Bandwidth >= want.Bandwidth
}

// Holding is a claim to hold rows of one kind; the rows never leave the node.
type Holding struct {
	Name    string `json:"name"`
	Samples uint32 `json:"samples,omitempty"` // 0: withheld
	Dataset uint64 `json:"dataset,omitempty"` // that its rows are, as their owner registered it; 0: none
}

// Withheld reports whether the node tells nobody how many rows it holds.
func (h Holding) Withheld() bool { return h.Samples == 0 }

// Fits reports whether a trainer or an evaluator with this holding may be asked for so many
// rows. One whose count is withheld may always be. When it has fewer, a trainer declines,
// but not where the task is private: there nothing is decided by what the rows are; and an
// evaluator does not get ready.
func (h Holding) Fits(rows uint32) bool { return h.Withheld() || h.Samples >= rows }

// Measure is a capability metric: how good the models were that a node helped
// to make for one kind of work, see [TaskSpec.Kind].
type Measure struct {
	Kind     string `json:"kind"`
	Accuracy PPM    `json:"accuracy"` // of the last task it finished
	Tasks    uint32 `json:"tasks"`
}

const (
	maxName     = 64
	maxHoldings = 32
	// MaxSlots is how many tasks a node serves at once at most.
	MaxSlots = 256
	// KeySize is the length of transport and sealing keys, in bytes.
	KeySize = ed25519.PublicKeySize
)

// Validate reports the first thing that is wrong with a profile on any network.
func (p Profile) Validate() error {
	switch {
	case !printable(p.Name):
		return fmt.Errorf("node name %.64q: want 1 to %d bytes of printable text", p.Name, maxName)
	case !p.Roles.Valid():
		return fmt.Errorf("node %q has no role or an unknown one", p.Name)
	case len(p.TransportKey) != KeySize:
		return fmt.Errorf("transport key has %d bytes: want %d", len(p.TransportKey), KeySize)
	case len(p.SealingKey) != 0 && len(p.SealingKey) != KeySize:
		return fmt.Errorf("sealing key has %d bytes: want %d", len(p.SealingKey), KeySize)
	case p.Slots == 0 || p.Slots > MaxSlots:
		return fmt.Errorf("node %q has %d slots: want 1 to %d", p.Name, p.Slots, MaxSlots)
	case p.Claimed > One:
		return fmt.Errorf("claimed accuracy %s is above 1", p.Claimed)
	case len(p.Holdings) > maxHoldings:
		return fmt.Errorf("%d holdings: want at most %d", len(p.Holdings), maxHoldings)
	case p.Roles.Has(Aggregator) && p.Endpoint == "":
		return fmt.Errorf("node %q aggregates, so it needs an endpoint", p.Name)
	}
	for i, d := range p.Holdings {
		if !printable(d.Name) || d.Samples > MaxSamples {
			return fmt.Errorf("holding %.64q of %d samples: want a name of 1 to %d bytes and at most %d samples, or 0 where their number is withheld", d.Name, d.Samples, maxName, MaxSamples)
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

// ValidatePublic is [Profile.Validate] for a network that is not local: others reach the
// node where it says.
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

// printable reports whether s can stand in a terminal, a page or a log: it is
// not empty, not longer than maxName, UTF-8 and free of control characters.
func printable(s string) bool { return len(s) <= maxName && visible(s) }

// visible reports whether a text is not empty and draws nothing on a terminal but itself.
func visible(s string) bool {
	return s != "" && utf8.ValidString(s) && !strings.ContainsFunc(s, control)
}

// maxReason is how many bytes say why a vote removes a node.
const maxReason = 256

// CheckReason reports what is wrong with why a vote removes a node.
func CheckReason(reason string) error {
	if len(reason) > maxReason || !visible(reason) {
		return fmt.Errorf("reason %.64q: want 1 to %d bytes of printable text", reason, maxReason)
	}
	return nil
}

func control(r rune) bool { return r < ' ' || 0x7f <= r && r < 0xa0 }

// Key is the node's transport key; the zero one where it has none of the right length.
func (p Profile) Key() (k PublicKey) {
	if len(p.TransportKey) == len(k) {
		copy(k[:], p.TransportKey)
	}
	return k
}

// Holding is what the node claims to hold of one kind of rows, if it does.
func (p Profile) Holding(dataset string) (h Holding, holds bool) {
	i := slices.IndexFunc(p.Holdings, func(h Holding) bool { return h.Name == dataset })
	if i < 0 {
		return Holding{}, false
	}
	return p.Holdings[i], true
}

// Accuracy is the node's capability metric for a kind of work: measured where a
// task of that kind was finished, else what the node claims of itself.
func (n Node) Accuracy(kind string) (accuracy PPM, measured bool) {
	for _, m := range n.Measured {
		if m.Kind == kind {
			return m.Accuracy, true
		}
	}
	return n.Profile.Claimed, false
}
