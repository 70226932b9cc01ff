package daemon_test

import (
	"testing"

	"teal.dev/teal/daemon"
	"teal.dev/teal/daemon/daemontest"
)

func TestTheStoreInMemoryIsAStore(t *testing.T) {
	stores := map[string]*daemontest.Memory{} // what was acknowledged survives closing, as on a disk
	daemontest.TestStore(t, func(t *testing.T, dir string) daemontest.Stores {
		if stores[dir] == nil {
			stores[dir] = daemontest.NewMemory()
		}
		m := stores[dir]
		return daemontest.Stores{Journal: m, Inbox: m, Outbox: m}
	})
}

func TestTheSwitchInMemoryIsASwitch(t *testing.T) {
	daemontest.TestSwitch(t, func(*testing.T) daemontest.SwitchWorld {
		s := daemontest.NewSwitch("lb1", "lb2")
		return daemontest.SwitchWorld{App: "shop", Switch: s, Again: func() daemon.Switch { return s }, Lead: s.Lead,
			Nodes: []daemontest.SwitchNode{s.Node("lb1"), s.Node("lb2")}}
	})
}
