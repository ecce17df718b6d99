package main

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestVotes: a large poll, a small poll and proposals after the first ten are measured, and
// the output can be drawn.
func TestVotes(t *testing.T) {
	const votes = 250
	var out strings.Builder
	o := options{json: true, voteOptions: voteOptions{votes: votes, proposals: 10}}
	if err := run(t.Context(), o, &out); err != nil {
		t.Fatal(err)
	}
	got := map[string][]voteRow{}
	for line := range strings.Lines(out.String()) {
		var r voteRow
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		if r.Samples == 0 || r.Median == 0 || r.Median > r.Longest {
			t.Errorf("%+v", r)
		}
		got[r.What] = append(got[r.What], r)
	}
	if cast := got[whatVote]; len(cast) != 1+parts || cast[0].Votes != fewVotes || cast[parts].Votes != votes || cast[parts].Gas < 50_000 {
		t.Errorf("votes are %+v", cast)
	}
	// Of the 250 votes, the block that ends the poll removes 100, and so does the next one.
	if after := got[whatAfter]; len(after) != 2 || after[0].Samples != 1 || after[1].Samples != 2 {
		t.Errorf("votes are removed in %+v", after)
	}
	for _, what := range []string{whatSubmission, whatVoted, whatExecution} {
		if of := got[what]; len(of) != 1 || of[0].Decided != 10 || of[0].Gas < 30_000 {
			t.Errorf("%s: %+v", what, of)
		}
	}
	dir := t.TempDir()
	d := loadOptions{drawVotes: filepath.Join(dir, "lines"), docs: filepath.Join(dir, "doc.md"), plot: filepath.Join(dir, "plot.svg")}
	old := "# A\n<!-- written by go run ./bench/chain --draw-votes: from here -->\nold\n<!-- to here -->\nafter\n"
	for path, text := range map[string]string{d.drawVotes: out.String(), d.docs: old} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := run(t.Context(), options{loadOptions: d}, &out); err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile(d.docs)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(doc); !strings.Contains(text, "| 250 | block that removes votes | 2 | - |") || strings.Contains(text, "old") || !strings.Contains(text, "after") {
		t.Errorf("the document is\n%s", text)
	}
	if picture, err := os.ReadFile(d.plot); err != nil || !strings.Contains(string(picture), whatSubmission) {
		t.Errorf("the picture is %.200s, %v", picture, err)
	}
}

func TestVoteFlags(t *testing.T) {
	for flags, ok := range map[string]bool{
		"--votes 100 --proposals 10": true, "--votes 100": false, "--proposals 10": false,
		"--votes 99 --proposals 10": false, "--votes 100 --proposals 9": false,
	} {
		if _, err := parse(strings.Fields(flags), io.Discard); (err == nil) != ok {
			t.Errorf("%s: %v", flags, err)
		}
	}
}
