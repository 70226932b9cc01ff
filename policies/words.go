package policies

// AboutWord says what a word of the gate means: a verdict, a hazard, an operation or an action; "" for any other.
func AboutWord(word string) string {
	return map[string]string{
		string(Expand):   "verdict: whatever the running version says keeps its answer; it may run before the switch",
		string(Depends):  "verdict: harmless unless its hazards are there; the policy decides by them",
		string(Contract): "verdict: the running version may rely on what it takes away; it runs when that version is gone, in a contract file",
		string(Never):    "verdict: wrong in every file as it stands: the server refuses it, or a safe form of it exists",

		string(RowShape):          "hazard: SELECT *, COPY without a column list, NATURAL JOIN and row types of the running version see another row; a bare name in a join may become ambiguous",
		string(OldWritesRejected): "hazard: what the running version writes is refused from then on (a constraint, a unique index, a foreign key)",
		string(NewValues):         "hazard: the running version may meet values that it does not know, once the new one writes them; a rollback is unproven",
		string(DataChanged):       "hazard: rows that the running version reads are changed",
		string(BehaviourChanged):  "hazard: functions, triggers, defaults, rights or settings act otherwise for the running version too",
		string(OpaqueEffect):      "hazard: the text does not show what it does (a DO block, a function that is called)",
		string(UnparsableText):    "hazard and rule: the grammar does not know the statement",

		"rewrite": "operation: every row is written anew, and the indexes with it",
		"scan":    "operation: the whole table is read",
		"blocks":  "operation: others wait for as long as the work takes, and it grows with the table: writers, or readers too. A lock that is held for an instant does not count: the runner takes it under a lock_timeout",

		string(Allow): "action: it passes", string(Warn): "action: it passes and is told",
		string(Prove):   "action: evidence from the live database lets it pass; where nobody can give any, it acts as approve",
		string(Approve): "action: a role must say so before the files of the track run",
		string(Deny):    "action: the release is refused before anything runs",
	}[word]
}
