package main

import (
	"testing"
	"time"
)

func TestSyncLine(t *testing.T) {
	at := time.UnixMicro(1_700_000_000_250_000)
	for _, line := range []string{
		"7 1700000000.250000 fsync(5) = 0 <0.000500>",
		"12345 1700000000.250000 <... fdatasync resumed>) = 0 <0.000500>",
	} {
		if got, lasted, ok := syncLine(line); !ok || !got.Equal(at) || lasted != 500*time.Microsecond {
			t.Errorf("%s: %s, %s, %v", line, got, lasted, ok)
		}
	}
	for _, line := range []string{"", "7 1700000000.250000 fsync(5 <unfinished ...>", "7 1700000000.250000 +++ exited with 0 +++", "7 1700000000.250000 read(5) = 0 <0.1>"} {
		if _, _, ok := syncLine(line); ok {
			t.Errorf("%q is the end of a sync", line)
		}
	}
}
