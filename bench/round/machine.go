package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
)

// machine says what the measurement ran on: "Linux, 2 cores of an AMD EPYC 7B13".
func machine() string {
	name := runtime.GOARCH
	b, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(b)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			name = strings.TrimSpace(value)
			break
		}
	}
	return fmt.Sprintf("%d cores of %s, %s", runtime.NumCPU(), name, runtime.GOOS)
}
