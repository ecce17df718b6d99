package althing_test

import (
	"fmt"
	"go/ast"
	"strings"
	"testing"
)

// given lists the layers that are given randomness, chain and blobs as arguments;
// of time they know durations, and are given the clock.
const given = "role"

// pure lists the layers without I/O, clock or ambient randomness.
const pure = "spec round model aggregate privacy privacy/cost privacy/terms secagg"

func TestPurePackages(t *testing.T) {
	holds(t, purity)
	catches(t, purity, "performs no I/O", "model/a.go", "package model\nimport _ \"os\"\n")
	catches(t, purity, "time is an argument", "privacy/cost/a.go", "package cost\nimport _ \"time\"\n")
	catches(t, purity, "", "spec/a.go", "package spec\nimport _ \"net/url\"\n")
	catches(t, purity, "seed", "model/a.go", "package model\nimport \"math/rand/v2\"\nfunc roll() int { return rand.IntN(6) }\n")
	catches(t, purity, "", "model/a.go", "package model\nimport \"math/rand/v2\"\nfunc roll() int { return rand.New(rand.NewPCG(1, 2)).IntN(6) }\n")
	catches(t, purity, "", "data/a.go", "package data\nimport _ \"os\"\n")
}

func TestRolesAreGivenTheWorld(t *testing.T) {
	holds(t, givenWorld)
	catches(t, givenWorld, "randomness is an argument", "role/a.go", "package role\nimport _ \"crypto/rand\"\n")
	catches(t, givenWorld, "performs no I/O", "role/trainer/a.go", "package trainer\nimport _ \"net/http\"\n")
	catches(t, givenWorld, "", "role/a.go", "package role\nimport _ \"time\"\n")
	catches(t, givenWorld, "", "role/blobstest/a.go", "package blobstest\nimport _ \"net/http\"\n")
}

// givenWorld forbids what a machine should be given. A package for tests is no
// machine.
func givenWorld(_ *testing.T, tr *tree) (violations []string) {
	for _, f := range tr.files {
		from, _ := layerOf(f.dir())
		if f.test || !listed(given, from.folder) || strings.HasSuffix(f.Name.Name, "test") {
			continue
		}
		for _, imported := range imports(f) {
			if why := impure(imported); why != "" && imported != "time" {
				violations = append(violations, fmt.Sprintf("%s may not import %s: a role %s", f.path, imported, why))
			}
		}
	}
	return violations
}

// purity forbids I/O, clocks and ambient randomness. A generator that is given
// its seed is a function, so a pure package may use one.
func purity(_ *testing.T, tr *tree) (violations []string) {
	for _, f := range tr.files {
		from, _ := layerOf(f.dir())
		if f.test || !listed(pure, from.folder) {
			continue
		}
		for _, imported := range imports(f) {
			if why := impure(imported); why != "" {
				violations = append(violations, fmt.Sprintf("%s may not import %s: a pure package %s", f.path, imported, why))
			}
			if imported == "math/rand/v2" {
				violations = append(violations, tr.unseeded(f)...)
			}
		}
	}
	return violations
}

func impure(imported string) string {
	switch imported {
	case "net/url", "net/netip": // parsing, no network
		return ""
	case "time":
		return "has no clock, time is an argument"
	case "math/rand", "crypto/rand":
		return "throws no dice, randomness is an argument"
	case "syscall", "log":
		return "performs no I/O"
	}
	for _, family := range []string{"os", "net", "log", "io/ioutil"} {
		if imported == family || strings.HasPrefix(imported, family+"/") {
			return "performs no I/O"
		}
	}
	return ""
}

// unseeded finds uses of the process-wide generator of math/rand/v2.
func (tr *tree) unseeded(f *file) (violations []string) {
	ast.Inspect(f.File, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if pkg, ok := sel.X.(*ast.Ident); ok && pkg.Name == "rand" && !listed("New NewPCG NewChaCha8 Rand PCG ChaCha8 Source", sel.Sel.Name) {
			violations = append(violations, fmt.Sprintf("%s: rand.%s throws dice of its own: make a generator from a seed", tr.at(sel), sel.Sel.Name))
		}
		return true
	})
	return violations
}
