package spec_test

import (
	"encoding/json"
	"testing"

	"github.com/althing-network/althing/spec"
)

func TestSizeText(t *testing.T) {
	for text, want := range map[string]spec.Size{"0B": 0, "1000B": 1000, "512MiB": 512 * spec.MiB, "32GiB": 32 * spec.GiB, "1TiB": 1024 * spec.GiB} {
		var got spec.Size
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%s is %d, %v", text, got, err)
		}
		if b, err := json.Marshal(want); err != nil || string(b) != `"`+text+`"` {
			t.Errorf("%d is written %s, %v; want %s", want, b, err, text)
		}
	}
	for _, text := range []string{"", "B", "12", "1.5GiB", "-1GiB", "1 GiB", "+1B", "1GB", "9999999999TiB"} {
		if got := spec.Size(7); got.UnmarshalText([]byte(text)) == nil || got != 7 {
			t.Errorf("%q is read as %d", text, got)
		}
	}
	for size, want := range map[spec.Size]string{0: "0 B", 1023: "1023 B", 1536 * spec.KiB: "1.5 MiB", spec.GiB - 1: "1023.9 MiB", 1 << 62: "4194304.0 TiB"} {
		if got := size.String(); got != want {
			t.Errorf("%d is shown as %s, want %s", size, got, want)
		}
	}
}
