package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"

	"teal.dev/teal/policies"
)

// sarifSchema is the address of the schema that the output follows, as the standard gives it.
const sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

// Where docs/rules.md of this tree is read, and docs/migrations.md, which explains what is wrong with a folder as a whole.
const (
	rulesPage      = "https://teal.dev/docs/rules#"
	migrationsPage = "https://teal.dev/docs/migrations"
)

// sarif is the report in the Static Analysis Results Interchange Format 2.1.0.
func sarif(report policies.Report) object {
	rules, results, index := []object{}, []object{}, map[string]int{}
	each(report, func(f policies.FileReport, e policies.Entry, text string) {
		if _, ok := index[e.Rule]; !ok {
			index[e.Rule] = len(rules)
			rules = append(rules, sarifRule(e.Rule))
		}
		at := e.Span()
		region := object{"startLine": at.Line, "startColumn": at.Column}
		if at.End > at.Column {
			region["endColumn"] = at.End
		}
		result := object{"ruleId": e.Rule, "ruleIndex": index[e.Rule], "level": sarifLevel(e.Decision),
			"message":             object{"text": string(e.Decision) + ": " + text},
			"locations":           []object{{"physicalLocation": object{"artifactLocation": object{"uri": uri(f.Path)}, "region": region}}},
			"partialFingerprints": object{"teal/v1": fingerprint(&f, &e)},
			"properties": object{"decision": e.Decision, "compatibility": e.Compatibility, "hazards": e.Hazards, "locks": e.Operation.Locks,
				"rewrite": e.Operation.Rewrite, "scan": e.Operation.Scan, "phase": f.Phase}}
		results = append(results, result)
	})
	driver := object{"name": "teal", "informationUri": "https://teal.dev", "version": version(), "rules": rules}
	return object{"version": "2.1.0", "$schema": sarifSchema, "runs": []object{{"tool": object{"driver": driver},
		"columnKind": "unicodeCodePoints", "results": results}}}
}

func sarifRule(id string) object {
	rule := object{"id": id, "helpUri": rulesPage + id}
	if r, ok := policies.RuleByID(id); ok {
		rule["shortDescription"] = object{"text": r.Title}
		rule["properties"] = object{"tags": append([]string{string(r.Compatibility)}, hazardWords(r.Hazards)...)}
	} else if about := aboutCode(id); about != "" {
		return object{"id": id, "helpUri": migrationsPage, "shortDescription": object{"text": about}}
	}
	return rule
}

func hazardWords(hazards []policies.Hazard) []string {
	out := make([]string, len(hazards))
	for i, h := range hazards {
		out[i] = string(h)
	}
	return out
}

func sarifLevel(a policies.Action) string {
	switch a {
	case policies.Deny:
		return "error"
	case policies.Approve, policies.Prove:
		return "warning"
	}
	return "note"
}

// uri is a path as a URI reference, relative where the path is.
func uri(path string) string {
	clean := filepath.ToSlash(filepath.Clean(path))
	var b strings.Builder
	for i := 0; i < len(clean); i++ {
		c := clean[i]
		if c == '/' || c == '-' || c == '_' || c == '.' || c == '~' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	if strings.HasPrefix(clean, "/") {
		return "file://" + b.String()
	}
	return b.String()
}

// fingerprint stays the same while the statement does, wherever in the file it moves.
func fingerprint(f *policies.FileReport, e *policies.Entry) string {
	text := filepath.Base(f.Path) + "\x00" + e.Rule + "\x00" + e.Mark + "\x00" + e.SQL
	if e.SQL == "" { // about a line of a policy, or the file as a whole
		text += fmt.Sprintf("\x00%d %s", e.Line, e.Why)
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}
