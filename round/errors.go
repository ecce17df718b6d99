package round

import "errors"

// Why an input is refused. A refused input changes nothing.
var (
	ErrClosed          = errors.New("task is closed")
	ErrNotSelected     = errors.New("node is not selected")
	ErrWrongRound      = errors.New("message is for another round")
	ErrEarly           = errors.New("message is early: its phase has not begun")
	ErrLate            = errors.New("message is late: its phase has ended")
	ErrRepeated        = errors.New("node has already answered")
	ErrCopied          = errors.New("commitment was copied from another node")
	ErrEmpty           = errors.New("commitment is empty")
	ErrBitmap          = errors.New("bitmap does not fit the round's trainers")
	ErrSamples         = errors.New("claimed samples are out of bounds")
	ErrOpening         = errors.New("opening does not match the commitment")
	ErrScore           = errors.New("score is above 1")
	ErrModel           = errors.New("model 0 differs from the one agreed on")
	ErrSelection       = errors.New("selection does not fit the task")
	ErrNoUpdates       = errors.New("no updates to aggregate")
	ErrResources       = errors.New("insufficient resources")
	ErrAlreadyClosing  = errors.New("task is already being cancelled")
	errUnexpectedInput = errors.New("input is of an unknown kind")
)
