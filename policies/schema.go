package policies

import (
	"encoding/json"
	"slices"
)

type node = map[string]any

// The addresses of the schemas, for the first line of a file: # yaml-language-server: $schema=…
const (
	SchemaID     = "https://teal.dev/schemas/policy.v1.json"
	TestSchemaID = "https://teal.dev/schemas/policy-test.v1.json"
)

// Schema is the JSON Schema (2020-12) of a policy file, for editors. It is built from the words that the parser knows. What
// a schema cannot say (time zones, patterns) only the parser knows.
func Schema() ([]byte, error) {
	properties := node{
		"version": node{"const": 1},
		"apply": closed(node{
			"apps":   list(text("The name of an app, or a pattern such as pay-*.")),
			"tables": list(text("A table, as name or schema.name, or a pattern such as ledger_*.")),
		}, "Which apps and tables the policy is about; without it, all."),
		"hazards":    settings(hazards(), false, "What to do about each reason behind the verdict depends."),
		"operations": settings(operations(), true, "What to do about a statement that rewrites, reads all of or blocks a table."),
		"rules":      settings(ids(), true, "What to do about a rule; it stands in for its hazards and operations. teal explain lists the rules."),
		"freeze":     list(freezeSchema()),
		"waivers":    list(waiverSchema()),
	}
	return document(SchemaID, "A policy of teal", []string{"version"}, properties)
}

// TestSchema is the JSON Schema of a file of tests beside a policy.
func TestSchema() ([]byte, error) {
	test := closed(node{
		"name":   text("What the test shows."),
		"app":    text("The app that the migration is of."),
		"phase":  node{"enum": []Phase{PhaseAuto, PhaseExpand, PhaseContract}},
		"before": text("SQL that earlier releases applied."),
		"sql":    text("The migration."),
		"rows":   node{"type": "object", "additionalProperties": node{"type": "integer", "minimum": 0}, "description": "How many rows each table has."},
		"date":   date("The day on which it is judged, for waivers."),
		"want":   node{"enum": actions(), "description": "The decision."},
		"rule":   node{"enum": ids(), "description": "A rule that must speak."},
	}, "")
	test["required"] = []string{"name", "sql", "want"}
	return document(TestSchemaID, "Tests of policies of teal", []string{"version", "tests"}, node{"version": node{"const": 1}, "tests": list(test)})
}

func document(id, title string, required []string, properties node) ([]byte, error) {
	root := closed(properties, "")
	root["$schema"], root["$id"], root["title"], root["required"] = "https://json-schema.org/draft/2020-12/schema", id, title, required
	return json.MarshalIndent(root, "", "  ")
}

// closed is an object with these keys and none other, but for those that begin with x-.
func closed(properties node, about string) node {
	n := node{"type": "object", "properties": properties, "patternProperties": node{"^x-": true}, "additionalProperties": false}
	if about != "" {
		n["description"] = about
	}
	return n
}

func text(about string) node { return node{"type": "string", "minLength": 1, "description": about} }

func date(about string) node {
	return node{"type": "string", "pattern": `^\d{4}-\d{2}-\d{2}$`, "description": about}
}

func list(item node) node { return node{"type": "array", "items": item} }

func actions() []Action { return []Action{Allow, Warn, Prove, Approve, Deny} }

func hazards() []string {
	return []string{string(RowShape), string(OldWritesRejected), string(NewValues), string(DataChanged), string(BehaviourChanged),
		string(OpaqueEffect), string(UnparsableText)}
}

func operations() []string { return []string{"rewrite", "scan", "blocks"} }

func ids() []string {
	var out []string
	for _, r := range Rules() {
		out = append(out, r.ID)
	}
	slices.Sort(out)
	return out
}

func settings(keys []string, sized bool, about string) node {
	action := node{"enum": actions()}
	long := node{"action": action, "role": text("Who approves; dba where it is left out.")}
	if sized {
		long["over_rows"] = node{"type": "integer", "minimum": 1, "description": "Counts only for tables with more rows than this; a table whose size nobody knows counts as large."}
		long["unknown"] = node{"enum": actions(), "description": "With over_rows: the action where nobody knows how many rows the table has."}
	}
	object := closed(long, "")
	object["required"] = []string{"action"}
	properties := node{}
	for _, k := range keys {
		properties[k] = node{"oneOf": []node{action, object}}
	}
	return closed(properties, about)
}

func freezeSchema() node {
	clock := func(about string) node {
		return node{"type": "string", "pattern": `^([01]\d|2[0-3]):[0-5]\d$|^24:00$`, "description": about}
	}
	days := node{"enum": []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}}
	return closed(node{
		"days":   list(days),
		"from":   clock("When it begins, such as 16:00, in quotes; default 00:00."),
		"to":     clock("When it ends; not after from, it ends on the next day; default 24:00."),
		"zone":   text("A time zone such as Europe/Berlin; default UTC."),
		"reason": text("What people are told."),
	}, "A time of the week in which nothing expands, switches or contracts. Rollback, retire and abandon always may.")
}

func waiverSchema() node {
	n := closed(node{
		"rule":      node{"enum": ids()},
		"app":       text("The app; without it, every app that the policy is about."),
		"migration": text("The number of the migration, in quotes; without it, every migration."),
		"owner":     text("Who takes it on himself."),
		"reason":    text("Why."),
		"until":     date("The last day, such as 2027-01-31."),
	}, "Lets one finding pass until a day.")
	n["required"] = []string{"rule", "owner", "reason", "until"}
	return n
}
