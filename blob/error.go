package blob

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/althing-network/althing/spec"
)

// What can be wrong with a blob or a request for one. A [Server] answers each error with
// the status beside it, a [Client] turns the status back into the error. The errors of a
// peer that cannot be reached, disconnects or stalls are of the family
// [spec.ErrCommunication].
var (
	ErrMalformed       = errors.New("malformed request")                               // 400
	ErrUnauthenticated = errors.New("request signature is not valid")                  // 401
	ErrForbidden       = errors.New("forbidden")                                       // 403
	ErrNotFound        = errors.New("blob not found")                                  // 404
	ErrConflict        = errors.New("slot already holds another blob")                 // 409
	ErrTooLarge        = errors.New("blob is too large")                               // 413
	ErrMismatch        = errors.New("bytes do not match their digest")                 // 422
	ErrContent         = errors.New("content is not acceptable")                       // 422
	ErrFull            = errors.New("disk quota is used up")                           // 507
	ErrBusy            = errors.New("too many uploads for this slot")                  // 503
	ErrTooOften        = fmt.Errorf("%w: too many requests", spec.ErrCommunication)    // 429
	ErrLabelled        = errors.New("blob is labelled")                                // see Store.Delete
	ErrStalled         = fmt.Errorf("%w: transfer has stalled", spec.ErrCommunication) // see Client.ChunkTimeout
	ErrOpening         = errors.New("digest and salt open no commitment")              // see Client.FetchUpdate
)

// status is an HTTP status and the error it stands for.
type status struct {
	code int
	err  error
}

// statuses lists all pairs.
func statuses() []status {
	return []status{
		{http.StatusBadRequest, ErrMalformed},
		{http.StatusUnauthorized, ErrUnauthenticated},
		{http.StatusForbidden, ErrForbidden},
		{http.StatusNotFound, ErrNotFound},
		{http.StatusConflict, ErrConflict},
		{http.StatusRequestEntityTooLarge, ErrTooLarge},
		{http.StatusUnprocessableEntity, ErrMismatch},
		{http.StatusUnprocessableEntity, ErrContent},
		{http.StatusTooManyRequests, ErrTooOften},
		{http.StatusServiceUnavailable, ErrBusy},
		{http.StatusInsufficientStorage, ErrFull},
	}
}

// statusOf is the HTTP status of an error; 500 for an internal error.
func statusOf(err error) int {
	for _, s := range statuses() {
		if errors.Is(err, s.err) {
			return s.code
		}
	}
	return http.StatusInternalServerError
}

// errorOf is the error an HTTP status stands for; nil for a status that no [Server] sends.
// If errors share a status, the text decides: it begins with the error.
func errorOf(code int, text string) (err error) {
	for _, s := range statuses() {
		if s.code == code && (err == nil || strings.HasPrefix(text, s.err.Error())) {
			err = s.err
		}
	}
	return err
}
