package events_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"teal.dev/teal/events"
)

const examples = "../testdata/events"

func example(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(examples, name))
	require.NoError(t, err)
	return data
}

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := events.RequestSchema()
	require.NoError(t, err)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	require.NoError(t, c.AddResource(events.SchemaID, doc))
	s, err := c.Compile(events.SchemaID)
	require.NoError(t, err)
	return s
}

// The schema that build systems read and the parser that judges them agree on every example.
func TestSchemaAndParserAgree(t *testing.T) {
	s := schema(t)
	files, err := filepath.Glob(examples + "/*.json")
	require.NoError(t, err)
	count := map[string]int{}
	for _, file := range files {
		name := filepath.Base(file)
		kind, _, _ := strings.Cut(name, "-")
		if kind != "good" && kind != "bad" && kind != "strict" {
			continue
		}
		count[kind]++
		t.Run(name, func(t *testing.T) {
			data := example(t, name)
			_, r := events.Parse(data)
			doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
			if err == nil {
				err = s.Validate(doc)
			}
			if kind == "good" {
				require.Nil(t, r, "parser")
				require.NoError(t, err, "schema")
				return
			}
			require.NotNil(t, r, "the parser must refuse it")
			require.NotEmpty(t, r.Code)
			require.Regexp(t, `[;:,] `, r.Text, "a rejection says what to do next")
			if kind == "bad" {
				require.Error(t, err, "the schema must refuse it")
			}
		})
	}
	require.GreaterOrEqual(t, count["good"], 6)
	require.GreaterOrEqual(t, count["bad"], 50)
	require.GreaterOrEqual(t, count["strict"], 10)
}

func TestSchemaIsPublished(t *testing.T) {
	text, err := events.RequestSchema()
	require.NoError(t, err)
	golden := filepath.Join(examples, "release-requested.v1.schema.json")
	if os.Getenv("TEAL_UPDATE") != "" {
		require.NoError(t, os.WriteFile(golden, append(text, '\n'), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), string(text)+"\n", "the schema changed: is it still v1? then run with TEAL_UPDATE=1")
}

func TestRejectionsPointAtThePlace(t *testing.T) {
	for _, c := range []struct {
		file, pointer string
		code          events.Code
	}{
		{"bad-unknown-field.json", "/data/enviroment", events.Schema},
		{"bad-option-unknown.json", "/data/options/skip_bake", events.Schema},
		{"bad-missing-app.json", "/data/app", events.Schema},
		{"bad-id-is-number.json", "/id", events.Schema},
		{"bad-sequence-text.json", "/data/sequence", events.Schema},
		{"bad-expiry-number.json", "/data/expires_at", events.Schema},
		{"bad-migrations-null.json", "/data/migrations", events.Schema},
		{"bad-inline-not-text.json", "/data/migrations/files/0001_x.up.sql", events.Schema},
		{"bad-inline-dotdot.json", "/data/migrations/files", events.BadFolder},
		{"bad-bundle.json", "/data/migrations/kind", events.Unsupported},
		{"strict-duplicate-key.json", "/data/app", events.Schema},
		{"strict-case-variant.json", "/data/APP", events.Schema},
		{"strict-trailing-bytes.json", "", events.Schema},
		{"strict-second-document.json", "", events.Schema},
		{"strict-subject-other-app.json", "/subject", events.Schema},
		{"strict-lone-surrogate.json", "/data/labels/a", events.Schema},
		{"strict-inline-case-variant.json", "/data/migrations/files/0001_X.up.sql", events.Schema},
	} {
		t.Run(c.file, func(t *testing.T) {
			_, r := events.Parse(example(t, c.file))
			require.NotNil(t, r)
			require.Equal(t, c.code, r.Code, r.Text)
			require.Equal(t, c.pointer, r.Pointer, r.Text)
		})
	}
}

func TestParseReadsEverything(t *testing.T) {
	req, r := events.Parse(example(t, "good-full.json"))
	require.Nil(t, r)
	require.EqualValues(t, "01JD2Y8M3N5W6X7Y8Z9A0B1C2D", req.ID)
	require.Equal(t, time.Date(2026, 11, 22, 11, 0, 0, 0, time.UTC), req.Data.ExpiresAt)
	require.EqualValues(t, 4711, *req.Data.Sequence)
	folder := req.Data.Folder()
	require.Len(t, folder, 2)
	require.Equal(t, "contract/0002_drop.up.sql", folder[0].Name, "sorted")
	require.Equal(t, "Ana Müller", req.Data.Change.Author)
}

func TestRawBytesThatAreNoDocument(t *testing.T) {
	minimal := string(example(t, "good-minimal.json"))
	for name, raw := range map[string]string{
		"empty": "", "space": " \n", "text": "release shop please", "array": "[]", "string": `"x"`, "cut": minimal[:len(minimal)/2],
		"not utf-8": strings.Replace(minimal, "prod-eu1", "prod\xff", 1), "bom": "\ufeff" + minimal, "comment": "// x\n" + minimal,
		"both": strings.Replace(minimal, "{", `{"payloadType":"x",`, 1), "neither": `{"id":"x"}`, "nul": minimal + "\x00",
		"case-variant top": strings.Replace(minimal, `"type"`, `"Type":"x","type"`, 1), "very deep": strings.Repeat("[", 9000),
		"long string":  strings.Replace(minimal, `"prod-eu1"`, `"`+strings.Repeat("a", 5000)+`"`, 1),
		"many members": strings.Replace(minimal, `"type"`, `"ext":[`+strings.Repeat("1,", 300)+`1],"type"`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			_, r := events.Parse([]byte(raw))
			require.NotNil(t, r)
			require.Equal(t, events.Schema, r.Code, r.Text)
		})
	}
}

func TestSizes(t *testing.T) {
	minimal := string(example(t, "good-minimal.json"))
	_, r := events.Parse([]byte(minimal + strings.Repeat(" ", events.MaxMessage-len(minimal))))
	require.Nil(t, r, "exactly the limit")
	_, r = events.Parse([]byte(minimal + strings.Repeat(" ", events.MaxMessage-len(minimal)+1)))
	require.NotNil(t, r)
	require.Equal(t, events.TooLarge, r.Code)

	inline := func(size int) *events.Rejection {
		_, r := events.Parse([]byte(strings.Replace(minimal, `"app"`, `"migrations":{"kind":"inline","files":{"1_a.up.sql":"`+strings.Repeat("x", size)+`"}},"app"`, 1)))
		return r
	}
	require.Nil(t, inline(events.MaxInline))
	require.Equal(t, events.TooLarge, inline(events.MaxInline+1).Code)
}

func TestNewRequestRoundTrip(t *testing.T) {
	now := time.Date(2026, 11, 22, 10, 0, 0, 5, time.UTC)
	id, err := events.NewID(now, bytes.NewReader(make([]byte, 16)))
	require.NoError(t, err)
	data := events.Data{App: "shop", Version: "1.2.3", Audience: "prod", ExpiresAt: now.Add(time.Hour),
		Migrations: &events.Migrations{Kind: events.KindInline, Files: map[string]string{"1_a.up.sql": "SELECT '</script>\u2028';"}}}
	doc, err := events.NewRequest(id, "teal release", now, data)
	require.NoError(t, err)
	back, r := events.Parse(doc)
	require.Nil(t, r)
	require.Equal(t, id, back.ID)
	require.Equal(t, data.Migrations, back.Data.Migrations)
	again, err := events.NewRequest(id, "teal release", now, data)
	require.NoError(t, err)
	require.Equal(t, doc, again, "the same request is the same bytes")

	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(doc))
	require.NoError(t, err)
	require.NoError(t, schema(t).Validate(parsed))

	data.Version = "../1"
	_, err = events.NewRequest(id, "teal release", now, data)
	require.ErrorContains(t, err, "/data/version")
	data.Version = "1\xff"
	_, err = events.NewRequest(id, "teal release", now, data)
	require.Error(t, err)
}

func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob(examples + "/*.json")
	for _, file := range files {
		if data, err := os.ReadFile(file); err == nil && len(data) < 8192 {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		req, r := events.Parse(data)
		if r != nil {
			if r.Code == "" || r.Text == "" {
				t.Fatalf("a rejection without words: %+v", r)
			}
			return
		}
		// What is accepted can be written again and is accepted again.
		if req.Time.IsZero() {
			req.Time = req.Data.ExpiresAt.Add(-time.Hour)
		}
		if _, err := events.NewRequest(req.ID, req.Source, req.Time, req.Data); err != nil && !req.Data.ExpiresAt.Truncate(time.Second).Equal(req.Time.Truncate(time.Second)) {
			var rej *events.Rejection
			if !errors.As(err, &rej) || rej.Code != events.TooLarge && rej.Pointer != "/data/expires_at" {
				t.Fatalf("accepted but not writable: %v", err)
			}
		}
	})
}
