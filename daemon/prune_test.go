package daemon_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/daemon"
)

// TestPruningIsDue: a node looks at what it keeps now and then, and more often, but not
// at every block, while room is short.
func TestPruningIsDue(t *testing.T) {
	for _, c := range []struct {
		shortFrom int64
		want      []int64
	}{
		{1000, []int64{7, 107, 207}},
		{150, []int64{7, 107, 150, 160, 170, 180, 190, 200, 210}},
	} {
		due, got := daemon.Pruning(7), []int64(nil)
		for height := int64(1); height <= 215; height++ {
			if due(height, height >= c.shortFrom) {
				got = append(got, height)
			}
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("short from %d on (-want +got):\n%s", c.shortFrom, d)
		}
	}
}
