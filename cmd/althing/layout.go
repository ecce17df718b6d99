package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v3"

	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/spec"
)

// write makes the network's folder, with a task file for it. Without a name it
// is a temporary one.
func (n network) write(dir string, port int) (local daemon.Localnet, task spec.TaskSpec, err error) {
	if n, err = n.follow(); err != nil {
		return local, task, err
	}
	if err := n.validate(); err != nil {
		return local, task, err
	}
	if last := port + 2*n.validators + n.nodes() - 1; port < 0 || last > 65535 {
		return local, task, fmt.Errorf("--port %d: the network takes the ports up to %d: want 65535 at most", port, last)
	}
	parts, err := n.split()
	if err != nil {
		return local, task, err
	}
	if task, err = n.task(parts); err != nil {
		return local, task, err
	}
	if dir == "" {
		dir, err = os.MkdirTemp("", "althing-demo-")
	} else {
		err = empty(dir)
	}
	if err != nil {
		return local, task, err
	}
	local = n.localnet(dir, port, parts, task)
	if err := local.Write(); err != nil {
		return local, task, err
	}
	file, err := yaml.Marshal(task)
	if err != nil {
		return local, task, err
	}
	return local, task, os.WriteFile(filepath.Join(dir, "task.yaml"), file, 0o600)
}

// empty refuses a folder that holds something: a network is never written over
// another.
func empty(dir string) error {
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) > 0 {
		return fmt.Errorf("%s is not empty: want a folder that is new", dir)
	}
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}
