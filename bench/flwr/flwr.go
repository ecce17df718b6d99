// Package flwr finds the Python in which benches run Flower, and installs it where it
// is missing. It measures nothing.
package flwr

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/althing-network/althing/bench/command"
	"github.com/althing-network/althing/bench/peer"
)

// What is compared with, and where it is installed when no other Python has it:
// relative to the folder of the module, which is not kept under version control.
const (
	Version = "1.42.0"
	NumPy   = "2.4.6"
	Folder  = ".cache/flwr"
)

// ErrMissing is wrapped when a Python is missing, or has no Flower of the version.
var ErrMissing error = &command.Hinted{
	Err: errors.New("no Flower"),
	Hint: "python3 -m venv " + Folder + " && " + Folder + "/bin/pip install flwr==" + Version + " numpy==" + NumPy +
		", or name a Python that has them: --python PATH",
}

// Python is the one that is named, else the one where Flower is installed by this
// function, which it does when it is not there; it says so to a log.
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
