package althing_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestModulePages(t *testing.T) {
	holds(t, modulePages)
	page := "# chain/a: pages\n## State\n| Prefix | Collection |\n|---|---|\n| 0 | `names` |\n" +
		"## Messages\n| Message |\n|---|\n| `MsgAdd` |\n" +
		"## Transitions\nNone.\n" +
		"## Queries\n| Query | Answer | Pages |\n|---|---|---|\n| `List` | all | yes |\n" +
		"## Errors\n| Number | Name | Text |\n|---|---|---|\n| 2 | `ErrGone` | gone |\n"
	module := []string{
		"chain/a/a.go", "package a\nvar ErrGone = errors.RegisterWithGRPCCode(Name, 2, codes.NotFound, \"gone\")\n" +
			"var names = collections.NewMap(sb, collections.NewPrefix(0), \"names\", key, value)\n",
		"proto/althing/a/v1/tx.proto", "  rpc Add(MsgAdd) returns (MsgAddResponse);\n",
		"proto/althing/a/v1/query.proto", "  rpc List(QueryList) returns (QueryListResponse);\nmessage QueryList {\n  PageRequest pagination = 1;\n}\n",
	}
	with := func(page string) []string { return append([]string{"chain/a/README.md", page}, module...) }
	catches(t, modulePages, "", with(page)...)
	catches(t, modulePages, "no README.md", module...)
	catches(t, modulePages, "names", with(strings.Replace(page, "| 0 | `names` |\n", "", 1))...)
	catches(t, modulePages, "numbers", with(strings.Replace(page, "`names`", "`numbers`", 1))...)
	catches(t, modulePages, "MsgDrop", with(strings.Replace(page, "`MsgAdd`", "`MsgDrop`", 1))...)
	catches(t, modulePages, "List", with(strings.Replace(page, "| yes |", "| |", 1))...)
	catches(t, modulePages, "lost", with(strings.Replace(page, "| gone |", "| lost |", 1))...)
	catches(t, modulePages, "Transitions", with(strings.Replace(page, "## Transitions\n", "", 1))...)
}

// modulePages wants a README in each module of the chain, whose tables name every collection
// with its prefix, every message, every query with its pages, and every error with its number
// and text, and nothing else.
func modulePages(t *testing.T, tr *tree) (violations []string) {
	t.Helper()
	for dir, files := range tr.packages(func(f *file) bool { return f.hand() && path.Dir(f.dir()) == "chain" }) {
		module, page := path.Base(dir), path.Join(dir, "README.md")
		text := tr.read(t, page)
		if text == "" {
			violations = append(violations, fmt.Sprintf("%s has no README.md: say what it keeps, and which messages, queries and errors it has", dir))
			continue
		}
		if !strings.Contains(text, "\n## Transitions\n") {
			violations = append(violations, page+" has no section Transitions: say what happens at the begin and end of a block")
		}
		proto := path.Join("proto/althing", module, "v1")
		errors := registered(files)
		switch module { // their errors are declared where the simulator and the client have them too
		case "task":
			errors = tr.refusals("round")
		case "ledger":
			errors = tr.ledgerRefusals()
		}
		for _, c := range []struct {
			section   string
			want, got []string
		}{
			{"State", collections(files), cells(text, "State", 2)},
			{"Messages", requests(tr.read(t, proto+"/tx.proto"), false), cells(text, "Messages", 1)},
			{"Queries", requests(tr.read(t, proto+"/query.proto"), true), queryCells(text)},
			{"Errors", errors, cells(text, "Errors", 3)},
		} {
			if diff := cmp.Diff(slices.Sorted(slices.Values(c.want)), slices.Sorted(slices.Values(c.got))); diff != "" {
				violations = append(violations, fmt.Sprintf("%s, section %s, and the code differ (-code +page):\n%s", page, c.section, diff))
			}
		}
	}
	return violations
}

func TestApplicationPage(t *testing.T) {
	holds(t, applicationPage)
	app := "package chain\nimport (\nstakingtypes \"x.org/sdk/x/staking/types\"\n)\nfunc f() {\na.modules.SetOrderEndBlockers(stakingtypes.ModuleName, task.Name)\norder := []string{task.Name}\n}\n"
	page := "| When | Modules |\n|---|---|\n| end of a block | staking, task |\n| genesis | task |\n"
	modules := "| Module |\n|---|\n| [task](task/README.md) |\n"
	planted := func(page string) []string {
		return []string{"chain/app.go", app, "chain/task/task.go", "package task\n", "chain/README.md", page}
	}
	catches(t, applicationPage, "", planted(page+"\n"+modules)...)
	catches(t, applicationPage, "task, staking", planted(strings.Replace(page, "staking, task", "task, staking", 1)+"\n"+modules)...)
	catches(t, applicationPage, "task/README.md", planted(page)...)
}

// applicationPage wants the README of the whole chain to name each module, and the order in
// which modules act, as the code has it.
func applicationPage(t *testing.T, tr *tree) (violations []string) {
	t.Helper()
	const page = "chain/README.md"
	text := tr.read(t, page)
	for dir := range tr.packages(func(f *file) bool { return f.hand() && path.Dir(f.dir()) == "chain" }) {
		if link := fmt.Sprintf("[%[1]s](%[1]s/README.md)", path.Base(dir)); text != "" && !strings.Contains(text, link) {
			violations = append(violations, fmt.Sprintf("%s does not name a module: want %s", page, link))
		}
	}
	orders := map[string]string{}
	for _, row := range rows(text) {
		orders[row[0]] = row[len(row)-1]
	}
	for _, f := range tr.files {
		if f.path != "chain/app.go" {
			continue
		}
		ast.Inspect(f.File, func(n ast.Node) bool {
			var when string
			var names []ast.Expr
			switch n := n.(type) {
			case *ast.CallExpr:
				if sel, ok := n.Fun.(*ast.SelectorExpr); ok {
					when = map[string]string{
						"SetOrderPreBlockers": "before a block", "SetOrderBeginBlockers": "beginning of a block", "SetOrderEndBlockers": "end of a block",
					}[sel.Sel.Name]
					names = n.Args
				}
			case *ast.AssignStmt:
				if id, ok := n.Lhs[0].(*ast.Ident); ok && id.Name == "order" {
					if list, ok := n.Rhs[0].(*ast.CompositeLit); ok {
						when, names = "genesis", list.Elts
					}
				}
			}
			if when == "" {
				return true
			}
			var want []string
			for _, name := range names {
				want = append(want, f.module(name))
			}
			if got := orders[when]; got != strings.Join(want, ", ") {
				violations = append(violations, fmt.Sprintf("%s: %s: the page says %q, the code %q", page, when, got, strings.Join(want, ", ")))
			}
			return true
		})
	}
	return violations
}

// module is the name of the module of an expression such as task.Name or
// stakingtypes.ModuleName.
func (f *file) module(e ast.Expr) string {
	sel, ok := e.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	pkg, ok := sel.X.(*ast.Ident)
	if !ok {
		return ""
	}
	for _, spec := range f.Imports {
		if spec.Name == nil || spec.Name.Name != pkg.Name {
			continue
		}
		imported, _ := strconv.Unquote(spec.Path.Value)
		if _, within, ok := strings.Cut(imported, "/x/"); ok {
			name, _, _ := strings.Cut(within, "/")
			return name
		}
	}
	return pkg.Name
}

// collections lists the collections of a module as "prefix `name`".
func collections(files []*file) (list []string) {
	for _, f := range files {
		ast.Inspect(f.File, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) < 3 || !regexp.MustCompile(`^New(Map|Item|Sequence|KeySet)$`).MatchString(called(call)) {
				return true
			}
			if prefix, ok := call.Args[1].(*ast.CallExpr); ok && called(prefix) == "NewPrefix" {
				list = append(list, literal(prefix.Args[0])+" `"+literal(call.Args[2])+"`")
			}
			return true
		})
	}
	return list
}

// registered lists the errors that a module registers as "number `name` text".
func registered(files []*file) []string {
	return values(files, func(name string, value ast.Expr) (string, bool) {
		call, ok := value.(*ast.CallExpr)
		if !ok || called(call) != "RegisterWithGRPCCode" || len(call.Args) != 4 {
			return "", false
		}
		return fmt.Sprintf("%s `%s` %s", literal(call.Args[1]), name, literal(call.Args[3])), true
	})
}

// refusals lists the values &Refusal{number, text} of a package.
func (tr *tree) refusals(dir string) []string {
	return values(tr.packages((*file).hand)[dir], func(name string, value ast.Expr) (string, bool) {
		pointer, ok := value.(*ast.UnaryExpr)
		if !ok {
			return "", false
		}
		lit, ok := pointer.X.(*ast.CompositeLit)
		if !ok || len(lit.Elts) != 2 {
			return "", false
		}
		return fmt.Sprintf("%s `%s.%s` %s", literal(lit.Elts[0]), path.Base(dir), name, literal(lit.Elts[1])), true
	})
}

// ledgerRefusals lists the errors of the ledger, whose numbers and texts are declared apart.
func (tr *tree) ledgerRefusals() (list []string) {
	texts := map[string]string{}
	for _, dir := range []string{"pb/ledgerpb", "privacy/cost"} {
		values(tr.packages((*file).hand)[dir], func(name string, value ast.Expr) (string, bool) {
			if call, ok := value.(*ast.CallExpr); ok && called(call) == "New" {
				texts[path.Base(dir)+"."+name] = literal(call.Args[0])
			}
			return "", false
		})
	}
	for _, f := range tr.files {
		if f.path != "pb/ledgerpb/refusal.go" {
			continue
		}
		ast.Inspect(f.File, func(n ast.Node) bool {
			lit, ok := n.(*ast.CompositeLit)
			if !ok || lit.Type != nil || len(lit.Elts) != 2 {
				return true
			}
			name := "ledgerpb."
			switch e := lit.Elts[1].(type) {
			case *ast.Ident:
				name += e.Name
			case *ast.SelectorExpr:
				name = "cost." + e.Sel.Name
			}
			list = append(list, fmt.Sprintf("%s `%s` %s", literal(lit.Elts[0]), name, texts[name]))
			return true
		})
	}
	return list
}

// values gives each package variable with its value to read, and lists what it makes of them.
func values(files []*file, read func(name string, value ast.Expr) (string, bool)) (list []string) {
	for _, f := range files {
		for _, decl := range f.Decls {
			d, ok := decl.(*ast.GenDecl)
			if !ok || d.Tok != token.VAR {
				continue
			}
			for _, s := range d.Specs {
				v, ok := s.(*ast.ValueSpec)
				if !ok || len(v.Values) != len(v.Names) {
					continue
				}
				for i, name := range v.Names {
					if line, ok := read(name.Name, v.Values[i]); ok {
						list = append(list, line)
					}
				}
			}
		}
	}
	return list
}

// requests lists the calls of a service: for messages the type, for queries the method, with
// "paged" behind it where the request has a page.
func requests(proto string, queries bool) (list []string) {
	for _, m := range regexp.MustCompile(`(?m)^  rpc (\w+)\((\w+)\)`).FindAllStringSubmatch(proto, -1) {
		if !queries {
			list = append(list, "`"+m[2]+"`")
			continue
		}
		_, body, _ := strings.Cut(proto, "message "+m[2]+" {")
		body, _, _ = strings.Cut(body, "}")
		if strings.Contains(body, " pagination = ") {
			list = append(list, "`"+m[1]+"` paged")
		} else {
			list = append(list, "`"+m[1]+"`")
		}
	}
	return list
}

// cells lists the first n cells of each row of a section whose first cell is a number or in
// backquotes.
func cells(text, section string, n int) (list []string) {
	for _, row := range rows(part(text, section)) {
		if _, err := strconv.Atoi(row[0]); err == nil || strings.HasPrefix(row[0], "`") {
			list = append(list, strings.Join(row[:min(n, len(row))], " "))
		}
	}
	return list
}

// queryCells lists the queries of a page, with "paged" behind those that have pages.
func queryCells(text string) (list []string) {
	for _, row := range rows(part(text, "Queries")) {
		if row[len(row)-1] != "" {
			row[0] += " paged"
		}
		list = append(list, row[0])
	}
	return list
}

// part is the text of a section of a page.
func part(text, section string) string {
	_, body, _ := strings.Cut(text, "\n## "+section+"\n")
	body, _, _ = strings.Cut(body, "\n## ")
	return body
}

// called is the name of the function that is called, without its package.
func called(call *ast.CallExpr) string {
	if sel, ok := call.Fun.(*ast.SelectorExpr); ok {
		return sel.Sel.Name
	}
	return ""
}

// literal is the value of a number or a string.
func literal(e ast.Expr) string {
	lit, ok := e.(*ast.BasicLit)
	if !ok {
		return ""
	}
	if text, err := strconv.Unquote(lit.Value); err == nil {
		return text
	}
	return lit.Value
}
