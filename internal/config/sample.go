package config

// Sample is a first config directory, file by file, with a comment for each decision.
func Sample() map[string]string {
	return map[string]string{"teal.yaml": sampleDaemon, "apps/shop.yaml": sampleApp}
}

const sampleDaemon = `# The daemon. Every key but version and name has the default that is shown.
version: 1
name: local                  # the audience of release events: an event for another teal is rejected
nats:                        # or {url: "tls://nats.example.com:4222", credentials: "file:/run/secrets/nats.creds"}
  embedded: {listen: 127.0.0.1:4222, dir: /var/lib/teal/nats}
store: {sqlite: /var/lib/teal/teal.db}
listen:
  http: 127.0.0.1:7433       # reading only: status, metrics
  socket: /run/teal/teal.sock
access: {admin: ["uid:0"]}   # who may do what on the socket: admin, dba, operator, viewer; uid: or gid:
haproxy:                     # the sockets of each HAProxy: "stats socket … level admin", and "haproxy -S …"
  lb1: {socket: /run/haproxy/admin.sock, master: /run/haproxy-master.sock}
`

const sampleApp = `# One app; the file's name is the app's name.
version: 1
slots:                       # where its two versions listen; HAProxy's back-ends are shop_a and shop_b
  a: {address: 127.0.0.1:5000}
  b: {address: 127.0.0.1:5001}
launch:
  process:                   # runs <root>/<version>/bin/shop with PORT, TEAL_APP, TEAL_SLOT and TEAL_VERSION
    root: /srv/shop/releases
    command: [bin/shop]
    env: {DATABASE_URL: "file:/run/secrets/shop.dsn"}
health: {path: /healthz, every: 2s, timeout: 2s, passes: 3, stable: 10s, deadline: 5m}
traffic:
  nodes: [lb1]
  map: {file: /var/lib/teal/maps/shop.map}   # "teal haproxy config shop" prints the section to adopt
  drain: 30s                 # for requests in flight
  long_lived: 15m            # for what is left then, such as websockets
switch: {approval: none}     # none, operator, dba or admin
bake: {for: 30m, max_errors: 1%, few_requests: pass}
warm: {for: 24h, auto_rollback: true}
database:
  url: "file:/run/secrets/shop-migrator.dsn"
  table: schema_migrations
  migrations: {allow_dirs: [/srv/shop/migrations]}
contract: {after: 24h, approval: none}
queue: newest                # or fifo
release: {allow_unsigned: false, allow_urgent: false}
`
