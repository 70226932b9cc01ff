package oracle

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"teal.dev/teal/migrate/statement"
	"teal.dev/teal/policies"
)

// Effects are what the server did while it ran statements, to the relations that were there before them.
type Effects struct {
	Locks    map[string]policies.Level // the strongest by relation, from ROW SHARE up
	Minor    map[string]bool           // the relation is an index or a sequence
	Written  map[string]bool           // rewritten, by table
	Scanned  map[string]bool           // read as a whole, or an index built on it
	Blocks   policies.Blocks
	Messages []string
}

const relations = `SELECT c.oid, CASE WHEN n.nspname = 'public' THEN '' ELSE n.nspname || '.' END || c.relname, c.relfilenode, c.relkind
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'i', 'I')`

const heldLocks = `SELECT relation, upper(regexp_replace(replace(mode, 'Lock', ''), '([a-z])([A-Z])', '\1 \2', 'g'))
	FROM pg_locks WHERE locktype = 'relation' AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND pid = `

const scans = `SELECT relid, seq_scan FROM pg_stat_xact_user_tables`

type relation struct {
	name, file, kind string
}

func existing(ctx context.Context, c *pgconn.PgConn) (map[string]relation, error) {
	rows, err := text(ctx, c, relations)
	if err != nil {
		return nil, err
	}
	out := make(map[string]relation, len(rows))
	for _, r := range rows {
		out[r[0]] = relation{name: r[1], file: r[2], kind: r[3]}
	}
	return out, nil
}

// Strength orders the lock levels. ACCESS SHARE does not count: whoever reads the catalogue takes it.
func Strength(level policies.Level) int {
	for i, l := range []policies.Level{policies.RowShare, policies.RowExclusive, policies.ShareUpdateExclusive, policies.Share,
		policies.ShareRowExclusive, policies.Exclusive, policies.AccessExclusive} {
		if l == level {
			return i + 1
		}
	}
	return 0
}

// Migrator runs migrations and says what the server did meanwhile.
type Migrator struct {
	bench    *Bench
	conn     *pgconn.PgConn
	messages []string
	counts   map[string]string
	only     map[string]relation // what was there before the first file; nil: what is there before each
}

// Migrator opens the session that migrates.
func (b *Bench) Migrator(ctx context.Context) (*Migrator, error) {
	m := &Migrator{bench: b}
	conn, err := b.connect(ctx, "", func(text string) { m.messages = append(m.messages, text) })
	m.conn = conn
	return m, err
}

// Close ends the session.
func (m *Migrator) Close(ctx context.Context) error { return m.conn.Close(ctx) }

// Tables are the names of the relations that there are now.
func (m *Migrator) Tables(ctx context.Context) (map[string]bool, error) {
	was, err := existing(ctx, m.conn)
	out := make(map[string]bool, len(was))
	for _, r := range was {
		out[r.name] = true
	}
	return out, err
}

// Conn is the session itself.
func (m *Migrator) Conn() *pgconn.PgConn { return m.conn }

// Run runs the statements of one file as teal does: in one transaction, or alone outside of one. During is called before
// the commit. The error is the server's refusal.
func (m *Migrator) Run(ctx context.Context, statements []statement.Statement, during func() error) (Effects, error) {
	if len(statements) == 1 && !statements[0].Transactional() {
		return m.alone(ctx, statements[0].SQL)
	}
	was, err := m.begin(ctx)
	if err != nil {
		return Effects{}, err
	}
	blocks := policies.BlocksNobody
	for i := range statements {
		before := len(m.messages)
		if err := exec(ctx, m.conn, statements[i].SQL); err != nil {
			return m.effects(was), errors.Join(err, exec(ctx, m.conn, "ROLLBACK"))
		}
		if statements[i].Kind == statement.Truncate {
			continue // a new file without reading a row
		}
		if b, err := m.blocked(ctx, was, before); err != nil {
			return Effects{}, err
		} else if b == policies.BlocksReads || blocks == policies.BlocksNobody {
			blocks = b
		}
	}
	e := m.effects(was)
	if m.conn.TxStatus() == 'T' {
		if err := m.read(ctx, &e, was, structural(statements)); err != nil {
			return e, err
		}
	}
	e.forget(statements)
	if e.Blocks = e.blocks(true); len(statements) > 1 && len(e.Written) == 0 || e.Blocks == policies.BlocksNobody || blocks == policies.BlocksReads {
		e.Blocks = blocks
	}
	if err := during(); err != nil {
		return e, err
	}
	if m.conn.TxStatus() != 'I' {
		return e, exec(ctx, m.conn, "COMMIT")
	}
	return e, nil
}

// blocked says whom a statement kept waiting that worked under a lock, which a statement before it may have taken.
func (m *Migrator) blocked(ctx context.Context, was map[string]relation, from int) (policies.Blocks, error) {
	all := m.messages
	if len(all) == from || m.conn.TxStatus() != 'T' {
		return policies.BlocksNobody, nil
	}
	now, err := existing(ctx, m.conn)
	if err != nil {
		return policies.BlocksNobody, err
	}
	for oid := range now { // by their names of now, which a statement before may have changed
		if _, old := was[oid]; !old {
			delete(now, oid)
		}
	}
	m.messages = all[from:]
	worked := len(m.effects(now).Scanned) > 0
	m.messages = all
	checked, err := m.checked(ctx, all[from:], was)
	if err != nil || !worked && len(checked) == 0 {
		return policies.BlocksNobody, err
	}
	locks, err := text(ctx, m.conn, heldLocks+"pg_backend_pid()")
	if err != nil {
		return policies.BlocksNobody, err
	}
	e := newEffects()
	for _, l := range locks {
		if e.lock(was, l[0], l[1]); !e.Minor[was[l[0]].name] {
			e.Scanned[was[l[0]].name] = true
		}
	}
	return e.blocks(true), nil
}

// checked are the tables whose foreign keys were proven, by the server's remarks, which name only the constraint.
func (m *Migrator) checked(ctx context.Context, messages []string, was map[string]relation) ([]string, error) {
	var out []string
	for _, message := range messages {
		name, ok := strings.CutPrefix(message, "validating foreign key constraint ")
		if !ok {
			continue
		}
		rows, err := text(ctx, m.conn, "SELECT conrelid FROM pg_constraint WHERE conname = '"+strings.ReplaceAll(strings.Trim(name, `"`), "'", "''")+"'")
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			if old, ok := was[r[0]]; ok {
				out = append(out, old.name)
			}
		}
	}
	return out, nil
}

// structural says whether the statements read tables only to prove or to build something.
func structural(statements []statement.Statement) bool {
	for i := range statements {
		switch s := &statements[i]; s.Kind {
		case statement.CreateTableAs, statement.CreateMatView, statement.RefreshMatView, statement.Do, statement.Call, statement.Explain:
			return false
		default:
			if !s.IsDDL() && s.Kind != statement.Set {
				return false
			}
		}
	}
	return true
}

// forget takes away what only looks like work: TRUNCATE gives a table a new file without reading a row.
func (e *Effects) forget(statements []statement.Statement) {
	for i := range statements {
		if statements[i].Kind == statement.Truncate {
			e.Written, e.Scanned = map[string]bool{}, map[string]bool{}
		}
	}
}

// old are the relations that count, by their names of now.
func (m *Migrator) old(ctx context.Context) (map[string]relation, error) {
	was, err := existing(ctx, m.conn)
	for oid := range was {
		if _, ok := m.only[oid]; !ok && m.only != nil {
			delete(was, oid)
		}
	}
	return was, err
}

func (m *Migrator) begin(ctx context.Context) (map[string]relation, error) {
	was, err := m.old(ctx)
	if err != nil {
		return nil, err
	}
	if err := exec(ctx, m.conn, "BEGIN"); err != nil {
		return nil, err
	}
	counts, err := text(ctx, m.conn, scans) // of transactions before, not reported yet; none are reported inside of one
	if err != nil {
		return nil, err
	}
	m.counts = map[string]string{}
	for _, s := range counts {
		m.counts[s[0]] = s[1]
	}
	m.messages = nil
	return was, nil
}

func newEffects() Effects {
	return Effects{Locks: map[string]policies.Level{}, Minor: map[string]bool{}, Written: map[string]bool{}, Scanned: map[string]bool{}}
}

// effects are those that the server's remarks show.
func (m *Migrator) effects(was map[string]relation) Effects {
	e := newEffects()
	e.Messages = m.messages
	for _, message := range m.messages {
		for _, r := range was {
			_, bare, _ := strings.Cut("."+r.name, ".")
			if i := strings.LastIndexByte(bare, '.'); i >= 0 {
				bare = bare[i+1:]
			}
			building := strings.HasPrefix(message, "building index") && strings.Contains(message, `on table "`+bare+`"`)
			checking := message == fmt.Sprintf("verifying table %q", bare) || message == fmt.Sprintf("rewriting table %q", bare)
			if (building || checking) && (r.kind == "r" || r.kind == "p" || r.kind == "m") {
				e.Scanned[r.name] = true
			}
		}
	}
	return e
}

// read reads the locks of the open transaction, the new files and the scans.
func (m *Migrator) read(ctx context.Context, e *Effects, was map[string]relation, scanned bool) error {
	locks, err := text(ctx, m.conn, heldLocks+"pg_backend_pid()")
	if err != nil {
		return err
	}
	for _, l := range locks {
		e.lock(was, l[0], l[1])
	}
	now, err := existing(ctx, m.conn)
	if err != nil {
		return err
	}
	for oid, r := range now {
		if old, ok := was[oid]; ok && old.file != r.file && (r.kind == "r" || r.kind == "m") {
			e.Written[old.name] = true
		}
	}
	checked, err := m.checked(ctx, m.messages, was)
	for _, name := range checked {
		e.Scanned[name] = true
	}
	if err != nil {
		return err
	}
	counts, err := text(ctx, m.conn, scans)
	if err != nil || !scanned {
		return err
	}
	for _, s := range counts {
		if r, ok := was[s[0]]; ok && s[1] != or(m.counts[s[0]], "0") {
			e.Scanned[r.name] = true
		}
	}
	return nil
}

func (e *Effects) lock(was map[string]relation, oid, mode string) {
	r, ok := was[oid]
	if !ok || Strength(policies.Level(mode)) <= Strength(e.Locks[r.name]) {
		return
	}
	e.Locks[r.name] = policies.Level(mode)
	e.Minor[r.name] = r.kind == "S" || r.kind == "i" || r.kind == "I"
}
