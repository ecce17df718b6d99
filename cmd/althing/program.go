package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// programName is how the user calls this program: by its name where the shell finds it, by
// "go run" where that has built it, and by its path otherwise.
func programName() string {
	executable, err := os.Executable()
	if err != nil {
		return "althing"
	}
	found, _ := exec.LookPath("althing") // where there is none, it is not this one
	folder, _ := os.Getwd()              // where it is unknown, paths are whole
	return calledAs(executable, found, folder)
}

// calledAs is how to call an executable file: found is what the shell calls for "althing", and
// folder is where the user is.
func calledAs(executable, found, folder string) string {
	built := regexp.MustCompile(`/go-build[^/]*/|/[0-9a-f]{64}-d/[^/]*$`) // folders that "go run" builds in
	switch {
	case built.MatchString(filepath.ToSlash(executable)):
		return "go run ./cmd/althing"
	case found != "" && sameFile(found, executable):
		return "althing"
	case folder != "" && filepath.Dir(executable) == folder:
		return "." + string(filepath.Separator) + quote(filepath.Base(executable))
	}
	return quote(executable)
}

func sameFile(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}

// asTyped is a command line that begins with "althing", as this user would type it.
func (s *session) asTyped(line string) string {
	words := strings.Split(line, " && ")
	for i, word := range words {
		if rest, ok := strings.CutPrefix(word, "althing "); ok {
			words[i] = s.program + " " + rest
		}
	}
	return strings.Join(words, " && ")
}

// commandLine is a command line of words, as this user would type it.
func (s *session) commandLine(words ...string) string {
	line := []string{"althing"}
	for _, word := range words {
		line = append(line, quote(word))
	}
	return s.asTyped(strings.Join(line, " "))
}
