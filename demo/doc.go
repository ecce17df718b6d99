// Package demo runs a whole network on one machine for one task: block validators and nodes
// in every role, each with a home folder, a key and an address of its own.
//
// A [Network] says how large the network is, which rows it splits over its nodes and which
// task it trains. [Network.Write] writes its folder, which processes may run home by home
// ("althing localnet"). [Create] makes the folder of a demo, [Open] opens one that was
// stopped, and [Folder.Run] runs it in this process: it starts every node, creates the task
// as the network's consumer, follows it to its end, and reads the [Summary] back from the
// chain through a new client. A [Narrator] tells what happens meanwhile: as JSON lines, as
// plain lines, or on a screen that is redrawn.
//
// The package has no shortcut: its nodes share no memory, speak to the chain through its RPC
// addresses, and run the same code as "althing start". It does not parse a command line.
package demo
