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
	RPC          []string          `json:"rpc"`                // of validators, tried in this order
	Listen       string            `json:"listen,omitempty"`   // host:port where the node serves blobs; empty: it serves none
	Endpoint     string            `json:"endpoint,omitempty"` // base URL under which others reach Listen; empty: https://Listen
	Stake        uint64            `json:"stake_uthing"`
	Slots        uint32            `json:"slots"` // tasks that the node serves at the same time
	Resources    spec.Resources    `json:"resources"`
	Claimed      spec.PPM          `json:"claimed_accuracy"`
	Capabilities []spec.Capability `json:"capabilities,omitempty"` // kinds of work it takes on
	Policy       spec.Policy       `json:"policy"`                 // which tasks it serves
	Data         Rows              `json:"data"`
	// WarnFree: a warning is logged when less than this is free on the disk; 0: DefaultWarnFree.
	WarnFree spec.Size  `json:"warn_free,omitzero"`
	Disk     blob.Quota `json:"disk,omitzero"` // space for blobs; [NodeConfig.quota] fills in what is 0
	// Liar makes an aggregator publish wrong models, for demonstrations of how the network
	// detects and punishes them.
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
		return &noHomeError{home: home, owner: " of a " + kind, file: file}
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

// noHomeError is returned for a folder that lacks the file which makes it a home folder.
type noHomeError struct {
	home  string
	owner string // " of a node", " of a validator" or empty
	file  string
}

// Error names the folder and the file that it lacks.
func (e *noHomeError) Error() string {
	return fmt.Sprintf("%s is no home folder%s: it holds no %s", e.home, e.owner, e.file)
}

// Unwrap returns [os.ErrNotExist].
func (*noHomeError) Unwrap() error { return os.ErrNotExist }

// SaveNode writes node.json into a node's home folder and makes the keys that are missing there.
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

// DefaultDisk is the disk space for blobs of a node whose file does not state it. It grows to
// disk.task or resources.storage of the file where one of them is larger. The blobs of one task
// get a quarter of it.
const DefaultDisk = 32 * spec.GiB

// quota returns the node's disk space for blobs, with defaults filled in.
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

// endpoint returns the URL where others reach the node's blob interface; empty: it has none.
func (c NodeConfig) endpoint() string {
	if c.Endpoint == "" && c.Listen != "" {
		return "https://" + c.Listen
	}
	return c.Endpoint
}

// temporaryPattern is the pattern of the names of files that [ReplaceFile] has not finished.
const temporaryPattern = ".new-*"

// writeFile is [ReplaceFile] for a file that only its owner may read.
func writeFile(path string, b []byte) error { return ReplaceFile(path, b, 0o600) }

// ReplaceFile writes a file atomically: after a crash the path holds the old file or the new one.
func ReplaceFile(path string, b []byte, mode fs.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), temporaryPattern)
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
