package config

import (
	"net/url"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v4"
)

// Daemon is teal.yaml.
type Daemon struct {
	Version int             `yaml:"version,required"`
	Name    string          `yaml:"name,required"` // the audience of release events
	NATS    NATS            `yaml:"nats"`
	Store   Store           `yaml:"store"`
	Listen  Listen          `yaml:"listen"`
	Access  Access          `yaml:"access"`
	HAProxy map[string]Node `yaml:"haproxy"`
}

// NATS is where the events come from: inside teal, or the operator's cluster.
type NATS struct {
	Embedded    *EmbeddedNATS `yaml:"embedded"` // nil = URL is set
	URL         string        `yaml:"url"`
	Credentials Secret        `yaml:"credentials"`
}

// EmbeddedNATS is the nats-server inside teal.
type EmbeddedNATS struct {
	Listen Address `yaml:"listen"`
	Dir    Path    `yaml:"dir"`
}

// Store is where the state is kept.
type Store struct {
	SQLite   Path    `yaml:"sqlite"`
	Postgres *Secret `yaml:"postgres"` // not available yet
}

// Listen is where the API can be reached.
type Listen struct {
	HTTP   Address    `yaml:"http"`
	Socket SocketPath `yaml:"socket"`
}

// Access says who is who on the unix socket.
type Access struct {
	Admin    []Principal `yaml:"admin"`
	DBA      []Principal `yaml:"dba"`
	Operator []Principal `yaml:"operator"`
	Viewer   []Principal `yaml:"viewer"`
}

// Node is one HAProxy.
type Node struct {
	Socket SocketPath `yaml:"socket,required"` // the runtime API, level admin
	Master SocketPath `yaml:"master"`          // "" = old workers cannot be reached
}

func (d *Daemon) defaults() {
	d.NATS.Embedded = &EmbeddedNATS{}
	d.NATS.Embedded.defaults()
	d.Store.SQLite = "/var/lib/teal/teal.db"
	d.Listen = Listen{HTTP: "127.0.0.1:7433", Socket: "/run/teal/teal.sock"}
	d.Access.Admin = []Principal{"uid:0"}
}

func (e *EmbeddedNATS) defaults() {
	*e = EmbeddedNATS{Listen: "127.0.0.1:4222", Dir: "/var/lib/teal/nats"}
}

// natsFile is NATS without its two layouts, so that the decoder may walk through it.
type natsFile NATS

func (n *NATS) setNode(d *decoder, node *yaml.Node, path string) {
	*n = NATS{}
	if node.Kind == yaml.ScalarNode {
		if node.Value != "embedded" {
			d.fail(node, `%s is %q: it must be the word embedded, {embedded: {listen, dir}} or {url, credentials}`, path, node.Value)
		}
		n.Embedded = &EmbeddedNATS{}
		n.Embedded.defaults()
		return
	}
	var file natsFile
	d.value(node, valueOf(&file), path)
	*n = NATS(file)
	if node.Kind == yaml.MappingNode && (n.Embedded == nil) == (n.URL == "") {
		d.fail(node, "%s needs exactly one of embedded and url", path)
	}
}

// check looks at what the keys mean together.
func (d *Daemon) check(in *decoder) {
	checkVersion(in, d.Version)
	// The audience of every event, and a part of the consumer's name: NATS takes no dot there.
	if _, said := in.at["name"]; said && !regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`).MatchString(d.Name) {
		in.failAt("name", "name is %q: it must be a small letter, then small letters, digits and hyphens, as in prod-eu1", d.Name)
	}
	if d.Store.Postgres != nil {
		in.failAt("store.postgres", "store.postgres is not available yet: use `store: {sqlite: /var/lib/teal/teal.db}` with one daemon")
	}
	if !d.Listen.HTTP.Loopback() {
		in.failAt("listen.http", "listen.http is %s: without a token (not available yet) only a loopback address is allowed, as in 127.0.0.1:7433; put a proxy that authenticates before it", d.Listen.HTTP)
	}
	d.NATS.check(in, d.Listen.HTTP)
	for name, node := range d.HAProxy {
		path := "haproxy." + name
		if !namePattern().MatchString(name) {
			in.failAt(path, "haproxy node %q: a name is small letters, digits and hyphens, as in lb1", name)
		}
		if node.Socket != "" && node.Socket == node.Master {
			in.failAt(path+".master", "%s.master is the same as its socket: it is the socket given with `haproxy -S`", path)
		}
		for other, n := range d.HAProxy {
			if other < name && n.Socket != "" && n.Socket == node.Socket {
				in.failAt(path+".socket", "%s.socket is that of %s too: one HAProxy has one name", path, other)
			}
		}
	}
}

func (n NATS) check(in *decoder, http Address) {
	if e := n.Embedded; e != nil {
		if !e.Listen.Loopback() {
			in.failAt("nats.embedded.listen", "nats.embedded.listen is %s: the embedded server has no users, so only a loopback address is allowed; for remote build systems use a cluster of your own with nats.url, or a tunnel", e.Listen)
		}
		if e.Listen == http {
			in.failAt("nats.embedded.listen", "nats.embedded.listen and listen.http are both %s", http)
		}
		if n.Credentials.Set() {
			in.failAt("nats.credentials", "nats.credentials belongs to nats.url: the embedded server has no users")
		}
	}
	if n.URL == "" {
		return
	}
	u, err := url.Parse(n.URL)
	switch {
	case err != nil || u.Host == "" || !slices.Contains([]string{"nats", "tls", "ws", "wss"}, u.Scheme):
		in.failAt("nats.url", "nats.url must be nats://host:4222 or tls://host:4222")
	case u.User != nil:
		in.failAt("nats.url", "nats.url has a user or token in it: use nats.credentials with file:/path instead")
	}
	if n.Credentials.Set() && !isFile(n.Credentials) {
		in.failAt("nats.credentials", "nats.credentials must be file:/path of a .creds file")
	}
	if w := n.Credentials.warning(); w != "" {
		in.warnAt("nats.credentials", "nats.credentials %s", w)
	}
}
