// Command gemm writes the assembly of package train/gemm, and the Go
// declarations that go with it. It is run by go generate when a kernel changes;
// no build needs it, because what it writes is committed.
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
	dir := flag.String("dir", ".", "folder of package gemm")
	flag.Parse()
	if err := generate(*dir); err != nil {
		fmt.Fprintln(os.Stderr, "gemm:", err)
		os.Exit(1)
	}
}

// generate writes one assembly file and one of declarations for each
// instruction set.
func generate(dir string) error {
	return errors.Join(
		write(dir, "avx2_amd64", func(g *generator) {
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
		write(dir, "avx512_amd64", func(g *generator) {
			g.tileAVX512("avx512Strict", strict, even)
			g.tileAVX512("avx512Fused", fused, even)
			g.tileAVX512("avx512PickedStrict", strict, picked)
			g.tileAVX512("avx512PickedFused", fused, picked)
		}),
	)
}

func write(dir, name string, functions func(*generator)) error {
	g := newGenerator()
	functions(g)
	file, err := g.Result()
	if err != nil {
		return err
	}
	if err := pass.Compile.Execute(file); err != nil {
		return err
	}
	config := printer.Config{Name: "tools/gemm", Pkg: "gemm"}
	for suffix, p := range map[string]printer.Printer{".s": printer.NewGoAsm(config), ".go": printer.NewStubs(config)} {
		text, err := p.Print(file)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name+suffix), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
