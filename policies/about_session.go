package policies

func isTimeout(s *Subject) bool {
	switch s.Detail {
	case "statement_timeout", "idle_in_transaction_session_timeout", "transaction_timeout",
		"application_name", "client_min_messages", "maintenance_work_mem", "work_mem", "max_parallel_maintenance_workers", "constraints":
		return true
	}
	return false
}

func isLockTimeout(s *Subject) bool {
	return s.Detail == "lock_timeout" || s.Detail == "deadlock_timeout"
}

func calls(s *Subject) bool {
	return len(s.Calls) > 0 || s.Writes || s.World.computes(s.Relations())
}
