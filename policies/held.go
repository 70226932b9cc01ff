package policies

import "teal.dev/teal/migrate/statement"

// holding follows which locks a file's transaction holds.
type holding struct {
	level  Level  // the strongest that makes writers wait
	object string // and on what
	first  string // the first object under ACCESS EXCLUSIVE
	told   bool   // several exclusive locks were found
}

// after judges the findings of one statement by the locks that the file holds already, and takes in theirs.
func (h *holding) after(s *Subject, found []Finding) []Finding {
	if !s.Transactional() {
		return nil
	}
	var out []Finding
	for i := range found {
		f := &found[i]
		held := *h
		for j := range found {
			if j != i {
				held.take(found[j].Operation.Locks)
			}
		}
		if held.level != "" && (f.Operation.Scan || f.Operation.Rewrite) && (f.Operation.Blocks == BlocksNobody || f.Operation.Blocks == BlocksWrites && held.level == AccessExclusive) {
			out = append(out, held.work(s))
			break
		}
	}
	if f, ok := h.several(s, found); ok {
		out = append(out, f)
	}
	for _, f := range found {
		h.take(f.Operation.Locks)
	}
	return out
}

func (h *holding) take(locks []Lock) {
	for _, l := range locks {
		switch {
		case l.Level == AccessExclusive && h.level != AccessExclusive:
			h.level, h.object = l.Level, l.Object
		case (l.Level == Share || l.Level == ShareRowExclusive || l.Level == Exclusive) && h.level == "":
			h.level, h.object = l.Level, l.Object
		}
		if l.Level == AccessExclusive && h.first == "" {
			h.first = l.Object
		}
	}
}

func (h *holding) work(s *Subject) Finding {
	r := workUnderLock()
	f := r.find(s)
	f.Why += " (" + string(h.level) + " on " + h.object + ")"
	f.Table = h.object
	if h.level != AccessExclusive {
		f.Operation.Blocks = BlocksWrites
	}
	return f
}

// several finds a statement that locks a second table while the file holds another one. Once per file is enough.
func (h *holding) several(s *Subject, found []Finding) (Finding, bool) {
	if h.told || h.first == "" || s.Kind == statement.Lock {
		return Finding{}, false
	}
	for _, f := range found {
		for _, l := range f.Operation.Locks {
			if l.Level == AccessExclusive && l.Object != h.first {
				h.told = true
				r := severalExclusiveLocks()
				out := r.find(s)
				out.Why = "the file holds ACCESS EXCLUSIVE on " + h.first + " already and waits here for " + l.Object + ": " + out.Why
				return out, true
			}
		}
	}
	return Finding{}, false
}
