package model_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

// headerFor is a header for a number of values.
func headerFor(count uint64) model.UpdateHeader {
	return model.UpdateHeader{
		Slot:      spec.Slot{Chain: "althing-1", Task: 2, Round: 3, Node: 4},
		ScaleBits: 20,
		Count:     count,
	}
}

func encoded(t testing.TB, h model.UpdateHeader, values []int32) []byte {
	t.Helper()
	b, err := model.EncodeUpdate(h, values)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEncodeUpdateBytes(t *testing.T) {
	got := encoded(t, headerFor(2), []int32{1, -2})
	want := "ALTHUPD1" + "\x09althing-1" +
		"\x02\x00\x00\x00\x00\x00\x00\x00" + "\x03\x00\x00\x00\x00\x00\x00\x00" + "\x04\x00\x00\x00\x00\x00\x00\x00" +
		"\x14\x00\x00\x00" + "\x02\x00\x00\x00\x00\x00\x00\x00" +
		"\x01\x00\x00\x00" + "\xfe\xff\xff\xff"
	if diff := cmp.Diff([]byte(want), got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if size := model.UpdateSize(headerFor(2)); size != int64(len(want)) {
		t.Errorf("size %d, want %d", size, len(want))
	}
}

func TestUpdateRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Int32Range(-model.MaxValue, model.MaxValue), 0, 40).Draw(t, "values")
		h := model.UpdateHeader{
			Slot: spec.Slot{
				Chain: rapid.StringN(0, 20, 255).Draw(t, "chain"),
				Task:  rapid.Uint64().Draw(t, "task"),
				Round: rapid.Uint64().Draw(t, "round"),
				Node:  rapid.Uint64().Draw(t, "node"),
			},
			ScaleBits: rapid.Uint32Range(0, model.MaxScaleBits).Draw(t, "bits"),
			Count:     uint64(len(values)),
		}
		b, err := model.EncodeUpdate(h, values)
		if err != nil {
			t.Fatal(err)
		}
		read, err := model.ReadUpdateHeader(bytes.NewReader(b))
		if err != nil || read != h {
			t.Fatalf("header %+v (%v), want %+v", read, err, h)
		}
		if err := model.CheckUpdate(iotest.OneByteReader(bytes.NewReader(b)), h); err != nil {
			t.Fatal(err)
		}
		offset, err := model.FindValues(bytes.NewReader(b), int64(len(b)), h)
		if err != nil || offset != int64(len(b)-4*len(values)) {
			t.Fatalf("values begin at %d of %d bytes, %v", offset, len(b), err)
		}
		got := make([]int32, len(values))
		if err := binary.Read(bytes.NewReader(b[offset:]), binary.LittleEndian, got); err != nil || !cmp.Equal(got, append([]int32{}, values...)) {
			t.Fatalf("values %v, want %v: %v", got, values, err)
		}
	})
}

// TestCheckUpdateOfManyValues: an update that is longer than the read buffer is checked to
// its end.
func TestCheckUpdateOfManyValues(t *testing.T) {
	values := make([]int32, 10_000)
	values[9_999] = 5
	b := encoded(t, headerFor(10_000), values)
	if err := model.CheckUpdate(bytes.NewReader(b), headerFor(10_000)); err != nil {
		t.Fatal(err)
	}
	binary.LittleEndian.PutUint32(b[len(b)-4:], 1<<30+1)
	if err := model.CheckUpdate(bytes.NewReader(b), headerFor(10_000)); err == nil || !strings.Contains(err.Error(), "value 9999 is 1073741825") {
		t.Errorf("error %v: want the last value refused", err)
	}
}

func TestCheckUpdateRefuses(t *testing.T) {
	values := []int32{1, -2, 3}
	good := encoded(t, headerFor(3), values)
	other := func(change func(h *model.UpdateHeader)) []byte {
		h := headerFor(3)
		change(&h)
		return encoded(t, h, make([]int32, h.Count))
	}
	value := func(v int32) []byte {
		b := bytes.Clone(good)
		binary.LittleEndian.PutUint32(b[len(b)-8:], uint32(v))
		return b
	}
	huge := bytes.Clone(good)
	binary.LittleEndian.PutUint64(huge[len(huge)-20:], 1<<60)
	for _, test := range []struct {
		name string
		b    []byte
		want string
	}{
		{"nothing", nil, "header is truncated: 0 of 9 bytes"},
		{"wrong magic", append([]byte("ALTHUPD2"), good[8:]...), `it starts with "ALTHUPD2"`},
		{"half a header", good[:20], "header is truncated"},
		{"other chain", other(func(h *model.UpdateHeader) { h.Slot.Chain = "althing-2" }), `chain "althing-2": want "althing-1"`},
		{"other task", other(func(h *model.UpdateHeader) { h.Slot.Task = 9 }), "task 9: want 2"},
		{"other round", other(func(h *model.UpdateHeader) { h.Slot.Round = 9 }), "round 9: want 3"},
		{"other node", other(func(h *model.UpdateHeader) { h.Slot.Node = 9 }), "node 9: want 4"},
		{"other scale", other(func(h *model.UpdateHeader) { h.ScaleBits = 9 }), "scale bits 9: want 20"},
		{"other count", other(func(h *model.UpdateHeader) { h.Count = 2 }), "count 2: want 3"},
		{"count beyond any model", huge, "want at most 67108864"},
		{"value missing", good[:len(good)-4], "list of values is truncated: 8 of 12 bytes"},
		{"half a value missing", good[:len(good)-2], "list of values is truncated"},
		{"trailing byte", append(bytes.Clone(good), 0), "bytes follow"},
		{"value above the range", value(1<<30 + 1), "value 1 is 1073741825"},
		{"value below the range", value(-1<<30 - 1), "value 1 is -1073741825"},
		{"smallest integer", value(-1 << 31), "value 1 is -2147483648"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := model.CheckUpdate(bytes.NewReader(test.b), headerFor(3))
			if !errors.Is(err, model.ErrUpdate) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v: want one that says %q", err, test.want)
			}
			beyond := strings.HasPrefix(test.want, "value")
			if errors.Is(err, model.ErrRange) != beyond {
				t.Errorf("error %v: wraps %v: %t, want %t", err, model.ErrRange, !beyond, beyond)
			}
			// FindValues returns the same errors, except for those about values.
			_, found := model.FindValues(bytes.NewReader(test.b), int64(len(test.b)), headerFor(3))
			if beyond != (found == nil) || !beyond && found.Error() != err.Error() {
				t.Errorf("FindValues returns %v, and CheckUpdate %v", found, err)
			}
		})
	}
	if err := model.CheckUpdate(bytes.NewReader(value(-1<<30)), headerFor(3)); err != nil {
		t.Errorf("the smallest value is refused: %v", err)
	}
}

// TestCheckUpdateTellsFailureFromRefusal: a failure of the disk or the network is not a
// refusal of the update.
func TestCheckUpdateTellsFailureFromRefusal(t *testing.T) {
	broken := errors.New("broken wire")
	good := encoded(t, headerFor(3), []int32{1, 2, 3})
	for n := range len(good) + 1 {
		r := io.MultiReader(bytes.NewReader(good[:n]), iotest.ErrReader(broken))
		if err := model.CheckUpdate(r, headerFor(3)); !errors.Is(err, broken) || errors.Is(err, model.ErrUpdate) {
			t.Errorf("after %d bytes: error %v, want %v", n, err, broken)
		}
	}
}

func TestEncodeUpdateRefuses(t *testing.T) {
	long, fine := headerFor(0), headerFor(0)
	long.Slot.Chain = strings.Repeat("x", 256)
	fine.ScaleBits = 31
	for _, test := range []struct {
		name   string
		header model.UpdateHeader
		values []int32
	}{
		{"chain too long", long, nil},
		{"scale too fine", fine, nil},
		{"count of another list", headerFor(2), []int32{1}},
		{"value beyond the range", headerFor(1), []int32{1<<30 + 1}},
		{"count beyond any model", headerFor(spec.MaxParameters + 1), nil},
	} {
		if _, err := model.EncodeUpdate(test.header, test.values); !errors.Is(err, model.ErrUpdate) {
			t.Errorf("%s: error %v, want %v", test.name, err, model.ErrUpdate)
		}
	}
}

// FuzzCheckUpdate checks any bytes as an update: an accepted update encodes to the same
// bytes.
func FuzzCheckUpdate(f *testing.F) {
	good := encoded(f, headerFor(3), []int32{1, -2, 3})
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add(append(bytes.Clone(good), 0))
	f.Add(encoded(f, headerFor(0), nil))
	f.Add([]byte("ALTHUPD1"))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := model.ReadUpdateHeader(bytes.NewReader(b))
		if err == nil {
			err = model.CheckUpdate(bytes.NewReader(b), h)
		}
		if err != nil {
			if !errors.Is(err, model.ErrUpdate) {
				t.Fatalf("error %v does not wrap %v", err, model.ErrUpdate)
			}
			return
		}
		if int64(len(b)) != model.UpdateSize(h) {
			t.Fatalf("an update of %d bytes is accepted: want %d", len(b), model.UpdateSize(h))
		}
		values := make([]int32, h.Count)
		for i := range values {
			values[i] = int32(binary.LittleEndian.Uint32(b[len(b)-4*(len(values)-i):]))
		}
		if encoded, err := model.EncodeUpdate(h, values); err != nil || !bytes.Equal(encoded, b) {
			t.Fatalf("an accepted update encodes to other bytes (%v)", err)
		}
	})
}
