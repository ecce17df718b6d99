package client

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// ParseAddress reads the address of a chain node's RPC server: a URL such as
// http://127.0.0.1:26657, or HOST:PORT, which means http://HOST:PORT.
func ParseAddress(word string) (string, error) {
	wrong := fmt.Errorf("RPC address %q: want HOST:PORT or a URL, such as http://127.0.0.1:26657", word)
	address := word
	if !strings.Contains(word, "://") {
		address = "http://" + word
	}
	parsed, err := url.Parse(address)
	if err != nil || parsed.Hostname() == "" || address != word && parsed.Port() == "" {
		return "", wrong
	}
	switch parsed.Scheme {
	case "http", "https", "tcp":
	default:
		return "", fmt.Errorf("RPC address %q: want http or https, not %s", word, parsed.Scheme)
	}
	if port := parsed.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return "", fmt.Errorf("RPC address %q: want a port from 1 to 65535", word)
		}
	}
	return address, nil
}
