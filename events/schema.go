package events

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// SchemaID is the address of the schema of requests.
const SchemaID = "https://teal.dev/schemas/release-requested.v1.json"

type node map[string]any

// RequestSchema is the JSON Schema (2020-12) of a bare release request, as `teal schema release` prints it. It is built
// from the numbers and patterns that the parser uses. What a schema cannot say (case-variant names, total sizes, the
// nearness of expires_at) only the parser knows.
func RequestSchema() ([]byte, error) {
	root := node{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SchemaID,
		"title":       "A request to release a version of an app",
		"description": "A CloudEvents 1.0 JSON document, published bare or as the payload of a DSSE envelope on teal.v1.release.<app>.<id>.requested.",
		"type":        "object",
		"required":    []string{"specversion", "type", "id", "source", "data"},
		"properties": node{
			"specversion":     node{"const": "1.0"},
			"type":            node{"const": RequestType},
			"id":              text(patternID, "The release id: a ULID, new for each request, equal to the token in the subject."),
			"source":          node{"type": "string", "minLength": 1, "maxLength": MaxString, "pattern": patternText, "description": "A URI reference of the build."},
			"subject":         node{"type": []string{"string", "null"}, "description": "The app again, when present."},
			"time":            node{"type": []string{"string", "null"}, "format": "date-time"},
			"datacontenttype": node{"enum": []any{"application/json", nil}},
			"dataschema":      node{"type": []string{"string", "null"}, "maxLength": MaxString},
			"data":            dataSchema(),
			"data_base64":     false,
		},
		"propertyNames":        node{"anyOf": []node{{"pattern": patternExtension}, {"const": "data_base64"}}},
		"additionalProperties": true,
	}
	return json.Marshal(root, json.Deterministic(true), jsontext.WithIndent("  "))
}

func text(pattern, about string) node {
	n := node{"type": "string", "pattern": pattern}
	if about != "" {
		n["description"] = about
	}
	return n
}

func closed(required []string, properties node) node {
	n := node{"type": "object", "properties": properties, "additionalProperties": false}
	if required != nil {
		n["required"] = required
	}
	return n
}

func dataSchema() node {
	return closed([]string{"app", "version", "audience", "expires_at"}, node{
		"app":          text(patternApp, "The app: the name of its file in teal's apps directory."),
		"version":      text(patternVersion, "The version, as the build system names it."),
		"audience":     text(patternAudience, "The name of the teal that is meant."),
		"expires_at":   node{"type": "string", "format": "date-time", "description": "Compared once, with the time at which the stream stored the message. At most 7 days away."},
		"sequence":     node{"type": "integer", "minimum": 1, "maximum": uint64(MaxSequence), "description": "When present it must exceed the app's last accepted one."},
		"precondition": closed([]string{"current_version"}, node{"current_version": text(patternVersion, "This version must be live when the release leaves the queue.")}),
		"artifact":     artifactSchema(),
		"migrations":   migrationsSchema(),
		"options":      optionsSchema(),
		"change":       changeSchema(),
		"labels": node{"type": "object", "maxProperties": MaxLabels, "propertyNames": node{"pattern": patternLabel},
			"additionalProperties": node{"type": "string", "maxLength": MaxText, "pattern": patternText}},
	})
}

func artifactSchema() node {
	return node{"description": "What is run. Default: the directory of the version's name under the launcher's root.", "type": "object", "oneOf": []node{
		closed([]string{"kind"}, node{"kind": node{"const": KindDir}, "ref": text(patternVersion, "One directory right under the root."), "digest": text(patternDigest, "Of the executable.")}),
		closed([]string{"kind", "ref", "digest"}, node{"kind": node{"const": KindOCI}, "ref": text(patternImage, "The image without tag and digest."), "digest": text(patternDigest, "")}),
		closed([]string{"kind"}, node{"kind": node{"const": KindNone}}),
	}}
}

func migrationsSchema() node {
	return node{"description": "The whole migration folder, not only the new files. An app with a database must say none out loud; one without sends none.", "type": "object", "oneOf": []node{
		closed([]string{"kind", "files"}, node{"kind": node{"const": KindInline}, "files": node{"type": "object", "minProperties": 1, "maxProperties": MaxFiles,
			"propertyNames":        node{"pattern": patternFile, "not": node{"pattern": `\.\.`}},
			"additionalProperties": node{"type": "string", "maxLength": MaxInline}}}),
		closed([]string{"kind", "path"}, node{"kind": node{"const": KindDir}, "path": node{"type": "string", "maxLength": 1024, "pattern": patternDir, "description": "A clean absolute path that the app's config allows."}, "digest": text(patternDigest, "Of the folder.")}),
		closed([]string{"kind"}, node{"kind": node{"const": KindNone}}),
	}}
}

func optionsSchema() node {
	period := func(word, about string) node {
		if word == "" {
			return text(patternDuration, about)
		}
		return node{"type": "string", "anyOf": []node{{"const": word}, {"pattern": patternDuration}}, "description": about}
	}
	options := closed(nil, node{
		"bake":           period("", "At least the app's."),
		"warm":           period("forever", "At least the app's."),
		"contract_after": period("never", "At least the app's."),
		"max_errors":     text(patternShare, "At most the app's, such as 0.5%."),
		"few_requests":   node{"enum": []string{"hold", "pass"}, "description": "hold where the app says pass."},
		"urgent":         node{"type": "boolean", "description": "Ends the bake before it; only where the app's config allows it."},
	})
	options["description"] = "They may only tighten what the app's config says."
	return options
}

func changeSchema() node {
	free := func(pattern string) node {
		return node{"type": "string", "maxLength": MaxText, "pattern": pattern}
	}
	change := closed(nil, node{"commit": free(patternText), "author": free(patternText), "url": free(patternURL)})
	change["description"] = "Where the release comes from. Shown, never interpreted."
	return change
}
