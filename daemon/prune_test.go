package daemon_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/daemon"
)

// TestPruningIsDue: a node prunes every 100 blocks, and every 10 blocks while disk space is short.
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
			t.Errorf("disk space is short from height %d on: pruned at (-want +got):\n%s", c.shortFrom, d)
		}
	}
}
