package demo

import (
	"errors"
	"fmt"
	"net"
	"syscall"
)

// PortTakenError names a port on loopback that another process listens on.
type PortTakenError struct {
	Port int
	Next int // first port from which all ports of the network are free; 0: none was found
}

// Error implements [error].
func (e *PortTakenError) Error() string {
	return fmt.Sprintf("port %d is in use by another process", e.Port)
}

// portsFree fails with a [PortTakenError] where a port of the network is in use.
func (n Network) portsFree(first int) error {
	wanted := 2*n.Validators + n.Nodes()
	taken := takenPort(first, wanted)
	if taken == 0 {
		return nil
	}
	const step, tries = 100, 20
	for next := first + step; next < first+tries*step && next+wanted-1 <= maxPort; next += step {
		if takenPort(next, wanted) == 0 {
			return &PortTakenError{taken, next}
		}
	}
	return &PortTakenError{Port: taken}
}

// takenPort is the first port of some that is in use; 0: all are free.
func takenPort(first, count int) int {
	for port := first; port < first+count; port++ {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)) //nolint:noctx // it does not wait
		if errors.Is(err, syscall.EADDRINUSE) {
			return port
		}
		if err == nil {
			_ = l.Close()
		}
	}
	return 0
}
