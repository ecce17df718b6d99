package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/althing-network/althing/bench/process"
)

//go:embed flower
var flowerFiles embed.FS

// sampleFlower lets Flower train for a number of rounds, in its deployment mode or with
// long-lived processes.
func (b *bench) sampleFlower(ctx context.Context, s system, folder string, all int, said func(round int)) (r sample, err error) {
	four := system{What: althing, Validators: 4, Aggregators: 4, Evaluators: 4, Pause: time.Second}
	net, app, home := filepath.Join(folder, "net"), filepath.Join(folder, "app"), filepath.Join(folder, "home")
	err = errors.Join(b.writeNetwork(ctx, four, net, all), export(net, folder, all, four.Evaluators),
		os.Mkdir(app, 0o700), os.Mkdir(home, 0o700))
	for _, name := range []string{"app.py", "pyproject.toml"} {
		text, failed := flowerFiles.ReadFile("flower/" + name)
		err = errors.Join(err, failed, os.WriteFile(filepath.Join(app, name), text, 0o600))
	}
	if err != nil {
		return r, err
	}
	bin := filepath.Dir(b.python)
	running := process.New(folder, "FLWR_HOME="+home, "FLWR_TELEMETRY_ENABLED=0", "FLWR_DISABLE_UPDATE_CHECK=1",
		"PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	defer running.Stop()
	if s.What == deployment {
		err = deploy(ctx, running, bin, folder)
	} else {
		err = serve(ctx, running, b.python, folder)
	}
	if err != nil {
		return r, err
	}
	return followFlower(ctx, running, all, said)
}

// deploy starts a SuperLink and one SuperNode per trainer, and runs the app on them. Each
// message starts a process, which is Flower's default. The app's dependencies are installed
// already, so they are not installed for each message.
func deploy(ctx context.Context, running *process.Group, bin, folder string) error {
	ports, err := freePorts(ctx, 1+trainers)
	if err != nil {
		return err
	}
	const host = "127.0.0.1"
	link := net.JoinHostPort(host, ports[0])
	config := fmt.Sprintf("[superlink]\ndefault = \"bench\"\n\n[superlink.bench]\naddress = %q\ninsecure = true\n", link)
	if err := os.WriteFile(filepath.Join(folder, "home", "config.toml"), []byte(config), 0o600); err != nil {
		return err
	}
	if err := running.Start("superlink", filepath.Join(bin, "flower-superlink"), "--insecure",
		"--host", host, "--port", ports[0], "--disable-runtime-dependency-installation"); err != nil {
		return err
	}
	if err := waitFor(ctx, running, link); err != nil {
		return err
	}
	for i := range trainers {
		err := running.Start(fmt.Sprintf("supernode-%d", i+1), filepath.Join(bin, "flower-supernode"), "--insecure",
			"--superlink", link, "--host", host, "--port", ports[1+i], "--node-config", fmt.Sprintf("number=%d", i+1))
		if err != nil {
			return err
		}
	}
	for i := range trainers {
		if err := waitFor(ctx, running, net.JoinHostPort(host, ports[1+i])); err != nil {
			return err
		}
	}
	return running.Call(ctx, "run", filepath.Join(bin, "flwr"), "run", filepath.Join(folder, "app"), "bench",
		"--run-config", fmt.Sprintf("folder=%q", folder))
}

// serve starts a server, and one process per trainer.
func serve(ctx context.Context, running *process.Group, python, folder string) error {
	ports, err := freePorts(ctx, 1)
	if err != nil {
		return err
	}
	address, app := net.JoinHostPort("127.0.0.1", ports[0]), filepath.Join(folder, "app", "app.py")
	if err := running.Start("server", python, app, "serve", folder, address); err != nil {
		return err
	}
	if err := waitFor(ctx, running, address); err != nil {
		return err
	}
	for i := range trainers {
		if err := running.Start(fmt.Sprintf("client-%d", i+1), python, app, "join", folder, address, fmt.Sprint(i+1)); err != nil {
			return err
		}
	}
	return nil
}

// waitFor waits until a process listens on an address.
func waitFor(ctx context.Context, running *process.Group, address string) error {
	return running.Until(ctx, 100*time.Millisecond, time.Minute, func() (bool, error) {
		c, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err != nil {
			return false, nil
		}
		return true, c.Close()
	})
}

// followFlower waits until all rounds have ended.
func followFlower(ctx context.Context, running *process.Group, all int, said func(round int)) (r sample, err error) {
	m, shown := meter{running: running}, 0
	var rounds []ended
	for len(rounds) <= all {
		err := running.Until(ctx, 20*time.Millisecond, 5*time.Minute, func() (bool, error) {
			b, err := os.ReadFile(filepath.Join(running.Folder(), "rounds.jsonl"))
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				return false, err
			}
			if rounds, err = readEnded(b); err != nil {
				return false, fmt.Errorf("rounds.jsonl: %w", err)
			}
			if len(rounds) > 1 {
				m.measure()
			}
			return len(rounds) > shown, nil
		})
		if err != nil {
			return r, err
		}
		shown = len(rounds)
		said(shown)
	}
	var ends []time.Time
	for _, e := range rounds[1:] {
		ends = append(ends, time.UnixMicro(int64(e.At*1e6)))
	}
	return sample{Rounds: intervals(ends), Accuracy: rounds[all].Accuracy, Resident: m.peak, Processes: m.processes}, nil
}

// freePorts finds free ports on loopback. They are below the ports that systems use for
// outgoing connections, so that none is taken before a process listens on it.
func freePorts(ctx context.Context, n int) (ports []string, err error) {
	const first, last = 10_000, 30_000
	for port := first + rand.IntN(last-first-n); len(ports) < n && port < last; port++ {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			continue
		}
		if err := l.Close(); err != nil {
			return nil, err
		}
		ports = append(ports, strconv.Itoa(port))
	}
	if len(ports) < n {
		return nil, fmt.Errorf("found only %d free ports: want %d", len(ports), n)
	}
	return ports, nil
}
