package spec_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/althing-network/althing/spec"
)

func TestPrivacyIsAFamilyOfErrors(t *testing.T) {
	for file, private := range map[string]bool{
		least + "privacy:\n  mode: secret\n":            true,  // a mode nobody knows
		least + "privacy:\n  mood: none\n":              true,  // a field nobody knows
		least + "privacy: none\n":                       true,  // no fields at all
		strings.Replace(least, "escrow", "escrowed", 1): false, // wrong elsewhere
	} {
		if _, err := spec.ParseTask([]byte(file)); err == nil || errors.Is(err, spec.ErrPrivacy) != private {
			t.Errorf("%v: of the family is %v, want %v", err, !private, private)
		}
	}
	task, err := spec.ParseTask([]byte(least))
	if err != nil {
		t.Fatal(err)
	}
	task.Privacy.Mode = "local"
	if err := task.Validate(); !errors.Is(err, spec.ErrPrivacy) {
		t.Errorf("got %v", err)
	}
}
