package daemon

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/spec"
)

// NodeConfig is what a node's home folder says of it.
type NodeConfig struct {
	Chain        string            `json:"chain"`
	Name         string            `json:"name"`
	Roles        spec.Role         `json:"roles"`
	RPC          []string          `json:"rpc"`                // of chain nodes, tried in turn
	Listen       string            `json:"listen,omitempty"`   // host:port of the blob interface; empty: none
	Endpoint     string            `json:"endpoint,omitempty"` // its base URL as others see it; empty: https://Listen
	Stake        uint64            `json:"stake_uthing"`
	Slots        uint32            `json:"slots"`
	Resources    spec.Resources    `json:"resources"`
	Claimed      spec.PPM          `json:"claimed_accuracy"`
	Capabilities []spec.Capability `json:"capabilities,omitempty"` // kinds of work it takes on
	Policy       spec.Policy       `json:"policy"`                 // which tasks it serves
	Data         Rows              `json:"data"`
	// WarnFree must be free on the disk, or a warning is logged; 0: DefaultWarnFree.
	WarnFree spec.Size  `json:"warn_free,omitzero"`
	Disk     blob.Quota `json:"disk,omitzero"` // of the blobs that it keeps; what is 0 has its default, see [NodeConfig.quota]
	// Liar makes an aggregator publish wrong models, to show what the network
	// does about it.
	Liar bool `json:"liar,omitempty"`
}

// The files of a home folder.
const (
	nodeFile      = "node.json"
	transportFile = "transport.key"
	sealingFile   = "sealing.key"
	blobFolder    = "blobs"
	journalFile   = "journal.jsonl"
)

// ErrOtherChain is returned for a home folder that belongs to another chain.
var ErrOtherChain = errors.New("home folder belongs to another chain")

// LoadNode reads a node's home folder.
func LoadNode(home string) (NodeConfig, error) {
	var c NodeConfig
	b, err := os.ReadFile(filepath.Join(home, nodeFile))
	if err != nil {
		return c, fmt.Errorf("home folder of a node: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return c, fmt.Errorf("%s: %w", filepath.Join(home, nodeFile), err)
	}
	return c, c.Validate()
}

// SaveNode writes a node's home folder; keys that are not there yet are made.
func SaveNode(home string, c NodeConfig) error {
	if err := c.Validate(); err != nil {
		return err
	}
	if err := os.MkdirAll(home, 0o700); err != nil {
		return err
	}
	b, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	if err := writeFile(filepath.Join(home, nodeFile), b); err != nil {
		return err
	}
	_, err = loadKeys(home)
	return err
}

// Validate reports the first thing that is wrong with a configuration.
func (c NodeConfig) Validate() error {
	switch {
	case c.Chain == "":
		return fmt.Errorf("node %q names no chain", c.Name)
	case c.Name == "":
		return errors.New("node has no name")
	case !c.Roles.Valid():
		return fmt.Errorf("node %q has no role", c.Name)
	case len(c.RPC) == 0:
		return fmt.Errorf("node %q names no RPC address", c.Name)
	case c.Roles.Has(spec.Aggregator) && c.Listen == "":
		return fmt.Errorf("node %q aggregates, so it needs an address to listen on", c.Name)
	case (c.Roles.Has(spec.Trainer) || c.Roles.Has(spec.Evaluator)) && (c.Data.File == "" || c.Data.Name == ""):
		return fmt.Errorf("node %q trains or evaluates, so it needs data: a name and a file", c.Name)
	case c.Roles.Has(spec.Evaluator) && c.Data.Withhold:
		return fmt.Errorf("node %q evaluates, so it cannot withhold how many rows it has: a score is a fraction of them", c.Name)
	case c.endpoint() != "":
		if _, err := spec.ParseEndpoint(c.endpoint()); err != nil {
			return fmt.Errorf("node %q: %w", c.Name, err)
		}
	}
	if c.Data.Owner != "" && c.Data.Budget != nil {
		return fmt.Errorf("node %q: data.owner names the home folder of who owns the rows, so data.budget belongs there", c.Name)
	}
	if err := c.Data.validate(); err != nil {
		return fmt.Errorf("node %q: %w", c.Name, err)
	}
	if err := c.Data.Budget.validate(c.Roles); err != nil {
		return fmt.Errorf("node %q: %w", c.Name, err)
	}
	if q := c.quota(); q.Task > q.All || spec.Size(c.Resources.Storage)*spec.MiB > q.All {
		return fmt.Errorf("node %q: disk.all is %s: want no less than disk.task, %s, and resources.storage, %d MiB", c.Name, q.All, q.Task, c.Resources.Storage)
	}
	return nil
}

// DefaultDisk is how much a node keeps in blobs unless its file, or the storage that it
// offers to tasks, says more; a task has a quarter of what there is.
const DefaultDisk = 32 * spec.GiB

// quota is how much the node keeps in blobs.
func (c NodeConfig) quota() blob.Quota {
	q := c.Disk
	if q.All == 0 {
		q.All = max(DefaultDisk, q.Task, spec.Size(c.Resources.Storage)*spec.MiB)
	}
	if q.Task == 0 {
		q.Task = q.All / 4
	}
	return q
}

// endpoint is where others reach the node's blob interface.
func (c NodeConfig) endpoint() string {
	if c.Endpoint == "" && c.Listen != "" {
		return "https://" + c.Listen
	}
	return c.Endpoint
}

// halfWritten is how files are named that are to take the place of others.
const halfWritten = ".new-*"

// writeFile replaces a file as a whole: after a crash there is the old one or
// the new one. Only the owner may read it.
func writeFile(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), halfWritten)
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(b)
	err = errors.Join(err, f.Chmod(0o600), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
