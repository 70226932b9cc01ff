package statement_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/migrate/statement"
)

func texts(t *testing.T, src string) []string {
	t.Helper()
	pieces, err := statement.Split([]byte(src))
	require.NoError(t, err)
	var out []string
	for _, p := range pieces {
		out = append(out, p.Text)
		require.Equal(t, p.Text, src[p.Offset:p.Offset+len(p.Text)])
	}
	return out
}

func TestSplit(t *testing.T) {
	for name, tc := range map[string]struct {
		src  string
		want []string
	}{
		"two":                    {"SELECT 1; SELECT 2", []string{"SELECT 1", "SELECT 2"}},
		"empty statements":       {";; ;\nSELECT 1;;", []string{"SELECT 1"}},
		"only comments":          {"-- nothing; here\n/* ; */", nil},
		"string":                 {"SELECT 'a;''b;';SELECT 2", []string{"SELECT 'a;''b;'", "SELECT 2"}},
		"backslash is a letter":  {`SELECT '\';SELECT 2`, []string{`SELECT '\'`, "SELECT 2"}},
		"E string":               {`SELECT E'\';';SELECT 2`, []string{`SELECT E'\';'`, "SELECT 2"}},
		"E string continued":     {"SELECT E'a'\n -- c\n '\\';';SELECT 2", []string{"SELECT E'a'\n -- c\n '\\';'", "SELECT 2"}},
		"quoted name":            {`SELECT "a;""b";SELECT 2`, []string{`SELECT "a;""b"`, "SELECT 2"}},
		"dollar":                 {"DO $$ a; b $$;SELECT 2", []string{"DO $$ a; b $$", "SELECT 2"}},
		"dollar tag":             {"DO $x$ a; $$ ; $$ b $x$;SELECT 2", []string{"DO $x$ a; $$ ; $$ b $x$", "SELECT 2"}},
		"dollar inside a name":   {"SELECT a$b$; SELECT c$b$", []string{"SELECT a$b$", "SELECT c$b$"}},
		"parameter":              {"SELECT $1; SELECT $2", []string{"SELECT $1", "SELECT $2"}},
		"nested comment":         {"SELECT /* ; /* ; */ ; */ 1;SELECT 2", []string{"SELECT /* ; /* ; */ ; */ 1", "SELECT 2"}},
		"line comment":           {"SELECT 1 -- a; b\n, 2;SELECT 2", []string{"SELECT 1 -- a; b\n, 2", "SELECT 2"}},
		"trailing comment is no": {"SELECT 1 -- a; b\n;", []string{"SELECT 1"}},
		"rule with parentheses":  {"CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2);SELECT 2", []string{"CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)", "SELECT 2"}},
		"begin atomic": {"CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END;SELECT 2",
			[]string{"CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END", "SELECT 2"}},
		"begin":          {"BEGIN; SELECT 1; END;", []string{"BEGIN", "SELECT 1", "END"}},
		"number, string": {"SELECT 1e'a;';SELECT 2", []string{"SELECT 1e'a;'", "SELECT 2"}},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, tc.want, texts(t, tc.src)) })
	}
}

func TestSplitPositionsAndComments(t *testing.T) {
	pieces, err := statement.Split([]byte("-- é one\n  SELECT 1; /* two */ SELECT\n2;\n-- tail\n"))
	require.NoError(t, err)
	require.Len(t, pieces, 2)
	require.Equal(t, 2, pieces[0].Line)
	require.Equal(t, 3, pieces[0].Column)
	require.Equal(t, []statement.Comment{{Text: "-- é one", Line: 1, Column: 1}}, pieces[0].Comments)
	require.Equal(t, 2, pieces[1].Line)
	require.Equal(t, 23, pieces[1].Column)
	require.Equal(t, []statement.Comment{{Text: "/* two */", Line: 2, Column: 13}}, pieces[1].Comments)
	require.Equal(t, ";\n-- tail\n", pieces[1].After)
}

func TestSplitRefuses(t *testing.T) {
	for src, want := range map[string]string{
		"SELECT 1;\n 'abc":       "line 2, column 2 (byte 11): this string is never closed",
		"SELECT \"abc":           "quoted name is never closed",
		"SELECT 1 /* /* */":      "line 1, column 10 (byte 9): this comment is never closed",
		"\nDO $a$ x $b$":         "line 2, column 4 (byte 4): this $a$ quote is never closed; add $a$",
		"SELECT 1;\nSELECT \xff": "line 2, column 8 (byte 17): the file is not UTF-8",
		"SELECT\x00":             "(byte 6): the file holds a NUL byte",
		`SELECT E'\`:             "never closed",
	} {
		_, err := statement.Split([]byte(src))
		require.ErrorContains(t, err, want, "%q", src)
	}
}

func FuzzSplit(f *testing.F) {
	for _, s := range []string{"SELECT 1; SELECT $$;$$;", "E'a'\n'\\''", "CREATE FUNCTION f() BEGIN ATOMIC x; END; y", "/* /* */ */ 'a''b' \"c\" $x$ $x$", "(;)[;];"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		pieces, err := statement.Split(src)
		if err != nil || len(pieces) == 0 {
			return
		}
		var b strings.Builder
		for _, p := range pieces {
			require.NotEmpty(t, p.Text)
			require.Equal(t, len(b.String())+len(p.Before), p.Offset)
			b.WriteString(p.Before + p.Text + p.After)
		}
		require.Equal(t, string(src), b.String())
	})
}

// A byte order mark would hide "-- teal:contract" in the first line, and the server does not take it.
func TestByteOrderMark(t *testing.T) {
	_, err := statement.Parse([]byte("\xef\xbb\xbf-- teal:contract\nDROP TABLE note;"), statement.Postgres)
	require.ErrorContains(t, err, "byte order mark (BOM)")
}

func TestMentions(t *testing.T) {
	for text, want := range map[string]bool{"": false, "float": true, "a FLOAT(8)": true, "flo": false, "flower float": true, "FloaT": true, "floa t": false} {
		require.Equal(t, want, statement.Mentions(text, "float"), text)
		require.Equal(t, want, statement.Mentions([]byte(text), "float"), text)
	}
}
