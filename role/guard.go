package role

import (
	"fmt"
	"path"
	"runtime"
	"strings"
)

// maxCallers is how many stack frames the report of a panic names, at most.
const maxCallers = 16

// Guard calls do and turns a panic into an error of one line that names the call stack.
// Whoever runs an action guards it, and an action guards each goroutine that it starts,
// so that a bug in one action does not end the others.
func Guard(do func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v, in %s", cause, callers())
		}
	}()
	return do()
}

// callers names the call stack of a panic in one line, the innermost call first.
func callers() string {
	var places []string
	counters := make([]uintptr, maxCallers)
	frames := runtime.CallersFrames(counters[:runtime.Callers(3, counters)]) // skips runtime.Callers, callers and Guard's defer
	for more := true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		if !strings.HasPrefix(f.Function, "runtime.") {
			places = append(places, fmt.Sprintf("%s (%s:%d)", path.Base(f.Function), path.Base(f.File), f.Line))
		}
	}
	return strings.Join(places, " < ")
}
