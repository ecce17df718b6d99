package daemon_test

import (
	"net"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/evidence"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/p2p/conn"
	"github.com/cometbft/cometbft/version"

	"github.com/althing-network/althing/daemon"
)

// stranger speaks CometBFT's protocol between validators. It sends nothing and reacts to nothing.
func stranger(t *testing.T, chain string, key p2p.NodeKey) *p2p.Switch {
	t.Helper()
	info := p2p.DefaultNodeInfo{
		ProtocolVersion: p2p.NewProtocolVersion(version.P2PProtocol, version.BlockProtocol, 0),
		DefaultNodeID:   key.ID(), ListenAddr: "127.0.0.1:1", Network: chain, Version: "1", Moniker: "stranger",
		Channels: []byte{evidence.EvidenceChannel}, // on which nothing is said in a network without faults
		Other:    p2p.DefaultNodeInfoOther{TxIndex: "off"},
	}
	s := p2p.NewSwitch(config.DefaultP2PConfig(), p2p.NewMultiplexTransport(info, key, conn.DefaultMConnConfig()))
	s.SetNodeInfo(info)
	s.SetNodeKey(&key)
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, p := range s.Peers().Copy() {
			s.StopPeerGracefully(p)
		}
		_ = s.Stop()
	})
	return s
}

// TestAttack27StrangersFillPeers: strangers take up all connections of a validator for peers. A
// further stranger is refused, and the peers of the validator's file can still connect.
func TestAttack27StrangersFillPeers(t *testing.T) {
	local := smallest(t, "peers-1")
	friend := p2p.NodeKey{PrivKey: ed25519.GenPrivKey()}
	home := local.Home(local.Validator(0))
	c, err := daemon.LoadValidator(home)
	if err != nil {
		t.Fatal(err)
	}
	c.Peers = []string{string(friend.ID()) + "@127.0.0.1:1"}
	if err := daemon.SaveValidator(home, c); err != nil {
		t.Fatal(err)
	}
	v, err := daemon.StartValidator(t.Context(), home)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := v.Stop(); err != nil {
			t.Error(err)
		}
	}()
	own, err := p2p.LoadNodeKey(filepath.Join(home, "config", "node_key.json"))
	if err != nil {
		t.Fatal(err)
	}
	at, err := p2p.NewNetAddressString(p2p.IDAddressString(own.ID(), c.P2P))
	if err != nil {
		t.Fatal(err)
	}
	join := func(key p2p.NodeKey) error { return stranger(t, local.Chain, key).DialPeerWithAddress(at) }
	for i := range config.DefaultP2PConfig().MaxNumInboundPeers {
		key := p2p.NodeKey{PrivKey: ed25519.GenPrivKeyFromSecret([]byte(strconv.Itoa(i)))}
		if err := join(key); err != nil {
			t.Fatalf("stranger %d: %v", i, err)
		}
		for !v.HasPeer(key.ID()) { // it becomes a peer after the handshake
			time.Sleep(time.Millisecond)
		}
	}
	one := p2p.NodeKey{PrivKey: ed25519.GenPrivKey()}
	late := stranger(t, local.Chain, one)
	if err := late.DialPeerWithAddress(at); err == nil {
		for late.Peers().Size() > 0 {
			time.Sleep(time.Millisecond)
		}
	}
	if v.HasPeer(one.ID()) {
		t.Error("a further stranger can connect, so the validator is not full: the attack must work without the defence")
	}
	if err := join(friend); err != nil {
		t.Fatalf("a peer of the file: %v", err)
	}
	for !v.HasPeer(friend.ID()) {
		time.Sleep(time.Millisecond)
	}
}

// TestOneConnectionPerAddress: each IP address gets one connection, unless the file names several
// validators with one address, as on one machine.
func TestOneConnectionPerAddress(t *testing.T) {
	for _, c := range []struct {
		own    string
		peers  []string
		shared bool
	}{
		{"10.0.0.1:26656", []string{"10.0.0.2:26656", "10.0.0.3:26656"}, false},
		{"0.0.0.0:26656", []string{"validator-2.example:26656", "validator-3.example:26656"}, false},
		{"10.0.0.1:26656", []string{"10.0.0.2:26656", "10.0.0.2:26657"}, true},
		{"10.0.0.1:26656", []string{"10.0.0.1:26657"}, true},
		{"127.0.0.1:1", []string{"127.0.0.1:2", "127.0.0.1:3"}, true},
		{"127.0.0.1:1", nil, true}, // loopback can be reached from the same machine only
	} {
		v := daemon.ValidatorConfig{P2P: c.own}
		for i, peer := range c.peers {
			if _, _, err := net.SplitHostPort(peer); err != nil {
				t.Fatal(err)
			}
			v.Peers = append(v.Peers, "id"+strconv.Itoa(i)+"@"+peer)
		}
		if got := v.Comet("home").P2P.AllowDuplicateIP; got != c.shared {
			t.Errorf("%s with peers %v: several connections per address are allowed: %v", c.own, c.peers, got)
		}
	}
}
