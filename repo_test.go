package althing_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// module is the import path of the root.
const module = "github.com/althing-network/althing"

// A rule of the house reads the tree and names every violation with the reason.
type rule func(*testing.T, *tree) []string

// tree is the parsed source of the module; nested modules, testdata and hidden
// folders stay outside.
type tree struct {
	fsys  fs.FS
	fset  *token.FileSet
	files []*file
}

// file is one Go file, with its slash-separated path from the root.
type file struct {
	*ast.File
	path      string
	lines     int
	test      bool
	generated bool
}

// dir is the folder of the package, "." at the root.
func (f *file) dir() string { return path.Dir(f.path) }

// hand reports whether people wrote the file and it is part of the program.
func (f *file) hand() bool { return !f.test && !f.generated }

// root is this repository.
func root() fs.FS { return os.DirFS(".") }

func load(t *testing.T, fsys fs.FS) *tree {
	t.Helper()
	tr := &tree{fsys: fsys, fset: token.NewFileSet()}
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && outside(fsys, p):
			return fs.SkipDir
		case d.IsDir() || path.Ext(p) != ".go":
			return nil
		}
		src, err := fs.ReadFile(fsys, p)
		if err != nil {
			return err
		}
		syntax, err := parser.ParseFile(tr.fset, p, src, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		tr.files = append(tr.files, &file{
			File:      syntax,
			path:      p,
			lines:     strings.Count(string(src), "\n"),
			test:      strings.HasSuffix(p, "_test.go"),
			generated: ast.IsGenerated(syntax),
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func outside(fsys fs.FS, dir string) bool {
	if dir == "." {
		return false
	}
	_, err := fs.Stat(fsys, path.Join(dir, "go.mod"))
	base := path.Base(dir)
	return err == nil || base == "testdata" || base[0] == '.' || base[0] == '_'
}

// packages groups the files that satisfy keep by their folder.
func (tr *tree) packages(keep func(*file) bool) map[string][]*file {
	byDir := map[string][]*file{}
	for _, f := range tr.files {
		if keep(f) {
			byDir[f.dir()] = append(byDir[f.dir()], f)
		}
	}
	return byDir
}

// read returns the text of a file, or nothing when there is none yet.
func (tr *tree) read(t *testing.T, name string) string {
	t.Helper()
	b, err := fs.ReadFile(tr.fsys, name)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(b)
}

// at is where a node begins, as file:line.
func (tr *tree) at(n ast.Node) string {
	p := tr.fset.Position(n.Pos())
	return fmt.Sprintf("%s:%d", p.Filename, p.Line)
}

// functions lists the top-level functions of a file.
func functions(f *file) (names []string) {
	for _, decl := range f.Decls {
		if d, ok := decl.(*ast.FuncDecl); ok && d.Recv == nil {
			names = append(names, d.Name.Name)
		}
	}
	return names
}

// holds fails the test for every violation in this repository.
func holds(t *testing.T, r rule) {
	t.Helper()
	for _, v := range r(t, load(t, root())) {
		t.Error(v)
	}
}

// catches plants files, given as path and text in turn, and wants exactly one
// violation, with the words in want; an empty want means none.
func catches(t *testing.T, r rule, want string, planted ...string) {
	t.Helper()
	fsys := fstest.MapFS{}
	for pair := range slices.Chunk(planted, 2) {
		fsys[pair[0]] = &fstest.MapFile{Data: []byte(pair[1])}
	}
	got := r(t, load(t, fsys))
	switch {
	case want == "" && len(got) == 0:
	case want != "" && len(got) == 1 && strings.Contains(got[0], want):
	default:
		t.Errorf("planted %v: got violations %q, want one about %q", planted[0], got, want)
	}
}
