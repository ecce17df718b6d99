package view_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/view"
)

// An ordinary line, its versions and its cards fit a terminal of 80 columns, and a script
// reads all of their digests.
func TestModelLines(t *testing.T) {
	asJSON := func(v any) string {
		t.Helper()
		var out bytes.Buffer
		encoder := json.NewEncoder(&out)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(v); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	line := spec.Line{ID: 1, Owner: "althing1" + strings.Repeat("q", 38), Name: "digits", Versions: 4, Scored: 2, Score: 912_345, Cards: 2}
	zero, one := spec.DigestOf([]byte("0")), spec.DigestOf([]byte("1"))
	versions := []spec.Version{
		{Line: 1, Number: 1, Model: zero, Task: 12, Height: 123_456},
		{Line: 1, Number: 2, Model: one, Base: zero, Task: 12, Round: 1, Height: 123_460, Score: 912_345, Scored: true, Trainers: 1234, Participants: 1296},
		{Line: 1, Number: 3, Model: zero, Base: one, Task: 12, Proposal: 9, Height: 123_470},
	}
	for _, c := range []struct{ want, got string }{
		{
			"LINE  NAME    NEWEST  SCORED      OWNER\n" +
				"1     digits  4       2 0.912345  " + line.Owner + "\n" +
				"2     task-9  0       -           " + line.Owner + "\n",
			shown(t, view.Lines([]spec.Line{line, {ID: 2, Name: "task-9", Owner: line.Owner}}).Page()),
		},
		{
			"NO  TASK  MADE BY     SCORE     TRAINERS  NODES  HEIGHT  MODEL     BASE\n" +
				"1   12    the seed    -         -         -      123456  5feceb66  -\n" +
				"2   12    round 1     0.912345  1234      1296   123460  6b86b273  5feceb66\n" +
				"3   12    proposal 9  -         -         -      123470  5feceb66  6b86b273\n",
			shown(t, view.Versions(versions).Page()),
		},
		{
			"line 1 digits, card 1 of 2, set at height 7\n\n# Digits\n\nline 1 digits, card 2 of 2, set at height 9\n\nsecond\n",
			shown(t, view.Cards([]spec.Card{{Line: 1, Number: 1, Text: "# Digits\n", Height: 7}, {Line: 1, Number: 2, Text: "second", Height: 9}}).Page(line)),
		},
		{
			`{"line":1,"number":1,"text":"# Digits\n","height":7}` + "\n",
			asJSON(spec.Card{Line: 1, Number: 1, Text: "# Digits\n", Height: 7}),
		},
		{
			`{"line":1,"number":3,"model":"` + zero.String() + `","task":12,"round":0,"proposal":9,"height":123470,"score":0,"scored":false,"trainers":0,"participants":0,"base":"` + one.String() + "\"}\n",
			asJSON(versions[2]),
		},
	} {
		for row := range strings.Lines(c.got) {
			if len(row) > 81 && row[0] != '{' {
				t.Errorf("%d columns: want at most 80:\n%s", len(row)-1, row)
			}
		}
		if d := cmp.Diff(c.want, c.got); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	}
}
