package althing_test

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"testing"
)

func TestGlossary(t *testing.T) {
	holds(t, glossary)
	head := "| term | meaning | path |\n|---|---|---|\n"
	catches(t, glossary, "no such path", "GLOSSARY.md", head+"| node | one | `gone/a.go` |\n")
	catches(t, glossary, "two meanings", "GLOSSARY.md", head+"| node | one | |\n| Node | two | |\n")
	catches(t, glossary, "alphabet", "GLOSSARY.md", head+"| role | one | |\n| node | two | |\n")
	catches(t, glossary, "", "GLOSSARY.md", head+"| node | a `word` | `GLOSSARY.md` |\n")
}

// glossary wants one meaning for each term, terms in the order of the alphabet,
// and paths that lead somewhere.
func glossary(t *testing.T, tr *tree) (violations []string) {
	t.Helper()
	seen, before := map[string]bool{}, ""
	for _, row := range rows(tr.read(t, "GLOSSARY.md")) {
		term := strings.ToLower(row[0])
		if term < before {
			violations = append(violations, fmt.Sprintf("GLOSSARY.md: %q stands behind %q: keep to the alphabet", term, before))
		}
		before = term
		if len(row) != 3 || seen[term] {
			violations = append(violations, fmt.Sprintf("GLOSSARY.md: %q has two meanings, or no path column", row[0]))
			continue
		}
		seen[term] = true
		for _, p := range quoted(row[2]) {
			if _, err := fs.Stat(tr.fsys, p); err != nil {
				violations = append(violations, fmt.Sprintf("GLOSSARY.md: %s: no such path %s", row[0], p))
			}
		}
	}
	return violations
}

func TestShownCommands(t *testing.T) {
	holds(t, shownCommands)
	page := "# A\n\n    $ althing demo\n"
	test := "package main\n\nfunc walks() []string { return []string{\"docs/a.md\"} }\n"
	catches(t, shownCommands, "docs/a.md", "docs/a.md", page, "cmd/althing/documents_test.go", "package main\n")
	catches(t, shownCommands, "", "docs/a.md", page, "cmd/althing/documents_test.go", test)
	catches(t, shownCommands, "", "docs/a.md", "# A\n\n    althing demo\n", "cmd/althing/documents_test.go", "package main\n")
}

// shownCommands wants a document with commands to be named by a test of the command line,
// which runs them.
func shownCommands(t *testing.T, tr *tree) (violations []string) {
	t.Helper()
	var tests strings.Builder
	for _, f := range tr.files {
		if f.test && path.Dir(f.path) == "cmd/althing" {
			tests.WriteString(tr.read(t, f.path))
		}
	}
	for _, name := range tr.documents(t) {
		if strings.Contains(tr.read(t, name), "\n    $ ") && !strings.Contains(tests.String(), `"`+name+`"`) && !strings.Contains(tests.String(), `"`+path.Base(name)+`"`) {
			violations = append(violations, fmt.Sprintf("%s: no test runs its commands: add it to cmd/althing/documents_test.go", name))
		}
	}
	return violations
}

func TestLinks(t *testing.T) {
	holds(t, links)
	catches(t, links, "gone.md", "docs/a.md", "[here](a.md#part) [there](gone.md)\n")
	catches(t, links, "blob/gone.go", "docs/a.md", "see `docs/a.md`, `a / b`, `docs/*.md` and `blob/gone.go`\n")
}

// links wants every relative link between documents, and every file in
// backquotes, to lead somewhere.
func links(t *testing.T, tr *tree) (violations []string) {
	t.Helper()
	link := regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`)
	named := regexp.MustCompile("`([a-z]+/[A-Za-z0-9_./-]+\\.[a-z]+)`")
	for _, name := range tr.documents(t) {
		text := tr.read(t, name)
		var targets []string
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			targets = append(targets, path.Join(path.Dir(name), m[1]))
		}
		for _, m := range named.FindAllStringSubmatch(text, -1) {
			targets = append(targets, path.Clean(m[1]))
		}
		for _, target := range targets {
			if _, err := fs.Stat(tr.fsys, target); err != nil {
				violations = append(violations, fmt.Sprintf("%s: %s leads nowhere", name, target))
			}
		}
	}
	return violations
}

func TestNamedTestsExist(t *testing.T) {
	holds(t, namedTests)
	catches(t, namedTests, "", "docs/a.md", "`TestAttack04`\n", "blob/a_test.go", "package blob_test\nfunc TestAttack04Copying() {}\n")
	catches(t, namedTests, "TestGone", "docs/a.md", "proved by `TestHere` and `TestGone`\n", "blob/a_test.go", "package blob_test\nfunc TestHere() {}\n")
}

// namedTests wants every test that a document calls a proof to be there. The
// number of an attack stands for all tests of it.
func namedTests(t *testing.T, tr *tree) (violations []string) {
	t.Helper()
	attack := regexp.MustCompile(`^TestAttack\d\d`)
	declared := map[string]bool{}
	for _, f := range tr.files {
		for _, name := range functions(f) {
			declared[name] = true
			if number := attack.FindString(name); number != "" {
				declared[number] = true
			}
		}
	}
	name := regexp.MustCompile("`((?:Test|Fuzz|Benchmark)[A-Z][A-Za-z0-9]*)`")
	for _, doc := range tr.documents(t) {
		for _, m := range name.FindAllStringSubmatch(tr.read(t, doc), -1) {
			if !declared[m[1]] {
				violations = append(violations, fmt.Sprintf("%s: there is no test %s", doc, m[1]))
			}
		}
	}
	return violations
}

// documents lists the Markdown files at the root, in docs and in the modules of the chain.
func (tr *tree) documents(t *testing.T) (names []string) {
	t.Helper()
	for _, pattern := range []string{"*.md", "docs/*.md", "chain/*.md", "chain/*/*.md"} {
		found, err := fs.Glob(tr.fsys, pattern)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, found...)
	}
	return names
}

// rows reads the body of every table in a Markdown text, cell by cell.
func rows(text string) (body [][]string) {
	inside := false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case !strings.HasPrefix(line, "|"):
			inside = false
		case strings.HasPrefix(line, "|--"):
			inside = true
		case inside:
			var cells []string
			for cell := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
				cells = append(cells, strings.TrimSpace(cell))
			}
			body = append(body, cells)
		}
	}
	return body
}

// quoted lists the words between backquotes.
func quoted(s string) (words []string) {
	for i, part := range strings.Split(s, "`") {
		if i%2 == 1 {
			words = append(words, part)
		}
	}
	return words
}
