package policies

import (
	"strconv"

	"teal.dev/teal/migrate/statement"
)

// fill is a statement of expand that makes or fills a column.
type fill struct {
	what string
	line int
}

// learnFill remembers what expand fills, for the contract of the same release.
func (w *World) learnFill(s *statement.Statement) {
	if w.track != inExpand || w.fresh {
		return
	}
	put := func(column, what string) {
		r := w.relation(s.Name)
		if r.fills == nil {
			r.fills = map[string]fill{}
		}
		r.fills[column] = fill{what, s.Line}
	}
	switch s.Kind {
	case statement.Update, statement.Insert, statement.CopyIn:
		for _, c := range s.Columns {
			put(c, "fills")
		}
	case statement.AlterTable:
		for i := range s.Commands {
			if s.Commands[i].Kind == statement.AddColumn {
				put(s.Commands[i].Name, "adds")
			}
		}
	}
}

// filled is what expand of the same release does with a column that a contract drops.
func (s *Subject) filled() (fill, bool) {
	r := s.World.relations[fold(s.Name)]
	if s.World.track != inContract || r == nil {
		return fill{}, false
	}
	f, ok := r.fills[s.Command.Name]
	return f, ok
}

func dropFilledColumn() Rule {
	return Rule{
		ID: "drop-filled-column", Title: "DROP COLUMN in contract of what expand adds or fills",
		Reason:        "an expand file that is not applied yet adds or fills {column}, and this contract drops it: one of the two is a mistake",
		Instead:       "take the statement out of expand, or leave {column} to a later release",
		Compatibility: Contract, Lock: AccessExclusive,
		On:    on(statement.DropColumn),
		Match: func(s *Subject) bool { _, ok := s.filled(); return ok },
		Refine: func(s *Subject, f *Finding) {
			if made, ok := s.filled(); ok {
				f.Why = "expand " + made.what + " " + s.Command.Name + " (line " + strconv.Itoa(made.line) + " of its file), and this contract drops it: one of the two is a mistake"
			}
		},
		Bad:  Example{Before: noteTable, Phase: PhaseContract, Expand: "UPDATE note SET body = '' WHERE body IS NULL;", SQL: "ALTER TABLE note DROP COLUMN body;"},
		Good: Example{Before: noteTable, Phase: PhaseContract, SQL: "ALTER TABLE note DROP COLUMN body;"},
	}
}
