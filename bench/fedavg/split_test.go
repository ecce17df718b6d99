package main

import (
	"runtime"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/data"
)

// numbered is a table whose row i contains the number i. Its ten classes have consecutive
// labels and equal numbers of rows.
func numbered(rows int) data.Table {
	t := data.Table{Features: 1, Classes: 10}
	for i := range rows {
		t.X = append(t.X, float32(i))
		t.Y = append(t.Y, int32(i%10))
	}
	return t
}

// gathered is a copy of the rows of a view.
func gathered(t data.Table) data.Table {
	rows := make([]int, t.Rows())
	for i := range rows {
		rows[i] = i
	}
	return t.Select(rows)
}

func TestSplitUsesEveryRowOnce(t *testing.T) {
	whole := numbered(6000)
	for _, name := range []string{iid, nonIID} {
		clients, err := split(whole, name, 100, 1)
		if err != nil {
			t.Fatal(err)
		}
		var all []float32
		for i, c := range clients {
			c = gathered(c)
			if c.Rows() != 60 {
				t.Errorf("%s: client %d has %d rows: want 60", name, i, c.Rows())
			}
			for row, y := range c.Y {
				if want := whole.Y[int(c.X[row])]; y != want {
					t.Fatalf("%s: row %v has label %d: want %d", name, c.X[row], y, want)
				}
			}
			all = append(all, c.X...)
		}
		slices.Sort(all)
		if diff := cmp.Diff(whole.X, all); diff != "" {
			t.Errorf("%s: rows of all clients (-want +got):\n%s", name, diff)
		}
	}
}

// labels is the number of different labels of each client.
func labels(clients []data.Table) (counts []int) {
	for _, c := range clients {
		counts = append(counts, len(slices.Compact(slices.Sorted(slices.Values(c.Y)))))
	}
	return counts
}

func TestNonIIDClientsHaveTwoShards(t *testing.T) {
	// 6000 rows make shards of 30 and classes of 600: no shard has two labels.
	clients, err := split(numbered(6000), nonIID, 100, 1)
	if err != nil {
		t.Fatal(err)
	}
	if most := slices.Max(labels(clients)); most != 2 {
		t.Errorf("a client has %d labels: want 2 at most, and some with two", most)
	}
	// Classes that shards do not divide: a shard has two labels at most.
	uneven := numbered(6000)
	for i := range uneven.Y {
		uneven.Y[i] = int32(i * i % 7)
	}
	if clients, err = split(uneven, nonIID, 100, 1); err != nil {
		t.Fatal(err)
	}
	if most := slices.Max(labels(clients)); most > 4 {
		t.Errorf("a client has %d labels: want 4 at most", most)
	}
	if clients, err = split(numbered(6000), iid, 100, 1); err != nil {
		t.Fatal(err)
	}
	if fewest := slices.Min(labels(clients)); fewest < 7 {
		t.Errorf("iid: a client has only %d labels of 10 in 60 rows", fewest)
	}
}

func TestSplitDependsOnItsSeedOnly(t *testing.T) {
	for _, name := range []string{iid, nonIID} {
		first, _ := split(numbered(400), name, 10, 1)
		repeated, _ := split(numbered(400), name, 10, 1)
		other, _ := split(numbered(400), name, 10, 2)
		if !cmp.Equal(first, repeated) {
			t.Errorf("%s: the same seed gives two splits", name)
		}
		if cmp.Equal(first, other) {
			t.Errorf("%s: two seeds give the same split", name)
		}
	}
}

func TestSplitRefuses(t *testing.T) {
	for _, c := range []struct {
		rows, clients int
		name, want    string
	}{
		{390, 100, iid, "390 rows for 100 clients: want a multiple of 200"},
		{0, 10, iid, "0 rows for 10 clients: want a multiple of 20"},
		{400, 0, iid, "400 rows for 0 clients: want a multiple of 0"},
		{400, 10, "odd", `unknown split "odd": want iid or non-iid`},
	} {
		if _, err := split(numbered(c.rows), c.name, c.clients, 1); err == nil || err.Error() != c.want {
			t.Errorf("got %v: want %s", err, c.want)
		}
	}
}

func TestPiecesAreTheTable(t *testing.T) {
	whole := numbered(100)
	for _, n := range []int{1, 3, 100, 101} {
		var x []float32
		cut := pieces(whole, n)
		for _, piece := range cut {
			x = append(x, gathered(piece).X...)
		}
		if !slices.Equal(x, whole.X) || len(cut) > n {
			t.Errorf("%d pieces: got %d with the rows %v", n, len(cut), x)
		}
	}
}

// TestRowsAreHeldOnce: the rows of a data set are in memory only once. Reading and splitting
// them in both ways takes at most a quarter more memory.
func TestRowsAreHeldOnce(t *testing.T) {
	folder := writeImages(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	rows, holdout, err := images(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{iid, nonIID} {
		if _, err := split(rows, name, clientCount, 1); err != nil {
			t.Fatal(err)
		}
		pieces(holdout, 2)
	}
	runtime.ReadMemStats(&after)
	if got, held := after.TotalAlloc-before.TotalAlloc, uint64(4*(len(rows.X)+len(holdout.X))); got > held+held/4 {
		t.Errorf("%d bytes for %d of rows: want at most a quarter more", got, held)
	}
}
