package main

import (
	"context"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

// idleConnections is the number of connections that are kept open to each aggregator, and
// opened again when it closes them.
const idleConnections = 300

// request keeps idle connections to every aggregator open. At the same time strangers ask it
// for tasks that do not exist, for manifests of the task's model and for a model that nobody
// has, and send updates that nobody asked for.
func request(ctx context.Context, t *target) error {
	aggregators := t.of("aggregator")
	var served []string
	for _, h := range aggregators {
		served = append(served, baseURL(ctx, h.Listen))
	}
	task, err := t.newest(ctx, 0)
	if err != nil {
		return err
	}
	go sideBySide(ctx, idleConnections*len(aggregators), func(ctx context.Context, i int) {
		hold(ctx, aggregators[i%len(aggregators)].Listen)
	})
	client := stranger()
	sideBySide(ctx, strangers, func(ctx context.Context, i int) {
		unknown := time.Now().UnixNano() % 1_000_000
		at := served[(int(unknown)+i)%len(served)]
		for _, ask := range []struct{ method, path string }{
			{http.MethodGet, fmt.Sprintf("/v1/tasks/%d/rounds/1/updates", 1_000_000+unknown)},
			{http.MethodGet, fmt.Sprintf("/v1/tasks/%d/rounds/1/updates/1?manifest", 1_000_000+unknown)},
			{http.MethodPut, fmt.Sprintf("/v1/tasks/%d/rounds/%d/updates/1", t.task, task.Round)},
			{http.MethodGet, "/v1/models/" + hex.EncodeToString(task.Model) + "?manifest"},
			{http.MethodGet, "/v1/models/" + strings.Repeat("ab", 32)},
		} {
			req, err := http.NewRequestWithContext(ctx, ask.method, at+ask.path, strings.NewReader(""))
			if err != nil {
				return
			}
			if answer, err := client.Do(req); err == nil {
				_ = answer.Body.Close()
			}
		}
	})
	return nil
}

// holdPause is the time until a closed connection is opened again.
const holdPause = 5 * time.Second

// hold keeps one connection open until the server closes it.
func hold(ctx context.Context, address string) {
	if conn, err := new(net.Dialer).DialContext(ctx, "tcp", address); err == nil {
		stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
		_, _ = conn.Read(make([]byte, 1))
		stop()
		_ = conn.Close()
	}
	select {
	case <-ctx.Done():
	case <-time.After(holdPause):
	}
}

// baseURL is the URL of the blobs at an address: with HTTPS or, in older versions, HTTP.
func baseURL(ctx context.Context, address string) string {
	d := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}} // an attacker does not verify the server
	conn, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return "http://" + address
	}
	_ = conn.Close()
	return "https://" + address
}
