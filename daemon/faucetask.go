package daemon

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Errors of [AskFaucet] that callers branch on.
var (
	ErrNoFaucet      = errors.New("there is no faucet")
	ErrFaucetRefuses = errors.New("the faucet refuses")
)

// maxFaucetAnswer is the longest answer of a faucet that is read, in bytes.
const maxFaucetAnswer = 4 << 10

// AskFaucet asks the faucet of the validator at an RPC address for coins, and returns when
// they are in a block. It fails with [ErrNoFaucet] if the validator has none, and with
// [ErrFaucetRefuses] if the account gets nothing.
func AskFaucet(ctx context.Context, rpc, address string) (given Handout, err error) {
	url := strings.TrimSuffix(strings.TrimSuffix(rpc, "/"), faucetPath) + faucetPath
	body, err := json.Marshal(Handout{Address: address})
	if err != nil {
		return given, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return given, fmt.Errorf("faucet %q: want a URL such as http://127.0.0.1:26657", rpc)
	}
	request.Header.Set("Content-Type", "application/json")
	asks := http.Client{Timeout: faucetTimeout + 4*time.Second}
	answer, err := asks.Do(request)
	if err != nil {
		return given, fmt.Errorf("%w at %s: nobody answers", ErrNoFaucet, rpc)
	}
	defer answer.Body.Close()
	err = json.NewDecoder(io.LimitReader(answer.Body, maxFaucetAnswer)).Decode(&given)
	switch {
	case err == nil && given.Error != "":
		return given, fmt.Errorf("%w: %s", ErrFaucetRefuses, given.Error)
	case err != nil || answer.StatusCode != http.StatusOK:
		return given, fmt.Errorf("%w at %s: its network gives no coins by itself", ErrNoFaucet, rpc)
	}
	return given, nil
}
