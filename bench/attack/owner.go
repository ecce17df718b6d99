package main

import (
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// owns reports whether one of some processes has an end of a connection over IPv4
// loopback. It reads /proc.
func owns(pids []int, end net.Addr) bool {
	table, err := os.ReadFile("/proc/net/tcp")
	address, ok := end.(*net.TCPAddr)
	if err != nil || !ok {
		return false
	}
	inode, ok := socketOf(string(table), address)
	if !ok {
		return false
	}
	for _, pid := range pids {
		links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
		if slices.ContainsFunc(links, func(link string) bool {
			to, err := os.Readlink(link)
			return err == nil && to == "socket:["+inode+"]"
		}) {
			return true
		}
	}
	return false
}

// socketOf finds in /proc/net/tcp the inode of the socket that has a local address.
func socketOf(table string, local *net.TCPAddr) (inode string, ok bool) {
	ip := slices.Clone(local.IP.To4())
	slices.Reverse(ip) // the kernel's table has it in the byte order of the machine
	want := fmt.Sprintf("%s:%04X", strings.ToUpper(hex.EncodeToString(ip)), local.Port)
	for line := range strings.Lines(table) {
		const localAt, inodeAt = 1, 9
		if fields := strings.Fields(line); len(fields) > inodeAt && fields[localAt] == want {
			return fields[inodeAt], true
		}
	}
	return "", false
}
