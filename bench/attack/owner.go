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

// owns reports whether an end of a connection over IPv4 loopback belongs to one of some
// processes. It reads /proc.
func owns(pids []int, end net.Addr) bool {
	address, ok := end.(*net.TCPAddr)
	if !ok {
		return false
	}
	var inode string
	for tries := 0; inode == ""; tries++ {
		const maxTries = 10 // a table that changes while it is read may lack a line
		table, err := os.ReadFile("/proc/net/tcp")
		if err != nil || tries == maxTries {
			return false
		}
		inode = socketOf(string(table), address)
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

// socketOf finds the inode of the socket with a local address in /proc/net/tcp; empty if
// there is none. A closed connection keeps its line for a while, with inode 0.
func socketOf(table string, local *net.TCPAddr) (inode string) {
	ip := slices.Clone(local.IP.To4())
	slices.Reverse(ip) // the table has addresses in the byte order of the machine
	want := fmt.Sprintf("%s:%04X", strings.ToUpper(hex.EncodeToString(ip)), local.Port)
	for line := range strings.Lines(table) {
		const localAt, inodeAt = 1, 9
		if fields := strings.Fields(line); len(fields) > inodeAt && fields[localAt] == want && fields[inodeAt] != "0" {
			return fields[inodeAt]
		}
	}
	return ""
}
