// Command althing is every part of the network in one program: chain node,
// trainer, aggregator, evaluator and client. Run "althing demo" first.
//
// It decides nothing: flags go in, packages daemon and client do the work, what
// the chain says comes out.
package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	ctx := interruptible(context.Background(), signals, os.Stderr, os.Exit)
	signal.Ignore(syscall.SIGPIPE) // so that a write into a closed pipe fails as any other
	s := &session{stdout: os.Stdout, err: os.Stderr, program: programName()}
	os.Exit(s.run(ctx, os.Args[1:]))
}

// session is what every command shares.
type session struct {
	stdout   io.Writer // what out writes to
	out, err io.Writer
	program  string   // as the user calls it
	args     []string // the command line, without the program's name
	json     bool
	rpc      []string
	home     string
}

// run is the program without the process around it.
func run(ctx context.Context, args []string, out, stderr io.Writer) int {
	return (&session{stdout: out, err: stderr, program: "althing"}).run(ctx, args)
}

func (s *session) run(ctx context.Context, args []string) int {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	out := &output{Writer: s.stdout, end: end}
	s.out, s.args = out, args
	root := s.root()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(s.err)
	cmd, err := root.ExecuteContextC(ctx)
	if failed := out.err(); failed != nil && !errors.Is(err, failed) {
		err = failed
	}
	if err == nil {
		return 0
	}
	return s.report(ctx, s.explained(cmd, err))
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
  althing start DIR/validator-1   run one of them

Exit code 0: done. 1: an error, which is on standard error. 2: a bug, with a trace.
3: the demo did not reach its target. 4: a validator has halted. 5: a signal came, and
the command did not end within 4 s. 130: stopped by Ctrl-C. 143: stopped by SIGTERM.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if version {
				return s.showProgramVersion()
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
