package policies

import "teal.dev/teal/migrate/statement"

func timeoutSetting() Rule {
	return Rule{
		ID: "timeout-setting", Title: "SET statement_timeout, memory and the like",
		Reason: "only this session notices", Compatibility: Expand, On: on(statement.Set),
		Match: isTimeout,
		Bad:   Example{SQL: "SET LOCAL statement_timeout = '1min';"},
		Good:  Example{SQL: "SET search_path = audit;"},
	}
}
