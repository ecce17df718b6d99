package task_test

import (
	"reflect"
	"strconv"

	errorsmod "cosmossdk.io/errors"
	"github.com/cosmos/gogoproto/proto"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/taskpb"
)

// code returns the registered number of an error: codespace/number.
func code(err error) string {
	space, number, _ := errorsmod.ABCIInfo(err, false)
	return space + "/" + strconv.FormatUint(uint64(number), 10)
}

func clone(msg sdk.Msg) sdk.Msg { return proto.Clone(msg) }

func field(msg sdk.Msg, name string) reflect.Value {
	return reflect.ValueOf(msg).Elem().FieldByName(name)
}

// setOwner changes the sender of a message.
func setOwner(msg sdk.Msg, who string) {
	if authority := field(msg, "Authority"); authority.IsValid() {
		authority.SetString(who)
		return
	}
	field(msg, "Owner").SetString(who)
}

func setNumber(msg sdk.Msg, name string, n uint64) { field(msg, name).SetUint(n) }

// other returns the owner of a node with another role than the sender of a message: a trainer, or an
// evaluator if the message is a trainer's.
func (w *world) other(msg sdk.Msg) string {
	if _, ok := msg.(*taskpb.MsgCommit); ok {
		return owner(13)
	}
	return owner(1)
}
