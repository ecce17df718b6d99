package task

import (
	"errors"

	"google.golang.org/grpc/codes"

	errorsmod "cosmossdk.io/errors"

	"github.com/althing-network/althing/round"
)

// Why a message is refused; the numbers are never used again.
var (
	ErrNotFound        = errorsmod.RegisterWithGRPCCode(Name, 2, codes.NotFound, "task not found")
	ErrRoundNotFound   = errorsmod.RegisterWithGRPCCode(Name, 3, codes.NotFound, "round not found")
	ErrNotOwner        = errorsmod.Register(Name, 4, "task belongs to another account")
	ErrSpec            = errorsmod.Register(Name, 5, "invalid task")
	ErrMalformed       = errorsmod.Register(Name, 6, "malformed message")
	ErrEscrow          = errorsmod.Register(Name, 7, "escrow above balance")
	ErrClosed          = errorsmod.Register(Name, 10, round.ErrClosed.Error())
	ErrNotSelected     = errorsmod.Register(Name, 11, round.ErrNotSelected.Error())
	ErrWrongRound      = errorsmod.Register(Name, 12, round.ErrWrongRound.Error())
	ErrEarly           = errorsmod.Register(Name, 13, round.ErrEarly.Error())
	ErrLate            = errorsmod.Register(Name, 14, round.ErrLate.Error())
	ErrRepeated        = errorsmod.Register(Name, 15, round.ErrRepeated.Error())
	ErrCopied          = errorsmod.Register(Name, 16, round.ErrCopied.Error())
	ErrEmpty           = errorsmod.Register(Name, 17, round.ErrEmpty.Error())
	ErrBitmap          = errorsmod.Register(Name, 18, round.ErrBitmap.Error())
	ErrSamples         = errorsmod.Register(Name, 19, round.ErrSamples.Error())
	ErrOpening         = errorsmod.Register(Name, 20, round.ErrOpening.Error())
	ErrScore           = errorsmod.Register(Name, 21, round.ErrScore.Error())
	ErrAlreadyClosing  = errorsmod.Register(Name, 22, round.ErrAlreadyClosing.Error())
	ErrModel           = errorsmod.Register(Name, 23, round.ErrModel.Error())
	errInternalRefusal = errorsmod.Register(Name, 99, "message does not fit the task")
)

// refusal gives the machine's reason its number on the chain.
func refusal(err error) error {
	for _, r := range []struct{ reason, registered error }{
		{round.ErrClosed, ErrClosed},
		{round.ErrNotSelected, ErrNotSelected},
		{round.ErrWrongRound, ErrWrongRound},
		{round.ErrEarly, ErrEarly},
		{round.ErrLate, ErrLate},
		{round.ErrRepeated, ErrRepeated},
		{round.ErrCopied, ErrCopied},
		{round.ErrEmpty, ErrEmpty},
		{round.ErrBitmap, ErrBitmap},
		{round.ErrSamples, ErrSamples},
		{round.ErrOpening, ErrOpening},
		{round.ErrScore, ErrScore},
		{round.ErrAlreadyClosing, ErrAlreadyClosing},
		{round.ErrModel, ErrModel},
	} {
		if errors.Is(err, r.reason) {
			return r.registered
		}
	}
	return errorsmod.Wrap(errInternalRefusal, err.Error())
}
