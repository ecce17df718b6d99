package role

import (
	"fmt"
	"path"
	"runtime"
	"strings"
)

// maxCallers is how many calls the report of a panic names at most.
const maxCallers = 16

// Guard does something in whose midst a panic becomes an error of one line, which
// names who was at work. Whatever runs an action guards it, and so does an action
// each goroutine of its own: a mistake in one piece of work must not end the others.
func Guard(do func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v, in %s", cause, callers())
		}
	}()
	return do()
}

// callers names who was at work when a panic began, the innermost first, in one line.
func callers() string {
	var places []string
	counters := make([]uintptr, maxCallers)
	frames := runtime.CallersFrames(counters[:runtime.Callers(3, counters)]) // behind runtime.Callers, callers and Guard's defer
	for more := true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		if !strings.HasPrefix(f.Function, "runtime.") {
			places = append(places, fmt.Sprintf("%s (%s:%d)", path.Base(f.Function), path.Base(f.File), f.Line))
		}
	}
	return strings.Join(places, " < ")
}
