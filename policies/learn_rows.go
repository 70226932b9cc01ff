package policies

import (
	"slices"

	"teal.dev/teal/migrate/statement"
)

// learnRows takes in which tables have rows from now on, or may have.
func (w *World) learnRows(s *statement.Statement) {
	switch s.Kind {
	case statement.Insert, statement.CopyIn, statement.Merge:
		w.fillWith(s.Relations())
	case statement.Update: // it puts no row into an empty table, but may move one from partition to partition
		w.fillWith(w.descendants(s.Name))
	case statement.Do, statement.Call, statement.Opaque, statement.Unparsable, statement.CreateTrigger, statement.CreateRule: // they may write anywhere
		w.fillAll()
	}
	switch {
	case s.IsData() && w.triggered(s.Name), s.Kind == statement.Select && len(s.Calls) > 0:
		w.fillAll()
	case s.Writes:
		w.fillWith(s.Relations())
	}
}

// fillWith takes in that rows were put into relations: into their partitions too, and into what is behind a view.
func (w *World) fillWith(names []statement.Name) {
	queue := slices.Clone(names)
	for i := 0; i < len(queue); i++ {
		r := w.relations[fold(queue[i])]
		if r == nil || slices.Contains(queue[:i], queue[i]) {
			continue
		}
		r.filled = true
		queue = append(append(queue, r.children...), r.uses...)
	}
}

func (w *World) fillAll() {
	if w.track == before {
		return // it matters for what this release makes
	}
	for _, r := range w.relations {
		r.filled = true
	}
}
