package main

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// TestDelayCopyDoesNotLimitSpeed: data arrives in order after the delay, and all of it can be
// on the way at the same time. The clock of the synctest bubble moves only while all goroutines
// wait.
func TestDelayCopyDoesNotLimitSpeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const delay, parcels = 25 * time.Millisecond, 1000
		fromRead, fromWrite := io.Pipe()
		toRead, toWrite := io.Pipe()
		began := time.Now()
		go func() {
			if err := delayCopy(toWrite, fromRead, delay); err != nil {
				t.Error(err)
			}
			toWrite.Close()
		}()
		go func() {
			for i := range parcels {
				if _, err := fromWrite.Write([]byte{byte(i), byte(i >> 8)}); err != nil {
					t.Error(err)
				}
			}
			if time.Since(began) != 0 {
				t.Errorf("writing waited %s for what is under way", time.Since(began))
			}
			time.Sleep(time.Second)
			_, _ = fromWrite.Write([]byte("late"))
			fromWrite.Close()
		}()
		for i := range parcels {
			b := make([]byte, 2)
			if _, err := io.ReadFull(toRead, b); err != nil {
				t.Fatal(err)
			}
			if int(b[0])|int(b[1])<<8 != i {
				t.Fatalf("parcel %d came as %v", i, b)
			}
			if took := time.Since(began); took != delay {
				t.Fatalf("parcel %d came after %s, want %s", i, took, delay)
			}
		}
		rest, err := io.ReadAll(toRead)
		if err != nil || string(rest) != "late" {
			t.Errorf("%q, %v at the end", rest, err)
		}
		if took := time.Since(began); took != time.Second+delay {
			t.Errorf("the last came after %s", took)
		}
	})
}

// Who cannot hand over reads no more.
func TestCarryEndsWithItsWriter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from, write := io.Pipe()
		go func() {
			for {
				if _, err := write.Write([]byte("more")); err != nil {
					return
				}
				time.Sleep(time.Millisecond)
			}
		}()
		if err := delayCopy(broken{}, from, time.Millisecond); !errors.Is(err, errBroken) {
			t.Errorf("error %v", err)
		}
		from.Close()
		time.Sleep(time.Second) // until the writer has noticed
	})
}

var errBroken = errors.New("broken")

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errBroken }

// A connection through a proxy is a connection to the other end: both directions, and
// the end of either.
func TestProxy(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() { // says what it hears
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, _ = io.Copy(c, c)
			}()
		}
	}()
	p, err := newProxy(t.Context(), listener.Addr().String(), time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", p.address())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	said := make([]byte, 1<<20)
	source := rand.New(rand.NewPCG(1, 2))
	for i := range said {
		said[i] = byte(source.Uint32())
	}
	go func() { _, _ = c.Write(said) }()
	heard := make([]byte, len(said))
	if _, err := io.ReadFull(c, heard); err != nil || !bytes.Equal(heard, said) {
		t.Fatalf("another text comes back, or none: %v", err)
	}
}

// A proxy before nobody closes what is opened to it.
func TestProxyToNobody(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	p, err := newProxy(t.Context(), listener.Addr().String(), 0)
	if err != nil {
		t.Fatal(err)
	}
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", p.address())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if b, err := io.ReadAll(c); len(b) > 0 {
		t.Errorf("%q, %v", b, err)
	}
}
