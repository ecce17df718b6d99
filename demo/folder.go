package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/spec"
)

// Folder is the folder of a demo, taken by this process: no other process runs it or deletes
// it before [Folder.Close].
type Folder struct {
	Dir     string
	Warning string // says that the folder is not in the usual place; empty otherwise

	local   daemon.Localnet
	task    spec.TaskSpec
	record  record
	resumed bool
	release func() error // gives the lock back
}

// record is what a demo writes down to be resumed.
type record struct {
	Validators  int    `json:"validators"`
	Trainers    int    `json:"trainers"`
	Aggregators int    `json:"aggregators"`
	Evaluators  int    `json:"evaluators"`
	Seed        uint64 `json:"seed"`
	Governed    bool   `json:"governed"`
	Supply      uint64 `json:"supply_uthing"` // before the task was created; 0: it is not created
}

// The files of a demo's folder, beside the home folders.
const (
	recordFile = "demo.json"
	taskFile   = "task.yaml"
	logFile    = "log.txt"
	modelFile  = "model.safetensors"
)

// ErrNoDemo is returned by [Open] for a folder that no demo has written.
var ErrNoDemo = errors.New("no demo to resume")

// Log is the file that every node of the demo logs to.
func (f *Folder) Log() string { return filepath.Join(f.Dir, logFile) }

// Resumable reports whether [Open] can go on with the demo after it was stopped. A demo with
// votes cannot be resumed: their periods end by the clock.
func (f *Folder) Resumable() bool { return !f.record.Governed }

// Close gives the folder back.
func (f *Folder) Close() error { return f.release() }

// prepared is a network whose rows are split, and which is not written yet.
type prepared struct {
	network Network
	parts   rows
	task    spec.TaskSpec
}

// prepare splits the rows of a network and makes its task. It refuses what cannot work before
// anything is written.
func (n Network) prepare() (p prepared, err error) {
	if p.network, err = n.withTaskFile(); err != nil {
		return p, err
	}
	if err := p.network.Validate(); err != nil {
		return p, err
	}
	if p.parts, err = p.network.split(); err != nil {
		return p, err
	}
	p.task, err = p.network.taskFor(p.parts)
	return p, err
}

// write writes the home folders and the task file.
func (p prepared) write(dir string, port int) (daemon.Localnet, error) {
	local := p.network.localnet(dir, port, p.parts, p.task)
	if err := local.Write(); err != nil {
		return local, err
	}
	b, err := yaml.Marshal(p.task)
	if err != nil {
		return local, err
	}
	return local, os.WriteFile(filepath.Join(dir, taskFile), b, 0o600)
}

// Write writes the folder of a network: a home folder for each validator and node, and a task
// file. Port is the first of the ports on loopback; 0 takes ports that are free. The folder must
// be new or empty. It fails with a [PortTakenError] where a port is in use.
func (n Network) Write(dir string, port int) (daemon.Localnet, spec.TaskSpec, error) {
	p, err := n.prepare()
	if err != nil {
		return daemon.Localnet{}, p.task, err
	}
	if err := p.network.checkPorts(port); err != nil {
		return daemon.Localnet{}, p.task, err
	}
	if port > 0 && len(p.network.Hosts) == 0 { // else they are those of other machines
		if err := p.network.portsFree(port); err != nil {
			return daemon.Localnet{}, p.task, err
		}
	}
	if err := isEmpty(dir); err != nil {
		return daemon.Localnet{}, p.task, err
	}
	local, err := p.write(dir, port)
	if err == nil {
		_ = remember(dir) // without a cache, commands do not find the network from elsewhere, and it works all the same
	}
	return local, p.task, err
}

// Create makes the folder of a new demo. Without a name it is a new one in the user's cache,
// where old demos are deleted first.
func Create(n Network, dir string) (_ *Folder, err error) {
	p, err := n.prepare()
	if err != nil {
		return nil, err
	}
	f := &Folder{Dir: dir, task: p.task, record: record{
		Validators: p.network.Validators, Trainers: p.network.Trainers, Aggregators: p.network.Aggregators, Evaluators: p.network.Evaluators,
		Seed: p.network.Seed, Governed: p.network.Governed,
	}}
	if dir == "" {
		f.Dir, f.Warning, err = newCached(time.Now())
	} else if err = isEmpty(dir); err == nil {
		if err = os.MkdirAll(dir, 0o700); err == nil {
			_ = remember(dir) // as in Write
		}
	}
	if err != nil {
		return nil, err
	}
	if f.release, err = daemon.Lock(f.Dir); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close())
		}
	}()
	if f.local, err = p.write(f.Dir, 0); err != nil {
		return nil, err
	}
	return f, f.save()
}

// Open opens the folder of a demo that was stopped, for [Folder.Run] to go on.
func Open(dir string) (_ *Folder, err error) {
	b, err := os.ReadFile(filepath.Join(dir, recordFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s has no %s", ErrNoDemo, dir, recordFile)
	}
	f := &Folder{Dir: dir, resumed: true}
	if err == nil {
		err = json.Unmarshal(b, &f.record)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, recordFile), withoutPath(err))
	}
	if b, err = os.ReadFile(filepath.Join(dir, taskFile)); err != nil {
		return nil, err
	}
	if f.task, err = spec.ParseTask(b); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, taskFile), err)
	}
	if !f.Resumable() {
		return nil, fmt.Errorf("%w: %s is a demo with votes, and their periods have ended by the clock meanwhile: start a new one", ErrNoDemo, dir)
	}
	f.local = daemon.Localnet{Dir: dir, Validators: f.record.Validators}
	size := Network{Trainers: f.record.Trainers, Aggregators: f.record.Aggregators, Evaluators: f.record.Evaluators}
	for _, name := range size.nodeNames() {
		config, err := daemon.LoadNode(f.local.Home(name))
		if err != nil {
			return nil, err
		}
		f.local.Residents = append(f.local.Residents, daemon.Resident{Config: config})
	}
	f.release, err = daemon.Lock(dir)
	return f, err
}

// save writes the record as a whole: after a crash there is the old one or the new one.
func (f *Folder) save() error {
	b, err := json.MarshalIndent(f.record, "", "  ")
	if err != nil {
		return err
	}
	path := filepath.Join(f.Dir, recordFile)
	if err := os.WriteFile(path+".new", append(b, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// isEmpty refuses a folder that holds something: a network is never written over another.
func isEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && len(entries) > 0 {
		if slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == recordFile }) {
			return fmt.Errorf("%s has a demo already: want a new folder, or --resume", dir)
		}
		return fmt.Errorf("%s is not empty: want a new folder", dir)
	}
	return err
}
