package policies

func expiredWaiver() Rule {
	return Rule{
		ID: "expired-waiver", Title: "A waiver that has run out",
		Reason:        "the waiver no longer counts",
		Instead:       "renew it with a new date, or take it out of the policy",
		Compatibility: Expand,
	}
}
