package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	jsonrpc "github.com/cometbft/cometbft/rpc/jsonrpc/types"

	"github.com/althing-network/althing/spec"
)

// family is an error of the family [spec.ErrCommunication] with a text of its own.
type family string

// Error implements [error].
func (f family) Error() string { return string(f) }

// Unwrap is the family.
func (f family) Unwrap() error { return spec.ErrCommunication }

// attempt is a request to one node that got no answer.
type attempt struct {
	address string
	err     error
}

// unreachable says of each node that was asked why it gave no answer.
type unreachable []attempt

// Error implements [error].
func (u unreachable) Error() string {
	texts := make([]string, len(u))
	for i, a := range u {
		texts[i] = a.address + ": " + Reason(a.err)
	}
	return "no chain at " + strings.Join(texts, "; nor at ")
}

// Unwrap is [ErrUnreachable] and what each request ended with.
func (u unreachable) Unwrap() []error {
	errs := []error{ErrUnreachable}
	for _, a := range u {
		errs = append(errs, a.err)
	}
	return errs
}

// Reason says in a few words why a request over the network failed. It never holds the
// words of Go's own packages, and not the address, which the caller names.
func Reason(err error) string {
	var (
		name        *net.DNSError
		timeout     net.Error
		refusal     *jsonrpc.RPCError
		certificate *tls.CertificateVerificationError
		invalid     x509.CertificateInvalidError
		strange     x509.UnknownAuthorityError
		host        x509.HostnameError
		record      tls.RecordHeaderError
		syntax      *json.SyntaxError
		kind        *json.UnmarshalTypeError
	)
	switch {
	case errors.Is(err, context.Canceled):
		return "the request was interrupted"
	case errors.As(err, &name) && name.IsNotFound:
		return fmt.Sprintf("no machine has the name %q", name.Name)
	case errors.As(err, &name):
		return fmt.Sprintf("the name %q could not be looked up", name.Name)
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens there"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "no network leads there"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Sprintf("no answer within %d seconds", int(requestTimeout.Seconds()))
	case errors.As(err, &refusal) && refusal.Data != "":
		return "the node answers: " + refusal.Data
	case errors.As(err, &refusal):
		return "the node answers: " + refusal.Message
	case errors.As(err, &record), strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return "it speaks http, not https"
	case errors.As(err, &certificate), errors.As(err, &invalid), errors.As(err, &strange), errors.As(err, &host):
		return "its certificate is not trusted on this machine"
	case errors.As(err, &syntax), errors.As(err, &kind):
		return "what answers there is no chain node"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "the connection broke"
	}
	return "what answers there is no chain node that this program understands"
}
