package oracle

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"teal.dev/teal/migrate/statement"
	"teal.dev/teal/policies"
)

// Change is an old statement that the application no longer gets the same answer to.
type Change struct {
	Old  Old
	Mode Mode
	How  string
}

// Seen is what happened when a case was run.
type Seen struct {
	Effects
	Refused string // the server refused the migration: its SQLSTATE
	Changed []Change
	Wrong   []string        // what is wrong with the case itself
	Tables  map[string]bool // the relations that were there before
	Asked   int             // old statements run, in all their modes
}

// player runs one case.
type player struct {
	bench    *Bench
	c        *Case
	seen     Seen
	admin    *pgconn.PgConn
	prepared *pgconn.PgConn
	snapshot *pgconn.PgConn
	reads    string // the query for what a write stored
	names    map[string]bool
	restore  string // sets the sequences back
	before   map[string]Answer
	first    bool              // the round before the migration
	base     map[string]string // the state before the migration
	moved    map[string]bool   // what the migration itself, or the new version, changed
	always   bool              // every reading statement runs under the old snapshot too
}

// Play runs a case on an empty database. With snapshots, its reads are repeated in a transaction older than the migration.
func (b *Bench) Play(ctx context.Context, c *Case, snapshots bool) (Seen, error) {
	p := &player{bench: b, c: c, before: map[string]Answer{}, always: snapshots}
	m, err := b.Migrator(ctx)
	if err != nil {
		return Seen{}, err
	}
	err = p.open(ctx)
	if err == nil {
		err = p.play(ctx, m)
	}
	for _, conn := range []*pgconn.PgConn{m.conn, p.prepared, p.snapshot} {
		if conn != nil {
			err = errors.Join(err, conn.Close(ctx))
		}
	}
	if p.admin != nil {
		err = errors.Join(err, p.admin.Close(ctx))
	}
	return p.seen, err
}

func (p *player) open(ctx context.Context) error {
	var err error
	if p.admin, err = p.bench.connect(ctx, "", nil); err != nil {
		return err
	}
	if err := p.bench.Reset(ctx, p.admin, p.c.Schema); err != nil {
		return err
	}
	if p.prepared, err = p.bench.connect(ctx, appRole, nil); err != nil {
		return err
	}
	if p.snapshot, err = p.bench.connect(ctx, appRole, nil); err != nil {
		return err
	}
	if p.reads, p.names, err = stateQuery(ctx, p.admin, nil); err != nil {
		return err
	}
	was, err := existing(ctx, p.admin)
	if err != nil {
		return err
	}
	p.seen.Tables, p.moved = map[string]bool{}, map[string]bool{}
	for _, r := range was {
		p.seen.Tables[r.name] = true
	}
	p.base = states(ctx, p.admin, p.reads)
	p.restore, err = sequences(ctx, p.admin)
	return err
}

func (p *player) play(ctx context.Context, m *Migrator) error {
	if err := p.prepare(ctx); err != nil {
		return err
	}
	p.first = true
	if err := p.round(ctx, p.remember); err != nil {
		return err
	}
	p.first = false
	if err := exec(ctx, p.admin, p.restore); err != nil {
		return fmt.Errorf("set the sequences back: %w", err)
	}
	for _, sql := range p.c.New {
		if err := p.impossible(ctx, sql); err != nil {
			return err
		}
	}
	if err := exec(ctx, p.snapshot, "BEGIN ISOLATION LEVEL REPEATABLE READ"); err != nil {
		return err
	}
	if transactional(p.c) {
		if err := exec(ctx, p.snapshot, "SELECT 1"); err != nil {
			return err
		}
	}
	if err := p.migrate(ctx, m); err != nil {
		return err
	}
	return p.after(ctx, m)
}

// after is what follows the migration: the new version writes, the old one goes on.
func (p *player) after(ctx context.Context, m *Migrator) error {
	for _, sql := range p.c.New {
		if err := exec(ctx, p.admin, "SET ROLE app; "+sql+"; RESET ROLE"); err != nil {
			p.seen.Wrong = append(p.seen.Wrong, fmt.Sprintf("the new version cannot write even after the migration: %s: %s", sql, fault(err)))
		}
	}
	var err error
	if p.reads, _, err = stateQuery(ctx, p.admin, p.names); err != nil {
		return err
	}
	if p.restore, err = sequences(ctx, p.admin); err != nil {
		return err
	}
	for at, hash := range states(ctx, p.admin, p.reads) {
		p.moved[at] = p.base[at] != hash
	}
	if err := p.round(ctx, p.compare); err != nil {
		return err
	}
	return p.prove(ctx, m)
}

func transactional(c *Case) bool {
	for _, f := range c.Files {
		parsed, err := statement.Parse(f.Body, statement.Postgres)
		if err != nil {
			return true
		}
		for i := range parsed.Statements {
			if !parsed.Statements[i].Transactional() {
				return false
			}
		}
	}
	return true
}

func name(i int) string { return fmt.Sprintf("old_%d", i) }

func (p *player) prepare(ctx context.Context) error {
	for i, o := range p.c.Old {
		for _, mode := range o.modes() {
			if mode != Prepared {
				continue
			}
			if _, err := p.prepared.Prepare(ctx, name(i), o.SQL, nil); err != nil && !o.Refused && !o.Any {
				return fmt.Errorf("prepare %q on the old schema: %w", o.SQL, err)
			}
		}
	}
	return nil
}

// round runs the old version's statements, each by itself.
func (p *player) round(ctx context.Context, take func(Old, Mode, string, Answer)) error {
	plain, err := p.bench.connect(ctx, appRole, nil)
	if err != nil { // the migration may have taken the role's right to log in: then every answer is this
		for i, o := range p.c.Old {
			take(o, Plain, fmt.Sprint(i, Plain), Answer{Error: fault(err)})
		}
		return nil
	}
	for i, o := range p.c.Old {
		modes := o.modes()
		if o.reads() && p.always && o.Mode == "" && transactional(p.c) {
			modes = append(modes[:len(modes):len(modes)], Snapshot)
		}
		for _, mode := range modes {
			if mode == During {
				continue
			}
			conn := map[Mode]*pgconn.PgConn{Plain: plain, Prepared: p.prepared, Snapshot: p.snapshot}[mode]
			if mode == Snapshot && conn.TxStatus() == 'I' {
				conn, mode = plain, Plain // before the migration, all snapshots are alike
			}
			if err := p.one(ctx, conn, o, i, mode, take); err != nil {
				return errors.Join(err, plain.Close(ctx))
			}
		}
	}
	return plain.Close(ctx)
}

func (p *player) one(ctx context.Context, conn *pgconn.PgConn, o Old, i int, mode Mode, take func(Old, Mode, string, Answer)) error {
	known := p.c.Schema + "\x00" + o.SQL + "\x00" + o.Data + "\x00" + string(mode)
	if a, ok := p.bench.known.Load(known); ok && p.first {
		p.told(o, mode, i, a.(Answer), take)
		return nil
	}
	if !o.reads() {
		if err := exec(ctx, p.admin, p.restore); err != nil {
			return fmt.Errorf("set the sequences back: %w", err)
		}
	}
	a, err := o.ask(ctx, conn, mode, name(i), p.reads)
	if err != nil {
		return fmt.Errorf("%s: %w", o.SQL, err)
	}
	if p.first {
		p.bench.known.Store(known, a)
	}
	p.told(o, mode, i, a, take)
	return nil
}

func (p *player) told(o Old, mode Mode, i int, a Answer, take func(Old, Mode, string, Answer)) {
	key := Plain
	if mode == Prepared {
		key = Prepared
	}
	take(o, mode, fmt.Sprint(i, key), a)
}

func (p *player) remember(o Old, mode Mode, key string, a Answer) {
	if (a.Error != "" || a.Commit != "") != o.Refused && !o.Any {
		p.seen.Wrong = append(p.seen.Wrong, fmt.Sprintf("on the old schema %q answers %q; say refused: where that is meant", o.SQL, or(a.Error, "well")))
	}
	p.before[key] = a
}

func (p *player) compare(o Old, mode Mode, key string, a Answer) {
	p.seen.Asked++
	for at := range a.State {
		if p.moved[at] { // other rows to begin with are no effect of the old version's write
			delete(a.State, at)
		}
	}
	if how := Difference(p.before[key], a); how != "" {
		p.seen.Changed = append(p.seen.Changed, Change{Old: o, Mode: mode, How: how})
	}
}

// impossible says whether the old schema refuses what the new version will write.
func (p *player) impossible(ctx context.Context, sql string) error {
	err := exec(ctx, p.admin, "BEGIN; SET LOCAL ROLE app; "+sql)
	if err == nil {
		p.seen.Wrong = append(p.seen.Wrong, fmt.Sprintf("the old schema takes %q already, so the migration does not open the door to it", sql))
	}
	return exec(ctx, p.admin, "ROLLBACK")
}

func (p *player) migrate(ctx context.Context, m *Migrator) error {
	p.seen.Effects = newEffects()
	var err error
	if m.only, err = existing(ctx, p.admin); err != nil {
		return err
	}
	for _, f := range p.c.Files {
		parsed, err := statement.Parse(f.Body, statement.Postgres)
		if err != nil {
			p.seen.Refused = "unreadable"
			return nil
		}
		e, err := m.Run(ctx, parsed.Statements, func() error { return p.meanwhile(ctx) })
		for name := range e.Locks {
			if !p.seen.Tables[name] {
				delete(e.Locks, name)
			}
		}
		p.seen.add(e)
		var pg *pgconn.PgError
		if errors.As(err, &pg) {
			p.seen.Refused = pg.Code
			return nil
		}
		if err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
	}
	return nil
}

// meanwhile runs the statements that the old version runs while the migration's transaction is open.
func (p *player) meanwhile(ctx context.Context) error {
	plain, err := p.bench.connect(ctx, appRole, nil)
	if err != nil {
		return err
	}
	for i, o := range p.c.Old {
		if o.Mode != During {
			continue
		}
		p.before[fmt.Sprint(i, Plain)] = Answer{}
		a, err := o.ask(ctx, plain, During, "", "")
		if err != nil {
			return errors.Join(err, plain.Close(ctx))
		}
		p.compare(o, During, fmt.Sprint(i, Plain), Answer{Error: a.Error})
	}
	return plain.Close(ctx)
}

func (p *player) prove(ctx context.Context, m *Migrator) error {
	for _, sql := range p.c.Proof {
		rows, err := text(ctx, m.conn, sql)
		if err != nil {
			return fmt.Errorf("the proof %q: %w", sql, err)
		}
		if len(rows) != 1 || rows[0][0] != "t" {
			p.seen.Wrong = append(p.seen.Wrong, "the proof does not hold: "+sql)
		}
	}
	return nil
}

func (e *Effects) add(more Effects) {
	for name, level := range more.Locks {
		if Strength(level) > Strength(e.Locks[name]) {
			e.Locks[name], e.Minor[name] = level, more.Minor[name]
		}
	}
	if e.Blocks == policies.BlocksNobody || more.Blocks == policies.BlocksReads {
		e.Blocks = more.Blocks
	}
	for name := range more.Written {
		e.Written[name] = true
	}
	for name := range more.Scanned {
		e.Scanned[name] = true
	}
}
