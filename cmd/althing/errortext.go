package main

import (
	"context"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/althing-network/althing/client"
)

// errorText is the text of an error as a person is shown it. Wherever an error of Go's own
// packages is part of it, that error's text is replaced by words that say the same.
func errorText(err error) string {
	text := err.Error()
	for _, inner := range errorTree(err) {
		subject, words := replacementText(inner)
		if words == "" {
			continue
		}
		if subject != "" {
			text = strings.ReplaceAll(text, subject+": "+inner.Error(), inner.Error()) // the caller has said it already
			words = subject + ": " + words
		}
		text = strings.Replace(text, inner.Error(), words, 1)
	}
	parts := strings.Split(text, ": ")
	return strings.Join(slices.Compact(parts), ": ") // what a caller and the chain both say is said once
}

// errorTree lists an error and everything that it wraps, the outermost first. It does not look
// into errors of which everything is replaced.
func errorTree(err error) []error {
	if err == nil {
		return nil
	}
	all := []error{err}
	if _, words := replacementText(err); words != "" {
		return all
	}
	switch wrapper := err.(type) { //nolint:errorlint // the tree is walked by hand
	case interface{ Unwrap() error }:
		all = append(all, errorTree(wrapper.Unwrap())...)
	case interface{ Unwrap() []error }:
		for _, inner := range wrapper.Unwrap() {
			all = append(all, errorTree(inner)...)
		}
	}
	return all
}

// replacementText says in other words what an error of Go's own packages says: which file, address
// or text it is about, and what is wrong with that. It returns no words for other errors.
func replacementText(err error) (subject, words string) {
	switch err := err.(type) { //nolint:errorlint // only this error, not what it wraps
	case *fs.PathError:
		return err.Path, systemErrorText(err.Err)
	case *os.LinkError:
		return err.New, systemErrorText(err.Err)
	case *os.SyscallError:
		return "", systemErrorText(err.Err)
	case syscall.Errno:
		return "", systemErrorText(err)
	case *strconv.NumError:
		return strconv.Quote(err.Num), numberWanted(err)
	case *json.SyntaxError:
		return "", fmt.Sprintf("want valid JSON: it is wrong at byte %d", err.Offset)
	case *csv.ParseError:
		return "", fmt.Sprintf("line %d, column %d: a quote is missing or too many, or a line has another number of columns", err.Line, err.Column)
	case *json.UnmarshalTypeError:
		return err.Field, "want " + kindOfJSON(err) + ", not a " + err.Value
	case *time.ParseError:
		return strconv.Quote(err.Value), "want a time"
	case *url.Error:
		return err.URL, client.Reason(err.Err)
	case *net.OpError:
		if err.Addr == nil {
			return "", client.Reason(err)
		}
		if errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, syscall.EACCES) {
			return err.Addr.String(), systemErrorText(err)
		}
		return err.Addr.String(), client.Reason(err)
	case *net.DNSError:
		return "", client.Reason(err)
	case hex.InvalidByteError:
		return "", fmt.Sprintf("%q is not a hexadecimal digit", byte(err))
	}
	if field, unknown := strings.CutPrefix(err.Error(), "json: unknown field "); unknown { // which has no type of its own
		return "", "unknown field " + field
	}
	switch err { //nolint:errorlint // only this error, not what it wraps
	case context.Canceled:
		return "", "interrupted"
	case context.DeadlineExceeded:
		return "", "there was no answer in time"
	case io.EOF, io.ErrUnexpectedEOF:
		return "", "it ends too early"
	case fs.ErrNotExist:
		return "", "there is no such file"
	case os.ErrProcessDone:
		return "", "the process has ended"
	case net.ErrClosed:
		return "", "the connection is closed"
	}
	return "", ""
}

// systemErrorText says what an operating system refused.
func systemErrorText(err error) string {
	switch {
	case errors.Is(err, syscall.ENOTDIR): // also where a folder of the path is a file
		return "there is no such folder: a file is in its place"
	case errors.Is(err, fs.ErrNotExist):
		return "there is no such file or folder"
	case errors.Is(err, fs.ErrExist):
		return "there is one already"
	case errors.Is(err, fs.ErrPermission):
		return "permission is denied"
	case errors.Is(err, syscall.EISDIR):
		return "this is a folder: want a file"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "the disk is full"
	case errors.Is(err, syscall.EROFS):
		return "the file system can only be read"
	case errors.Is(err, syscall.ENAMETOOLONG):
		return "the name is too long"
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return "too many files are open: raise the limit, such as with ulimit -n 65536"
	case errors.Is(err, syscall.EADDRINUSE):
		return "another program uses this address"
	case errors.Is(err, syscall.EPIPE):
		return "the reader has closed the pipe"
	case errors.Is(err, syscall.EIO):
		return "the disk cannot be read or written"
	}
	return ""
}

// numberWanted says which number would have been right where a text is none.
func numberWanted(err *strconv.NumError) string {
	if errors.Is(err, strconv.ErrRange) {
		return "the number is too large"
	}
	switch err.Func {
	case "ParseUint":
		return "want a whole number, 0 or more"
	case "ParseInt", "Atoi":
		return "want a whole number"
	case "ParseBool":
		return "want true or false"
	}
	return "want a number"
}

// kindOfJSON is what a field of a JSON file holds.
func kindOfJSON(err *json.UnmarshalTypeError) string {
	switch kind := err.Type.Kind().String(); {
	case strings.HasPrefix(kind, "int"), strings.HasPrefix(kind, "uint"):
		return "a whole number"
	case strings.HasPrefix(kind, "float"):
		return "a number"
	case kind == "bool":
		return "true or false"
	case kind == "string":
		return "a text in quotes"
	case kind == "slice", kind == "array":
		return "a list in [ ]"
	}
	return "fields in { }"
}
