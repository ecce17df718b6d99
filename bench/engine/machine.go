package main

import (
	"os"
	"runtime"
	"strings"

	"golang.org/x/sys/cpu"
)

// processor is the name of this machine's processor, or its architecture if the name is not
// known.
func processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if key, name, _ := strings.Cut(line, ":"); strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(name)
		}
	}
	return runtime.GOARCH
}

// blas are environment variables that make OpenBLAS, which does not know every processor,
// use the instructions that this one has.
func blas() []string {
	switch {
	case cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL:
		return []string{"OPENBLAS_CORETYPE=SkylakeX"}
	case cpu.X86.HasAVX2:
		return []string{"OPENBLAS_CORETYPE=Haswell"}
	}
	return nil
}
