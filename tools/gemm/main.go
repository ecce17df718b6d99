// Command gemm generates the assembly of packages train/gemm, model/fixed and privacy/quanta,
// and its Go declarations. Run it with go generate after a change of a kernel. A build does not
// need it, because its output is committed.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
)

func main() {
	root := flag.String("root", "../..", "folder of the module")
	flag.Parse()
	if err := generate(*root); err != nil {
		fmt.Fprintln(os.Stderr, "gemm:", err)
		os.Exit(1)
	}
}

// packages are the folders of the generated files.
func packages() []string { return []string{"train/gemm", "model/fixed", "privacy/quanta"} }

// generate writes one assembly file and one file of declarations per package and instruction
// set.
func generate(root string) error {
	return errors.Join(
		write(root, "train/gemm", "avx2_amd64", func(g *generator) {
			g.masks()
			g.tileAVX2("avx2Strict", strict, even)
			g.tileAVX2("avx2Fused", fused, even)
			g.tileAVX2("avx2PickedStrict", strict, picked)
			g.tileAVX2("avx2PickedFused", fused, picked)
			g.transpose("avx2Transpose")
			g.addScaled("avx2AddScaledStrict", strict)
			g.addScaled("avx2AddScaledFused", fused)
			g.rectify("avx2Rectify")
			g.gate("avx2Gate")
			g.pool("avx2Pool")
		}),
		write(root, "train/gemm", "avx512_amd64", func(g *generator) {
			g.tileAVX512("avx512Strict", strict, even)
			g.tileAVX512("avx512Fused", fused, even)
			g.tileAVX512("avx512PickedStrict", strict, picked)
			g.tileAVX512("avx512PickedFused", fused, picked)
		}),
		write(root, "model/fixed", "avx2_amd64", func(g *generator) {
			g.addValues("avx2Add", ymmWide())
			g.largestValue("avx2Largest", ymmWide())
			g.largestFloat("avx2LargestFloat", ymmWide())
			g.moveWeights("avx2Move", ymmWide())
		}),
		write(root, "model/fixed", "avx512_amd64", func(g *generator) {
			g.addValues("avx512Add", zmmWide())
			g.largestValue("avx512Largest", zmmWide())
			g.largestFloat("avx512LargestFloat", zmmWide())
			g.moveWeights("avx512Move", zmmWide())
		}),
		write(root, "privacy/quanta", "avx2_amd64", func(g *generator) {
			g.roundQuanta("avx2Round", ymmWide())
			g.addQuanta("avx2Add", ymmWide())
			g.addShrunkQuanta("avx2AddShrunk", ymmWide())
		}),
		write(root, "privacy/quanta", "avx512_amd64", func(g *generator) {
			g.roundQuanta("avx512Round", zmmWide())
			g.addQuanta("avx512Add", zmmWide())
			g.addShrunkQuanta("avx512AddShrunk", zmmWide())
		}),
	)
}

func write(root, dir, name string, functions func(*generator)) error {
	g := newGenerator()
	functions(g)
	file, err := g.Result()
	if err != nil {
		return err
	}
	if err := pass.Compile.Execute(file); err != nil {
		return err
	}
	config := printer.Config{Name: "tools/gemm", Pkg: filepath.Base(dir)}
	for suffix, p := range map[string]printer.Printer{".s": printer.NewGoAsm(config), ".go": printer.NewStubs(config)} {
		text, err := p.Print(file)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(root, dir, name+suffix), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
