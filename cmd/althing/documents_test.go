package main

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// walks lists the documents whose commands are run. The documents of one walk are run in
// order in one folder, because later ones use what earlier ones have made.
func walks() [][]string {
	return [][]string{
		{"README.md", "docs/for-engineers.md", "docs/tables.md"},
		{"docs/network.md", "docs/for-hospitals.md", "docs/privacy.md"},
		{"docs/for-token-holders.md", "docs/for-researchers.md"},
	}
}

// TestDocuments runs each line of a document that begins with "$ " and compares what is
// printed with what the document shows.
func TestDocuments(t *testing.T) {
	if testing.Short() {
		t.Skip("runs networks")
	}
	for _, walk := range walks() {
		t.Run(strings.Join(walk, ", "), func(t *testing.T) {
			s := documentShell{t: t, dir: t.TempDir()}
			s.file("penguins.csv", penguins)
			patients, err := os.ReadFile("../../data/testdata/tables/plain.csv")
			if err != nil {
				t.Fatal(err)
			}
			s.file("patients.csv", string(patients))
			for _, name := range walk {
				text, err := os.ReadFile(filepath.Join("../..", name))
				if err != nil {
					t.Fatal(err)
				}
				for file, content := range namedFiles(string(text)) {
					s.file(file, content)
				}
				for _, c := range commandsOf(string(text)) {
					s.check(name, c)
				}
			}
		})
	}
}

// rewritePages lets a test write what the commands of a page print into the page.
var rewritePages = flag.Bool("rewrite-pages", false, "write the output of their commands into docs/join.md and docs/hosts.md")

// TestNetworkPages runs the commands of pages that are one session each, as a reader types
// them: in one shell, whose functions and processes stay. Output is compared as in
// [TestDocuments].
func TestNetworkPages(t *testing.T) {
	if testing.Short() {
		t.Skip("runs networks")
	}
	for _, name := range []string{"docs/join.md", "docs/hosts.md"} {
		t.Run(name, func(t *testing.T) { runPage(t, filepath.Join("..", "..", name)) })
	}
}
