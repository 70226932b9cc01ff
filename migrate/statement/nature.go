package statement

import "strconv"

func itoa(n int) string { return strconv.Itoa(n) }

// Relations are the tables, indexes, views and sequences that the statement names, each once, in order of appearance.
// What a function's body names is not among them; see [Statement.Opaque].
func (s *Statement) Relations() []Name { return s.relations }

// Opaque says that the statement may touch anything: its text does not show what it does.
func (s *Statement) Opaque() bool {
	switch s.Kind {
	case Unparsable, Opaque, Do, Call, DropSchema, RenameSchema, DropDatabase:
		return true
	case Select, Explain:
		return len(s.Calls) > 0
	}
	return false
}

// Transactional says whether the statement may run inside a transaction. What is unknown may.
func (s *Statement) Transactional() bool {
	switch s.Kind {
	case CreateIndex, DropIndex:
		return !s.Concurrently
	case Reindex:
		return !s.Concurrently && s.Object != "schema" && s.Object != "database" && s.Object != "system"
	case Vacuum, AlterSystem, CreateDatabase, DropDatabase, Tablespace, Subscription:
		return false
	case Cluster:
		return s.Name.Name != ""
	case AlterTable:
		for _, c := range s.Commands {
			if c.Kind == DetachPartition && c.Concurrently {
				return false
			}
		}
	}
	return true
}

// TransactionControl says whether the statement begins, ends or cuts a transaction.
func (s *Statement) TransactionControl() bool {
	switch s.Kind {
	case Begin, Commit, Rollback, Savepoint, TwoPhase:
		return true
	}
	return false
}

// IsData says whether the statement changes rows.
func (s *Statement) IsData() bool {
	switch s.Kind {
	case Insert, Update, Delete, Merge, CopyIn:
		return true
	case Select, Explain, CreateTableAs, CopyOut:
		return s.Writes
	}
	return false
}

// IsDDL says whether the statement changes the schema, or may.
func (s *Statement) IsDDL() bool {
	switch s.Kind {
	case Insert, Update, Delete, Merge, CopyIn, CopyOut, Select, Explain, Set, Lock, Vacuum, Analyze, Checkpoint, Notify:
		return false
	}
	return !s.TransactionControl()
}

// TakesTableLock says whether the statement locks a table that existed before more strongly than reading and writing do,
// until the end of its transaction. What is unknown does.
func (s *Statement) TakesTableLock() bool {
	switch s.Kind {
	case CreateTable:
		return s.PartitionOf.Name != "" || s.references()
	case CreateTableAs, CreateEnum, AddEnumValue, RenameEnumValue, CreateType, CreateDomain, CreateView, CreateMatView,
		CreateFunction, AlterFunction, DropFunction, CreateSequence, CreateSchema, CreateExtension, CommentOn, Grant,
		Revoke, DefaultPrivileges, Role, AlterSystem, Analyze, Vacuum, EventTrigger:
		return s.Full
	case CreateIndex, DropIndex, Reindex:
		return !s.Concurrently
	case Lock:
		return true
	}
	return s.IsDDL()
}

func (s *Statement) references() bool {
	for _, c := range s.Constraints {
		if c.Kind == ForeignKey {
			return true
		}
	}
	return false
}
