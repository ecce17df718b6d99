// Command althing is every part of the network in one program: chain node,
// trainer, aggregator, evaluator and client. Run "althing demo" first.
//
// It decides nothing: flags go in, packages daemon and client do the work, what
// the chain says comes out.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/terminal"
)

func main() {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	ctx := interruptible(context.Background(), signals, os.Stderr, os.Exit)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// session is what every command shares.
type session struct {
	out, err io.Writer
	args     []string // the command line, without the program's name
	json     bool
	rpc      []string
	home     string
}

// exit is an error that only sets the program's exit code.
type exit int

// Error implements [error].
func (e exit) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// hinted is an error whose next step is a command that can be pasted.
type hinted struct {
	error
	hint string
}

// Unwrap gives the error without its hint.
func (h hinted) Unwrap() error { return h.error }

// run is the program without the process around it.
func run(ctx context.Context, args []string, out, stderr io.Writer) int {
	s := &session{out: out, err: stderr, args: args}
	root := s.root()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	if code, ok := errors.AsType[exit](err); ok {
		return int(code)
	}
	text := "althing: error: " + errorText(err)
	if screen := terminal.New(stderr, os.Getenv); screen.Live {
		for line := range strings.SplitSeq(text, "\n") {
			_ = screen.Paragraph(line) // nothing can be done about an error stream that fails
		}
	} else {
		fmt.Fprintln(stderr, text)
	}
	if errors.Is(err, daemon.ErrHalted) {
		return codeHalted
	}
	if h, ok := errors.AsType[hinted](err); ok {
		fmt.Fprintf(stderr, "althing: hint: %s\n", h.hint)
	}
	return codeFailed
}

func (s *session) root() *cobra.Command {
	var version bool
	root := &cobra.Command{
		Use:   "althing",
		Short: "Train one model together: private data, agreed results, fair pay",
		Long: `Althing is a network in which people who trust neither each other nor an
operator train one AI model on data that never leaves its owner.

  althing demo                    see a whole network train a model
  althing localnet DIR            write the home folders of a network of your own
  althing start --home DIR/x      run one of them

Exit code 0: done. 1: an error, which stands on standard error. 2: a bug, with a
trace. 3: the demo did not reach its target. 4: a validator has halted. 5: a signal
came, and the command did not end by itself.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if version {
				return s.showVersion()
			}
			return c.Help()
		},

		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			if err := s.requireFlags(c); err != nil {
				return err
			}
			return s.checkRPC(c)
		},
	}
	flags := root.PersistentFlags()
	flags.BoolVar(&s.json, "json", false, "print JSON, one object per line")
	flags.StringSliceVar(&s.rpc, "rpc", nil, "RPC addresses of chain nodes, tried in turn (default: those in --home, else "+defaultRPC+", else a localnet or demo on this machine)")
	flags.StringVar(&s.home, "home", "", "home folder of a validator or a node")
	root.Flags().BoolVar(&version, "version", false, "show the version of this program")
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(s.demo(), s.localnet(), s.start(), s.chain(), s.node(), s.task(), s.round(), s.model(), s.predict(), s.data(), s.budget(), s.token(), s.proposal(),
		s.version(), s.completion())
	root.SetHelpCommand(s.help())
	s.explainUsage(root)
	completeWords(root)
	return root
}
