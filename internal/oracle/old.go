package oracle

import (
	"fmt"
	"strings"
)

// Mode is how the old version runs a statement.
type Mode string

// The modes. A statement without a mode runs plain and, where that is possible, prepared.
const (
	Plain    Mode = "plain"    // sent anew by a new session
	Prepared Mode = "prepared" // prepared before the migration, by a session that lives across it
	Snapshot Mode = "snapshot" // in a REPEATABLE READ transaction that began before the migration
	During   Mode = "during"   // while the migration's transaction is open, with a short patience
)

// Old is one statement of the old version.
type Old struct {
	Mode    Mode // empty: plain and prepared
	SQL     string
	Data    string // what a COPY FROM STDIN sends
	Any     bool   // whatever it answers before is right
	Refused bool   // the database refuses it before the migration, and the application counts on that
}

// parseOld reads one statement a line: [refused:] [plain:|prepared:|snapshot:|during:] SQL [<- data of a COPY].
func parseOld(text string) ([]Old, error) {
	var out []Old
	for _, line := range lines(text) {
		var o Old
		if rest, ok := strings.CutPrefix(line, "refused: "); ok {
			o.Refused, line = true, rest
		}
		for _, m := range []Mode{Plain, Prepared, Snapshot, During} {
			if rest, ok := strings.CutPrefix(line, string(m)+": "); ok {
				o.Mode, line = m, rest
			}
		}
		o.SQL = strings.TrimSuffix(line, ";")
		if sql, data, ok := strings.Cut(line, " <- "); ok {
			o.SQL, o.Data = sql, strings.NewReplacer(`\n`, "\n", `\t`, "\t").Replace(data)+"\n"
		}
		if o.Mode == Prepared && !o.preparable() {
			return nil, fmt.Errorf("%q cannot be prepared; take prepared: away", o.SQL)
		}
		out = append(out, o)
	}
	return out, nil
}

func (o Old) word() string {
	word, _, _ := strings.Cut(strings.TrimLeft(o.SQL, "( "), " ")
	return strings.ToUpper(word)
}

func (o Old) preparable() bool {
	switch o.word() {
	case "SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "VALUES", "TABLE", "MERGE":
		return true
	}
	return false
}

// reads says whether the statement surely writes nothing.
func (o Old) reads() bool {
	return (o.word() == "SELECT" || o.word() == "TABLE") && !strings.Contains(o.SQL, " FOR ") && !strings.Contains(o.SQL, "nextval")
}

// copies says whether the statement is a COPY, and whether it brings data in.
func (o Old) copies() (is, in bool) {
	upper := strings.ToUpper(o.SQL)
	return o.word() == "COPY", strings.Contains(upper, "FROM STDIN")
}

// modes are the modes in which a statement is run.
func (o Old) modes() []Mode {
	switch {
	case o.Mode != "":
		return []Mode{o.Mode}
	case o.preparable():
		return []Mode{Plain, Prepared}
	}
	return []Mode{Plain}
}
