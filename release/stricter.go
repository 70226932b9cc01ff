package release

// Stricter is the safer of two sets of limits, number by number: longer to watch, fewer errors, more approvals. What is
// neither safer nor laxer is a's.
func Stricter(a, b Limits) Limits {
	a.Passes = max(a.Passes, b.Passes)
	a.Stable = max(a.Stable, b.Stable)
	a.BakeFor = max(a.BakeFor, b.BakeFor)
	a.WarmFor = max(a.WarmFor, b.WarmFor)
	a.ContractAfter = max(a.ContractAfter, b.ContractAfter)
	a.Drain = max(a.Drain, b.Drain)
	a.LongLived = max(a.LongLived, b.LongLived)
	a.MaxErrors = min(a.MaxErrors, b.MaxErrors)
	if b.FewRequests == "hold" {
		a.FewRequests = "hold"
	}
	a.AutoRollback = a.AutoRollback || b.AutoRollback
	if !needed(a.SwitchApproval) {
		a.SwitchApproval = b.SwitchApproval
	}
	if !needed(a.ContractApproval) {
		a.ContractApproval = b.ContractApproval
	}
	return a
}

// needed reports whether a configured approval asks for anybody.
func needed(role string) bool { return role != "" && role != "none" }
