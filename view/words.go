package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/althing-network/althing/spec"
)

// Thing is an amount of uthing in THING, without the unit: "1.5".
func Thing(uthing uint64) string { return spec.Amount(uthing).String() }

// Counted is a number of things: "1 round", "2 rounds".
func Counted[N ~int | ~uint32 | ~uint64](n N, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// Names lists at most limit names, sorted as [CompareNames] says, and counts the others.
func Names(names []string, limit int) string {
	names = slices.SortedFunc(slices.Values(names), CompareNames)
	if len(names) > limit {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:limit], " "), len(names)-limit)
	}
	return strings.Join(names, " ")
}

// CompareNames orders names by the alphabet, but numbers at their ends by their size:
// trainer-2 comes before trainer-10.
func CompareNames(a, b string) int {
	const digits = "0123456789"
	headA, headB := strings.TrimRight(a, digits), strings.TrimRight(b, digits)
	numberA, numberB := strings.TrimLeft(a[len(headA):], "0"), strings.TrimLeft(b[len(headB):], "0")
	return cmp.Or(cmp.Compare(headA, headB), cmp.Compare(len(numberA), len(numberB)), cmp.Compare(numberA, numberB), cmp.Compare(a, b))
}

// Dash is a value, or "-" where there is none to show.
func Dash(missing bool, value any) any {
	if missing {
		return "-"
	}
	return value
}

// Height is a block height, or "-" for height 0.
func Height(height int64) any { return Dash(height == 0, height) }

// Date is a block time in milliseconds since 1970.
func Date(unixMilli int64) string {
	return time.UnixMilli(unixMilli).UTC().Format(time.DateTime) + " UTC"
}

// WholeSeconds is a time in milliseconds, rounded down to seconds.
func WholeSeconds[T ~int64 | ~uint64](ms T) spec.Duration {
	return spec.Duration(ms) - spec.Duration(ms)%spec.Second
}

// yesNo is a truth in a word.
func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// firstRow is a label for the first of several rows; the rows below have none.
func firstRow(row int, label string) string {
	if row > 0 {
		return ""
	}
	return label
}
