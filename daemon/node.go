package daemon

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/daemon/settings"
	"github.com/althing-network/althing/spec"
)

// NodeConfig is what the file node.json in a node's home folder says. Defaults and bounds
// of its fields are listed in [settings.Node].
type NodeConfig struct {
	Chain        string            `json:"chain"`
	Name         string            `json:"name"`
	Roles        spec.Role         `json:"roles"`
	RPC          []string          `json:"rpc"`                // of validators, tried in turn
	Listen       string            `json:"listen,omitempty"`   // host:port of the blob interface; empty: none
	Endpoint     string            `json:"endpoint,omitempty"` // its base URL as others see it; empty: https://Listen
	Stake        uint64            `json:"stake_uthing"`
	Slots        uint32            `json:"slots"` // tasks at the same time
	Resources    spec.Resources    `json:"resources"`
	Claimed      spec.PPM          `json:"claimed_accuracy"`
	Capabilities []spec.Capability `json:"capabilities,omitempty"` // kinds of work it takes on
	Policy       spec.Policy       `json:"policy"`                 // which tasks it serves
	Data         Rows              `json:"data"`
	// WarnFree must be free on the disk, or a warning is logged; 0: DefaultWarnFree.
	WarnFree spec.Size  `json:"warn_free,omitzero"`
	Disk     blob.Quota `json:"disk,omitzero"` // for blobs; for a part that is 0, see [NodeConfig.quota]
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

// LoadNode reads a node's home folder. Where node.json is wrong, the error names the line
// and the field, see [settings.Wrong].
func LoadNode(home string) (NodeConfig, error) {
	var c NodeConfig
	err := loadSettings(home, nodeFile, "node", settings.Node(), &c, func() error { return c.Validate() })
	return c, err
}

// loadSettings reads a configuration file of a home folder into a struct and checks it.
func loadSettings(home, file, kind string, list settings.List, into any, check func() error) error {
	path := filepath.Join(home, file)
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return &noHomeError{home: home, of: " of a " + kind, file: file}
	}
	if err != nil {
		return fmt.Errorf("home folder of a %s: %w", kind, err)
	}
	lines, err := settings.Decode(b, list, into)
	if err == nil {
		err = lines.Locate(check())
	}
	if wrong, ok := errors.AsType[*settings.Wrong](err); ok && wrong.Line > 0 {
		return fmt.Errorf("%s %w", path, err)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// noHomeError says that a folder is no home folder, by the file that it lacks.
type noHomeError struct{ home, of, file string }

// Error names folder and file.
func (e *noHomeError) Error() string {
	return fmt.Sprintf("%s is no home folder%s: it holds no %s", e.home, e.of, e.file)
}

// Unwrap is [os.ErrNotExist].
func (*noHomeError) Unwrap() error { return os.ErrNotExist }

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

// DefaultDisk is the disk space for blobs if node.json does not state it, or more if disk.task
// or resources.storage is larger. By default the blobs of one task may take a quarter of the
// disk space.
const DefaultDisk = 32 * spec.GiB

// quota is the node's disk space for blobs, with its defaults filled in.
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

// halfWritten is the name pattern of the temporary files of [ReplaceFile].
const halfWritten = ".new-*"

// writeFile is [ReplaceFile] for a file that only its owner may read.
func writeFile(path string, b []byte) error { return ReplaceFile(path, b, 0o600) }

// ReplaceFile writes a whole file atomically: after a crash there is the old file or the new
// one.
func ReplaceFile(path string, b []byte, mode fs.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), halfWritten)
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(b)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
