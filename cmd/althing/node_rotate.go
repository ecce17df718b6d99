package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/view"
)

func (s *session) nodeRotate() *cobra.Command {
	return &cobra.Command{
		Use:     "rotate --home DIR",
		Short:   "Give a stopped node new transport and sealing keys",
		Example: "  althing node rotate --home net/trainer-1",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, _, err := s.ownNode(cmd); err != nil {
				return err
			}
			n, err := daemon.RotateKeys(cmd.Context(), s.home)
			if errors.Is(err, daemon.ErrInUse) {
				err = fmt.Errorf("%w: stop the node, give it new keys, and start it again", err)
			}
			if err != nil {
				return err
			}
			return s.show(view.Node{Node: n})
		},
	}
}
