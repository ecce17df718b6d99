package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/client"
)

// sevenNumbers is a list of the numbers 1 to 7 that the chain would page.
func sevenNumbers(at client.Page) ([]int, client.Page, error) {
	first := 1
	if at.More() {
		first = int(at.From[0])
	}
	var part []int
	for n := first; n <= 7 && len(part) < int(at.Limit); n++ {
		part = append(part, n)
	}
	next := client.Page{Limit: at.Limit}
	if last := first + len(part); last <= 7 {
		next.From = []byte{byte(last)}
	}
	return part, next, nil
}

func TestReadPages(t *testing.T) {
	var got []int
	p := pageFlags{limit: 3}
	for turns := 0; ; turns++ {
		part, more, err := readPages(p, sevenNumbers)
		if err != nil || turns > 3 {
			t.Fatal(turns, err)
		}
		got = append(got, part...)
		if more == "" {
			break
		}
		p.from = more
	}
	all, more, err := readPages(pageFlags{limit: 2, all: true}, sevenNumbers)
	if err != nil || more != "" {
		t.Fatal(more, err)
	}
	want := []int{1, 2, 3, 4, 5, 6, 7}
	if diff := cmp.Diff([][]int{want, want}, [][]int{got, all}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestReadPagesRefuses(t *testing.T) {
	for _, p := range []pageFlags{{limit: 0}, {limit: 1, from: "!"}} {
		if _, _, err := readPages(p, sevenNumbers); err == nil {
			t.Errorf("%+v was read", p)
		}
	}
}
