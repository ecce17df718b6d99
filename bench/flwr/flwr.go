// Package flwr finds a Python with Flower for benches, and installs Flower if it is missing.
// It measures nothing.
package flwr

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/althing-network/althing/bench/command"
	"github.com/althing-network/althing/bench/peer"
)

// The versions that we compare with, and the folder into which they are installed, relative
// to the root of the module. The folder is not under version control.
const (
	Version = "1.42.0"
	NumPy   = "2.4.6"
	Folder  = ".cache/flwr"
)

// ErrMissing is wrapped by errors about a missing Python, or one without this version of
// Flower.
var ErrMissing error = &command.Hinted{
	Err: errors.New("no Flower"),
	Hint: "python3 -m venv " + Folder + " && " + Folder + "/bin/pip install flwr==" + Version + " numpy==" + NumPy +
		", or name a Python that has them: --python PATH",
}

// Python returns the named Python. If none is named, it returns one in [Folder], where it
// installs Flower if it is missing, and writes that to log.
func Python(ctx context.Context, named string, log io.Writer) (string, error) {
	python, err := peer.Environment{
		Folder:   Folder,
		Installs: [][]string{{"flwr==" + Version, "numpy==" + NumPy}},
		Versions: "import flwr, numpy; print('flwr', flwr.__version__)",
		Want:     "flwr " + Version,
	}.Python(ctx, named, log)
	if err != nil {
		return python, fmt.Errorf("%w: %w", ErrMissing, err)
	}
	return python, nil
}
