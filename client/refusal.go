package client

import (
	"errors"
	"fmt"
	"strings"

	"github.com/althing-network/althing/pb/ledgerpb"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// What callers branch on beside the refusals of package round; test with
// [errors.Is]. ErrUnreachable and ErrUnconfirmed are of the family
// [spec.ErrCommunication]: nothing is known of what was asked for.
var (
	ErrNodeNotFound = errors.New("node not found")
	ErrNoDataset    = errors.New("data set not found")
	ErrNodeBusy     = errors.New("node is busy")
	ErrNotOwner     = errors.New("not the owner of the data set")
	ErrGrant        = errors.New("grant is refused")
	ErrNoLine       = errors.New("model line not found")
	ErrNotLineOwner = errors.New("not the owner of the model line")
	ErrNoBook       = ledgerpb.ErrNoBook
	ErrNoRelease    = ledgerpb.ErrNoCosting
	ErrFunds        = errors.New("insufficient balance")
	ErrNoAccount    = errors.New("account never held a coin")
	ErrClockSkew    = errors.New("clock skew")

	ErrUnreachable error = family("no chain node answers")
	ErrUnconfirmed error = family("the transaction was not seen in a block")
)

// What callers branch on of proposals and votes.
var (
	ErrNoProposal = errors.New("proposal not found")
	ErrInactive   = errors.New("proposal not active")
	ErrPower      = errors.New("insufficient voting power")
	ErrVoted      = errors.New("already voted")
	ErrVoting     = errors.New("voting period not ended")
	ErrQuorum     = errors.New("quorum not reached")
	ErrEarly      = errors.New("timelock not over")
	ErrNotQueued  = errors.New("proposal is not in the timelock")
	ErrSmall      = errors.New("minimum deposit is too small")
	ErrUngoverned = errors.New("task is not governed")
)

// Refusal is what the chain answers to a message or a query it does not accept.
// The message changed nothing.
type Refusal struct {
	Query     string // gRPC method of the query; empty for a message
	Codespace string // module
	Code      uint32 // stable within the module
	Why       string
}

// Error returns the chain's reason, in words for a person and with amounts in THING. The numbers
// are for callers.
func (r *Refusal) Error() string {
	why := inThing(r.reason())
	if !strings.Contains(why, "spendable balance") {
		return why
	}
	return strings.NewReplacer(
		"spendable balance is smaller than ", "the account can spend nothing, and the transaction needs ",
		"spendable balance ", "the account can spend ",
		" is smaller than ", ", and the transaction needs ",
		": insufficient funds", "",
	).Replace(why)
}

// reason returns the chain's reason, in which amounts and balances are still in the SDK's words.
func (r *Refusal) reason() string {
	switch {
	case r.Codespace == "sdk":
		return r.ofSDK()
	case r.Codespace == "gov" && strings.HasSuffix(r.Why, "invalid proposer"):
		return "the proposal is not this account's: want the account that has proposed it"
	}
	return r.Why
}

// Codes of other modules that callers branch on.
const (
	nodeNotFound         = 2  // of "node"
	stakeAboveBalance    = 5  // of "node"
	nodeBusy             = 6  // of "node"
	noDataset            = 2  // of "dataset"
	notOwner             = 5  // of "dataset"
	grantRefused         = 6  // of "dataset"
	noLine               = 2  // of "model"
	notLineOwner         = 7  // of "model"
	depositTooSmall      = 16 // of "gov"
	sdkUnauthorized      = 4  // of "sdk"
	sdkInsufficientFunds = 5  // of "sdk"
	sdkOutOfGas          = 11 // of "sdk"
	sdkInvalidRequest    = 18 // of "sdk"
	sdkMempoolFull       = 20 // of "sdk"
	sdkTooLarge          = 21 // of "sdk"
	sdkKeyNotFound       = 22 // of "sdk": whatever a query asked for is not there
	sdkWrongSequence     = 32 // of "sdk"
	sdkTimeout           = 42 // of "sdk": the lifetime is over
)

// ofSDK is a refusal by the parts of the chain that are not Althing's own, in words of
// ours.
func (r *Refusal) ofSDK() string {
	switch r.Code {
	case sdkUnauthorized:
		return "the chain does not accept the signature: it is of another chain or of another account"
	case sdkInsufficientFunds:
		if strings.HasPrefix(r.Why, "spendable balance") {
			return fmt.Sprintf("%v: %s", ErrFunds, r.Why)
		}
		return ErrFunds.Error()
	case sdkOutOfGas:
		return "the transaction needs more gas than it may use"
	case sdkMempoolFull:
		return "the node has no room for more transactions now: try again in a minute"
	case sdkTooLarge:
		return "the transaction is too large for the chain"
	case sdkWrongSequence:
		return "the chain does not accept the signature: the account has signed something else meanwhile"
	}
	if r.expiry() {
		return "the chain does not accept the lifetime of the transaction: the clocks of this machine and of the chain differ"
	}
	if strings.Contains(r.Why, "please wait for first block") {
		return "the chain has no block yet: try again in some seconds"
	}
	why := r.Why
	for _, kind := range []string{"unknown request", "invalid request", "invalid address", "invalid coins", "not found", "internal logic error"} {
		why = strings.TrimSuffix(why, ": "+kind)
	}
	return why
}

// expiry reports a refusal of the time at which a transaction expires: it has passed, or
// is too far away.
func (r *Refusal) expiry() bool {
	return r.Codespace == "sdk" && (r.Code == sdkTimeout ||
		r.Code == sdkInvalidRequest && (strings.Contains(r.Why, "ttl exceeds") || strings.Contains(r.Why, "timeout_timestamp")))
}

// inThing writes the SDK's amounts in a text, such as 1500000uthing, in THING.
func inThing(text string) string {
	var out strings.Builder
	for {
		before, after, found := strings.Cut(text, spec.Denom)
		if !found {
			return out.String() + text
		}
		rest := strings.TrimRight(before, "0123456789")
		if digits := before[len(rest):]; digits == "" {
			out.WriteString(before + spec.Denom)
		} else {
			out.WriteString(rest + spec.MoneyOf(digits))
		}
		text = after
	}
}

// Unwrap is the [round.Refusal] or the sentinel that the numbers stand for, nil
// where there is none. Each query that finds nothing has the same number, so the
// method of the query tells what was not found.
func (r *Refusal) Unwrap() error {
	switch r.Codespace {
	case "task":
		for _, reason := range round.Refusals() {
			if reason.Code == r.Code {
				return reason
			}
		}
	case "node":
		switch r.Code {
		case nodeNotFound:
			return ErrNodeNotFound
		case stakeAboveBalance:
			return ErrFunds
		case nodeBusy:
			return ErrNodeBusy
		}
	case "dataset":
		switch r.Code {
		case noDataset:
			return ErrNoDataset
		case notOwner:
			return ErrNotOwner
		case grantRefused:
			return ErrGrant
		}
	case "model":
		switch r.Code {
		case noLine:
			return ErrNoLine
		case notLineOwner:
			return ErrNotLineOwner
		}
	case "dao":
		return proposalRefusals()[r.Code]
	case "timelock":
		return timelockRefusals()[r.Code]
	case "gov":
		if r.Code == depositTooSmall {
			return ErrSmall
		}
	case "ledger":
		for _, reason := range ledgerpb.Refusals() {
			if reason.Code == r.Code {
				return reason.Err
			}
		}
	case "sdk":
		switch r.Code {
		case sdkInsufficientFunds:
			return ErrFunds
		case sdkKeyNotFound:
			return r.absent()
		}
	}
	return nil
}

// proposalRefusals are those of votes by their numbers.
func proposalRefusals() map[uint32]error {
	return map[uint32]error{2: ErrNoProposal, 3: ErrInactive, 4: ErrPower, 5: ErrVoted, 6: ErrVoting, 7: ErrQuorum}
}

// timelockRefusals are those of the timelock.
func timelockRefusals() map[uint32]error {
	return map[uint32]error{2: ErrNotQueued, 3: ErrInactive, 4: ErrEarly}
}

// absent is what a query did not find.
func (r *Refusal) absent() error {
	switch r.Query {
	case queryAccount:
		return ErrNoAccount
	case queryNode, queryNodeByOwner:
		return ErrNodeNotFound
	case queryTask, queryRounds, queryCommitted:
		return round.ErrTaskNotFound
	case queryRound:
		return round.ErrRoundNotFound
	case queryProposal, queryPoll, queryPower:
		return ErrNoProposal
	case queryEntry:
		return ErrNotQueued
	case queryDataset, queryGrants:
		return ErrNoDataset
	case queryLine, queryVersions, queryCards:
		return ErrNoLine
	case queryBook, queryRows:
		return ledgerpb.ErrNoBook
	case queryCosting:
		return ledgerpb.ErrNoCosting
	}
	return nil
}

func refused(query, codespace string, code uint32, log string) error {
	why, _, _ := strings.Cut(log, "\n") // what follows is a stack trace
	why = strings.TrimPrefix(why, "failed to execute message; message index: 0: ")
	why = strings.TrimSuffix(why, ": key not found") // what is not found, it says before
	if at := strings.Index(why, " ["); at >= 0 && strings.Contains(why[at:], ".go:") {
		why = why[:at]
	}
	return &Refusal{Query: query, Codespace: codespace, Code: code, Why: why}
}

// transient reports a refusal that a node which has just restarted gives until
// its first block: bad signature (account unknown), lifetime too long, sequence.
func (r *Refusal) transient() bool {
	return r.Codespace == "sdk" && (r.Code == sdkUnauthorized || r.Code == sdkInvalidRequest || r.Code == sdkWrongSequence)
}
