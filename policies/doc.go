// Package policies knows what each kind of migration statement does to a version that is still running (the rules), and
// what the DBAs decided about that (the policy); it refuses to know any database, any file on disk and any release.
//
// A [Rule] is a value in a file of its own and states facts. A [Policy] is YAML and turns facts into an [Action]. [Check]
// puts both to a folder of migrations. To add a rule: one file with one function that returns a Rule with a bad and a good
// example, one line in Rules, and `go test ./policies`.
package policies
