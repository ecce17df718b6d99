package daemon

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"

	"github.com/althing-network/althing/daemon/settings"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/spec"
)

// Validate reports the first field that is wrong, as a [*settings.Wrong].
func (c NodeConfig) Validate() error {
	checks := settings.Node()
	switch {
	case c.Chain == "":
		return checks.Missing("chain")
	case c.Name == "":
		return checks.Missing("name")
	case !validName(c.Name):
		return checks.Refuse("name", strconv.Quote(c.Name))
	case c.Roles == 0:
		return checks.Missing("roles")
	case !c.Roles.Valid():
		return checks.Refuse("roles", strconv.Quote(c.Roles.String()))
	case len(c.RPC) == 0:
		return checks.Missing("rpc")
	case c.Roles.Has(spec.Aggregator) && c.Listen == "":
		return &settings.Wrong{Name: "listen", Why: "an aggregator serves blobs, so it needs an address", Want: checks.Want("listen")}
	case c.Listen != "" && !isAddress(c.Listen):
		return checks.Refuse("listen", strconv.Quote(c.Listen))
	case c.Stake > spec.MaxEscrow:
		return checks.Refuse("stake_uthing", strconv.FormatUint(c.Stake, 10))
	case c.Slots > spec.MaxSlots:
		return checks.Refuse("slots", strconv.FormatUint(uint64(c.Slots), 10))
	case c.Claimed > spec.One:
		return checks.Refuse("claimed_accuracy", c.Claimed.String())
	case c.WarnFree < 0 || c.WarnFree > settings.MaxWarnFree:
		return checks.Refuse("warn_free", quotedSize(c.WarnFree))
	}
	for _, address := range c.RPC {
		if u, err := url.Parse(address); err != nil || u.Host == "" || !slices.Contains([]string{"http", "https", "tcp"}, u.Scheme) {
			return checks.Refuse("rpc", strconv.Quote(address))
		}
	}
	if e := c.endpoint(); e != "" {
		if _, err := spec.ParseEndpoint(e); err != nil {
			name := "endpoint"
			if c.Endpoint == "" { // the endpoint follows from listen
				name = "listen"
			}
			return &settings.Wrong{Name: name, Why: err.Error()}
		}
	}
	for _, check := range []func(settings.List) error{c.checkWork, c.checkPolicy, c.checkData, c.checkDisk} {
		if err := check(checks); err != nil {
			return err
		}
	}
	return nil
}

// validName reports whether a text may be the name of a node, of a data set or of a kind of
// work.
func validName(name string) bool {
	p := spec.Profile{Name: name, Roles: spec.Consumer, TransportKey: make([]byte, spec.KeySize), Slots: 1}
	return p.Validate() == nil
}

// isAddress reports whether a text is host:port, with a number for the port.
func isAddress(address string) bool {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return err == nil
}

// quotedSize is a size as a configuration file has it.
func quotedSize(s spec.Size) string {
	b, err := s.MarshalText()
	if err != nil {
		return s.String()
	}
	return strconv.Quote(string(b))
}

func (c NodeConfig) checkWork(checks settings.List) error {
	if n := len(c.Capabilities); n > spec.MaxCapabilities {
		return &settings.Wrong{Name: "capabilities", Why: fmt.Sprintf("there are %d", n), Want: checks.Want("capabilities")}
	}
	for i, work := range c.Capabilities {
		switch {
		case work.Kind == "":
			return checks.Missing("capabilities.kind")
		case !validName(work.Kind):
			return checks.Refuse("capabilities.kind", strconv.Quote(work.Kind))
		case slices.ContainsFunc(c.Capabilities[:i], func(other spec.Capability) bool { return other.Kind == work.Kind }):
			return &settings.Wrong{Name: "capabilities.kind", Given: strconv.Quote(work.Kind), Why: "it is listed twice"}
		case !c.Resources.Covers(work.Needs):
			return &settings.Wrong{Name: "capabilities.needs", Why: fmt.Sprintf("%q needs more than the node's resources", work.Kind)}
		}
	}
	return nil
}

func (c NodeConfig) checkPolicy(checks settings.List) error {
	p := c.Policy
	switch {
	case p.MinAggregators > spec.MaxCommittee:
		return checks.Refuse("policy.min_aggregators", strconv.FormatUint(uint64(p.MinAggregators), 10))
	case p.MinPay > spec.MaxEscrow:
		return checks.Refuse("policy.min_pay_uthing", strconv.FormatUint(p.MinPay, 10))
	case p.MinDeadline < 0 || p.MinDeadline > spec.MaxDuration:
		return checks.Refuse("policy.min_train_deadline", strconv.Quote(p.MinDeadline.String()))
	}
	if err := p.Validate(); err != nil {
		return &settings.Wrong{Name: "policy", Why: err.Error()}
	}
	return nil
}

func (c NodeConfig) checkData(checks settings.List) error {
	d := c.Data
	withRows := c.Roles.Has(spec.Trainer) || c.Roles.Has(spec.Evaluator)
	switch {
	case withRows && d.File == "":
		return &settings.Wrong{Name: "data.file", Why: fmt.Sprintf("a node with the roles %s needs rows", c.Roles), Want: checks.Want("data.file")}
	case withRows && d.Name == "":
		return &settings.Wrong{Name: "data.name", Why: fmt.Sprintf("a node with the roles %s needs rows with a name", c.Roles), Want: checks.Want("data.name")}
	case d.Name != "" && !validName(d.Name):
		return checks.Refuse("data.name", strconv.Quote(d.Name))
	case d.Classes < 0 || d.Classes == 1 || d.Classes > settings.MaxClasses:
		return checks.Refuse("data.classes", strconv.Itoa(d.Classes))
	case d.Missing != "" && !slices.ContainsFunc(spec.MissingRules(), func(w spec.Word) bool { return w.Name == d.Missing }):
		return checks.Refuse("data.missing", strconv.Quote(d.Missing))
	case d.Label != "" && slices.Contains(d.Drop, d.Label):
		return &settings.Wrong{Name: "data.drop", Why: fmt.Sprintf("it names the label %q", d.Label)}
	case slices.Contains(d.Drop, ""):
		return &settings.Wrong{Name: "data.drop", Why: "one of the names is empty", Want: checks.Want("data.drop")}
	case slices.Contains(d.Categories, ""):
		return &settings.Wrong{Name: "data.categories", Why: "one of the names is empty", Want: checks.Want("data.categories")}
	case d.Schema != "" && d.File == "":
		return &settings.Wrong{Name: "data.schema", Why: "it says what the rows of data.file look like, and data.file is missing"}
	case d.Withhold && c.Roles.Has(spec.Evaluator):
		return &settings.Wrong{Name: "data.withhold", Given: "true", Why: "an evaluator cannot withhold how many rows it has, because a score is a fraction of them"}
	case d.Owner != "" && d.Budget != nil:
		return &settings.Wrong{Name: "data.budget", Why: "data.owner names the home folder of the owner of the rows, so the budget belongs there"}
	case d.Budget == nil:
		return nil
	case !c.Roles.Has(spec.DataProvider) || !c.Roles.Has(spec.Trainer):
		return &settings.Wrong{Name: "data.budget", Why: "a budget is for a node with the roles data-provider and trainer"}
	}
	return d.Budget.check(checks)
}

// check reports the first field of a budget that is wrong.
func (b Budget) check(checks settings.List) error {
	switch epsilon, err := cost.ParseEpsilon(b.Epsilon); {
	case b.Epsilon == "":
		return checks.Missing("data.budget.epsilon")
	case err != nil || epsilon == 0:
		return checks.Refuse("data.budget.epsilon", strconv.Quote(b.Epsilon))
	}
	if b.Delta != "" {
		if delta, err := cost.ParseDelta(b.Delta); err != nil || delta.Validate() != nil {
			return checks.Refuse("data.budget.delta", strconv.Quote(b.Delta))
		}
	}
	switch {
	case b.Unit != "" && !b.Unit.Valid():
		return checks.Refuse("data.budget.unit", strconv.Quote(b.Unit.String()))
	case b.Adjacency != "" && !b.Adjacency.Valid():
		return checks.Refuse("data.budget.adjacency", strconv.Quote(b.Adjacency.String()))
	}
	if _, err := b.Limit(); err != nil {
		return &settings.Wrong{Name: "data.budget", Why: err.Error()}
	}
	return nil
}

func (c NodeConfig) checkDisk(checks settings.List) error {
	storage := spec.Size(c.Resources.Storage) * spec.MiB
	switch q := c.quota(); {
	case c.Disk.All < 0 || c.Disk.All > settings.MaxDisk:
		return checks.Refuse("disk.all", quotedSize(c.Disk.All))
	case c.Disk.Task < 0 || c.Disk.Task > settings.MaxDisk:
		return checks.Refuse("disk.task", quotedSize(c.Disk.Task))
	case q.Task > q.All:
		return &settings.Wrong{Name: "disk.all", Given: quotedSize(q.All), Want: fmt.Sprintf("no less than disk.task, which is %s", quotedSize(q.Task))}
	case storage > q.All:
		return &settings.Wrong{Name: "disk.all", Given: quotedSize(q.All), Want: fmt.Sprintf("no less than resources.storage, which is %d MiB", c.Resources.Storage)}
	}
	return nil
}
