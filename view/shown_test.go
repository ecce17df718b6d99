package view_test

import (
	"bytes"
	"testing"

	"github.com/althing-network/althing/terminal"
	"github.com/althing-network/althing/view"
)

// shown is a page as a pipe gets it.
func shown(t *testing.T, p view.Page) string {
	t.Helper()
	var out bytes.Buffer
	if err := (&terminal.Screen{Out: &out}).Page(p); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
