// Package nodepb is the wire form of the node registry: generated from
// proto/althing/node/v1, with conversions to and from the plain types of
// package spec. It is not where anything is validated beyond its shape: that is
// spec's.
package nodepb

import (
	"fmt"
	"math"

	"github.com/althing-network/althing/spec"
)

// NodeFromSpec is the wire form of a node.
func NodeFromSpec(n spec.Node) Node {
	out := Node{
		Id: n.ID, Owner: n.Owner, Profile: ProfileFromSpec(n.Profile), Registered: n.Registered,
		Deposit: DepositFromSpec(n.Deposit), Standing: StandingFromSpec(n.Standing),
	}
	for _, c := range n.History {
		out.History = append(out.History, ChangeFromSpec(c))
	}
	return out
}

// ToSpec is the node in plain types.
func (m *Node) ToSpec() (spec.Node, error) {
	profile, err := m.Profile.ToSpec()
	if err != nil {
		return spec.Node{}, fmt.Errorf("node %d: %w", m.Id, err)
	}
	deposit, err := m.Deposit.ToSpec()
	if err != nil {
		return spec.Node{}, fmt.Errorf("node %d: %w", m.Id, err)
	}
	n := spec.Node{
		ID: m.Id, Owner: m.Owner, Profile: profile, Registered: m.Registered,
		Deposit: deposit, Standing: m.Standing.ToSpec(),
	}
	for _, c := range m.History {
		n.History = append(n.History, c.ToSpec())
	}
	return n, nil
}

// StandingFromSpec is the wire form of a standing, whose history is apart.
func StandingFromSpec(s spec.Standing) Standing {
	return Standing{
		Reputation: uint32(s.Reputation), Busy: s.Busy,
		Measured: measuresFromSpec(s.Measured), Excused: s.Excused, Changes: uint64(len(s.History)),
	}
}

// ToSpec is the standing in plain types, without its history.
func (m *Standing) ToSpec() spec.Standing {
	return spec.Standing{
		Reputation: spec.PPM(m.Reputation), Busy: m.Busy, Measured: measuresToSpec(m.Measured), Excused: m.Excused,
	}
}

// ChangeFromSpec is the wire form of a change of a reputation.
func ChangeFromSpec(c spec.Change) Change {
	return Change{Task: c.Task, Round: c.Round, Height: c.Height, Reputation: uint32(c.Reputation), Demerit: c.Demerit, Reason: c.Reason}
}

// ToSpec is the change in plain types.
func (m *Change) ToSpec() spec.Change {
	return spec.Change{Task: m.Task, Round: m.Round, Height: m.Height, Reputation: spec.PPM(m.Reputation), Demerit: m.Demerit, Reason: m.Reason}
}

// ProfileFromSpec is the wire form of a profile.
func ProfileFromSpec(p spec.Profile) Profile {
	return Profile{
		Name: p.Name, Roles: uint32(p.Roles), Endpoint: p.Endpoint,
		TransportKey: p.TransportKey, SealingKey: p.SealingKey,
		Resources: ResourcesFromSpec(p.Resources), Holdings: holdingsFromSpec(p.Holdings),
		Slots: p.Slots, Claimed: uint32(p.Claimed), Policy: policyFromSpec(p.Policy),
		Capabilities: capabilitiesFromSpec(p.Capabilities),
	}
}

// ToSpec is the profile in plain types. It refuses a role that does not exist.
func (m *Profile) ToSpec() (spec.Profile, error) {
	if m.Roles > math.MaxUint8 || m.Roles != 0 && !spec.Role(m.Roles).Valid() {
		return spec.Profile{}, fmt.Errorf("roles %#x: want bits of known roles", m.Roles)
	}
	return spec.Profile{
		Name: m.Name, Roles: spec.Role(m.Roles), Endpoint: m.Endpoint,
		TransportKey: m.TransportKey, SealingKey: m.SealingKey,
		Resources: m.Resources.ToSpec(), Holdings: holdingsToSpec(m.Holdings),
		Slots: m.Slots, Claimed: spec.PPM(m.Claimed), Policy: m.Policy.toSpec(),
		Capabilities: capabilitiesToSpec(m.Capabilities),
	}, nil
}

func capabilitiesFromSpec(list []spec.Capability) (out []Capability) {
	for _, c := range list {
		out = append(out, Capability{Kind: c.Kind, Needs: ResourcesFromSpec(c.Needs)})
	}
	return out
}

func capabilitiesToSpec(list []Capability) (out []spec.Capability) {
	for _, c := range list {
		out = append(out, spec.Capability{Kind: c.Kind, Needs: c.Needs.ToSpec()})
	}
	return out
}

func policyFromSpec(p spec.Policy) Policy {
	return Policy{
		SoleAggregator: p.SoleAggregator, MinAggregators: p.MinAggregators, MinPay: p.MinPay,
		MinDeadline: int64(p.MinDeadline), Owners: p.Owners, Datasets: p.Datasets,
	}
}

func (m *Policy) toSpec() spec.Policy {
	return spec.Policy{
		SoleAggregator: m.SoleAggregator, MinAggregators: m.MinAggregators, MinPay: m.MinPay,
		MinDeadline: spec.Duration(m.MinDeadline),
		Owners:      append([]string(nil), m.Owners...), Datasets: append([]string(nil), m.Datasets...), // none is nil, also where JSON has []
	}
}

// ResourcesFromSpec is the wire form of resources.
func ResourcesFromSpec(r spec.Resources) Resources {
	return Resources{Cpu: r.CPU, Memory: r.Memory, Gpu: r.GPU, Storage: r.Storage, Bandwidth: r.Bandwidth}
}

// ToSpec is the resources in plain types.
func (m *Resources) ToSpec() spec.Resources {
	return spec.Resources{CPU: m.Cpu, Memory: m.Memory, GPU: m.Gpu, Storage: m.Storage, Bandwidth: m.Bandwidth}
}

func holdingsFromSpec(list []spec.Holding) (out []Holding) {
	for _, d := range list {
		out = append(out, Holding{Name: d.Name, Samples: d.Samples, Dataset: d.Dataset})
	}
	return out
}

func holdingsToSpec(list []Holding) (out []spec.Holding) {
	for _, d := range list {
		out = append(out, spec.Holding{Name: d.Name, Samples: d.Samples, Dataset: d.Dataset})
	}
	return out
}

func measuresFromSpec(list []spec.Measure) (out []Measure) {
	for _, m := range list {
		out = append(out, Measure{Kind: m.Kind, Accuracy: uint32(m.Accuracy), Tasks: m.Tasks})
	}
	return out
}

func measuresToSpec(list []Measure) (out []spec.Measure) {
	for _, m := range list {
		out = append(out, spec.Measure{Kind: m.Kind, Accuracy: spec.PPM(m.Accuracy), Tasks: m.Tasks})
	}
	return out
}
