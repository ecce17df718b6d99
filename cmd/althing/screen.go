package main

import (
	"os"

	"github.com/althing-network/althing/terminal"
)

// screen is the terminal or the pipe that a command prints to.
func (s *session) screen() *terminal.Screen {
	screen := terminal.New(s.stdout, os.Getenv)
	screen.Out = s.out
	return screen
}
