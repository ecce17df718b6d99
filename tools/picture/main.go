// Command picture draws docs/one-round.svg: who does what in one round of a task. It is
// not for measurements; those are drawn by bench/plot.
//
//	go run -C tools/picture . > docs/one-round.svg
package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	if err := draw(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "picture:", err)
		os.Exit(1)
	}
}

// Sizes in pixels.
const (
	width   = 860
	height  = 384
	left    = 128 // where the first step begins, to the right of the names of lanes
	step    = 146 // from one step to the next
	lane    = 82  // from one lane to the next
	top     = 48  // where the first lane begins
	boxWide = 124
	boxHigh = 50
)

// box is what the nodes of one role do in one step.
type box struct {
	lane, step int
	lines      []string
}

// arrow leads from the lower edge of a box in lane from down to lane to.
type arrow struct {
	from, to, step int
	text           string
}

// Lanes, from top to bottom.
const (
	trainers = iota
	aggregators
	evaluators
	chain
)

func draw(w io.Writer) error {
	lanes := []struct{ name, what, colour string }{
		{"trainers", "rows stay here", "#0072b2"},
		{"aggregators", "4 of them: 1 may lie", "#d55e00"},
		{"evaluators", "rows of their own", "#009e73"},
		{"chain", "everybody sees it", "#555555"},
	}
	boxes := []box{
		{trainers, 0, []string{"train on", "their own rows"}},
		{trainers, 1, []string{"upload", "the update"}},
		{aggregators, 1, []string{"verify, attest", "what they hold"}},
		{aggregators, 2, []string{"add up exactly,", "commit, reveal"}},
		{evaluators, 3, []string{"score the model,", "commit, reveal"}},
		{chain, 0, []string{"hashes", "of updates"}},
		{chain, 1, []string{"which updates", "are held"}},
		{chain, 2, []string{"model hash:", "3 of 4 agree"}},
		{chain, 3, []string{"score: median", "by stake"}},
		{chain, 4, []string{"pay all roles,", "publish"}},
	}
	arrows := []arrow{
		{trainers, chain, 0, "commit"},
		{trainers, aggregators, 1, "HTTPS"},
		{aggregators, chain, 1, ""},
		{aggregators, chain, 2, ""},
		{evaluators, chain, 3, ""},
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="sans-serif" font-size="13" fill="#222">`+"\n", width, height, width, height)
	b.WriteString(`<rect x="0.5" y="0.5" width="859" height="383" rx="8" fill="#fff" stroke="#ccc"/>` + "\n")
	text(&b, width/2, 28, "middle", 15, "#222", "One round of a task")
	for i, l := range lanes {
		y := top + i*lane
		fmt.Fprintf(&b, `<rect x="10" y="%d" width="840" height="%d" rx="6" fill="%s" fill-opacity="0.08"/>`+"\n", y, lane-8, l.colour)
		text(&b, 20, y+32, "start", 14, l.colour, l.name)
		text(&b, 20, y+50, "start", 10, "#555", l.what)
	}
	for _, a := range arrows {
		x := left + a.step*step + boxWide/2
		y1, y2 := top+a.from*lane+12+boxHigh, top+a.to*lane+12
		fmt.Fprintf(&b, `<path d="M%d %dL%d %dM%d %dL%d %dL%d %d" stroke="#555" stroke-width="1.5" fill="none"/>`+"\n", x, y1, x, y2-1, x-4, y2-7, x, y2-1, x+4, y2-7)
		text(&b, x+8, y1+20, "start", 11, "#555", a.text)
	}
	for _, c := range boxes {
		x, y := left+c.step*step, top+c.lane*lane+12
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%d" height="%d" rx="5" fill="#fff" stroke="%s" stroke-width="1.5"/>`+"\n", x, y, boxWide, boxHigh, lanes[c.lane].colour)
		for i, line := range c.lines {
			text(&b, x+boxWide/2, y+22+i*17, "middle", 12, "#222", line)
		}
	}
	// The next round begins with the model on which the aggregators agree.
	x, y := left+2*step+boxWide, top+aggregators*lane+12+boxHigh/2
	fmt.Fprintf(&b, `<path d="M%d %dL%d %dL%d %dM%d %dL%d %dL%d %d" stroke="#d55e00" stroke-width="1.5" fill="none"/>`+"\n",
		x, y, x+66, y, x+66, top+62, x+62, top+68, x+66, top+61, x+70, top+68)
	text(&b, x+66, top+32, "middle", 12, "#222", "the next round trains on this")
	text(&b, x+66, top+50, "middle", 12, "#222", "model while it is being scored")
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func text(b *strings.Builder, x, y int, anchor string, size int, colour, words string) {
	if words != "" {
		fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="%s" font-size="%d" fill="%s">%s</text>`+"\n", x, y, anchor, size, colour, words)
	}
}
