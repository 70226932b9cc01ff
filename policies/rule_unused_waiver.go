package policies

func unusedWaiver() Rule {
	return Rule{
		ID: "unused-waiver", Title: "A waiver that nothing needs",
		Reason:        "the migration that it names is applied, or has no such finding",
		Instead:       "take it out of the policy",
		Compatibility: Expand,
	}
}
