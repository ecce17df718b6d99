package main

import (
	"context"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

func TestFlags(t *testing.T) {
	for _, c := range []struct{ arguments, says string }{
		{"--turns 0", "--turns 0: want at least 1"},
		{"--window 1ms", "at least 1s"},
		{"--commit-timeout 0s", "more than 0s"},
		{"--only flood", "no attack"},
		{"--as simulate", "--dir"},
		{"now", "flags only"},
	} {
		var said strings.Builder
		if _, err := parse(strings.Fields(c.arguments), &said); err == nil || !strings.Contains(said.String(), c.says) {
			t.Errorf("%s: got error %v and output %q, want %q", c.arguments, err, said.String(), c.says)
		}
	}
	o, err := parse([]string{"--only", "stall,free"}, io.Discard)
	if err != nil || len(o.attacks) != 2 || o.attacks[0].name != "stall" {
		t.Errorf("%v, %v", o.attacks, err)
	}
}

func TestPerSecond(t *testing.T) {
	began := time.Unix(1_800_000_000, 0)
	at := func(ms int) time.Time { return began.Add(time.Duration(ms) * time.Millisecond) }
	times := []time.Time{at(0), at(1000), at(2000), at(6000)}
	for _, c := range []struct {
		from, to int
		want     float64
	}{
		{0, 2000, 1},       // from event to event
		{500, 1500, 1},     // between two events
		{2000, 6000, 0.25}, // a long pause between two events
		{3000, 5000, 0.25}, // within the pause
		{7000, 9000, 0},    // after the last event
	} {
		if got := perSecond(times, span{at(c.from), at(c.to)}); got < c.want-1e-9 || got > c.want+1e-9 {
			t.Errorf("from %d to %d ms: %v a second, want %v", c.from, c.to, got, c.want)
		}
	}
	if got := perSecond(nil, span{at(0), at(1)}); got != 0 {
		t.Errorf("without events: %v a second, want 0", got)
	}
}

func TestLeft(t *testing.T) {
	if got := left([]float64{2, 4, 0, 10}, []float64{1, 3, 5, 10}); got != 0.75 {
		t.Errorf("got %v, want 0.75, the median of 1/2, 3/4 and 1", got)
	}
	if got := left(nil, nil); got != 0 {
		t.Errorf("without turns: got %v, want 0", got)
	}
}

func TestSocketOf(t *testing.T) {
	const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 0100007F:1F91 06 00000000:00000000 03:00000000 00000000     0        0 0 3 0 0 0 0 0 0
   1: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345 1 0 100 0 0 10 0
`
	if inode := socketOf(table, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}); inode != "12345" {
		t.Errorf("inode %q, want 12345", inode)
	}
	for _, other := range []*net.TCPAddr{{IP: net.IPv4(127, 0, 0, 1), Port: 8081}, {IP: net.IPv4(10, 0, 0, 1), Port: 8080}} {
		if inode := socketOf(table, other); inode != "" {
			t.Errorf("%s has the inode %q, want none", other, inode)
		}
	}
}

// fenced is an echo server behind a fence.
func fenced(t *testing.T, own bool, act *acts, hostile func(net.Addr) bool) *fence {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	f, err := newFence(ctx, server.Addr().String(), own, act, hostile)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		end()
		_ = server.Close()
		f.open.Wait()
	})
	go func() {
		for {
			conn, err := server.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(conn, conn) }()
		}
	}()
	return f
}

// say sends a text through a fence and returns the answer, which is empty if the connection
// is closed.
func say(t *testing.T, conn net.Conn, text string) string {
	t.Helper()
	_, _ = io.WriteString(conn, text)
	b := make([]byte, len(text))
	n, _ := io.ReadFull(conn, b)
	return string(b[:n])
}

// TestFenceKeepsHostileTrainersAway: hostile trainers can connect to an honest aggregator
// until they start to withhold; honest trainers always can.
func TestFenceKeepsHostileTrainersAway(t *testing.T) {
	for _, hostile := range []bool{false, true} {
		var act acts
		f := fenced(t, false, &act, func(net.Addr) bool { return hostile })
		conn, err := net.Dial("tcp", f.address())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if got := say(t, conn, "before"); got != "before" {
			t.Fatalf("hostile %t: got answer %q, want \"before\"", hostile, got)
		}
		act.withhold.Store(true)
		f.cut()
		want := "after"
		if hostile {
			want = ""
		}
		if got := say(t, conn, "after"); got != want {
			t.Errorf("hostile %t: got answer %q, want %q", hostile, got, want)
		}
	}
}

// TestFenceDrips: answers of a hostile aggregator are slow, but only to honest nodes.
func TestFenceDrips(t *testing.T) {
	for _, hostile := range []bool{false, true} {
		var act acts
		f := fenced(t, true, &act, func(net.Addr) bool { return hostile })
		conn, err := net.Dial("tcp", f.address())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		act.drip.Store(true)
		if _, err := io.WriteString(conn, strings.Repeat("x", 3*dropSize)); err != nil {
			t.Fatal(err)
		}
		n, err := conn.Read(make([]byte, 4*dropSize))
		if drops := n <= dropSize; err != nil || drops == hostile {
			t.Errorf("hostile %t: %d bytes arrive at once (%v)", hostile, n, err)
		}
	}
}

// TestOwns: owns finds the process that has an end of a connection.
func TestOwns(t *testing.T) {
	if _, err := os.Stat("/proc/net/tcp"); err != nil {
		t.Skip("no /proc here")
	}
	var act acts
	f := fenced(t, false, &act, func(net.Addr) bool { return false })
	conn, err := net.Dial("tcp", f.address())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if !owns([]int{os.Getpid()}, conn.LocalAddr()) {
		t.Error("our connection does not belong to this process")
	}
	if owns([]int{1}, conn.LocalAddr()) || owns(nil, conn.LocalAddr()) {
		t.Error("our connection belongs to another process")
	}
}
