package migrate_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/migrate"
)

// Every sentence of the design has a proof, and every proof that is named exists.
func TestSentences(t *testing.T) {
	text, err := os.ReadFile("../testdata/migrations/SENTENCES.md")
	require.NoError(t, err)
	rows := 0
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if len(cells) != 2 || strings.HasPrefix(line, "| sentence") || strings.HasPrefix(line, "| trap") {
			require.False(t, strings.HasPrefix(line, "| ") && len(cells) != 2, "not a row of two cells: %s", line)
			continue
		}
		rows++
		proofs := regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[1], -1)
		require.NotEmpty(t, proofs, "nothing proves: %s", cells[0])
		for _, p := range proofs {
			proven(t, p[1])
		}
	}
	require.Greater(t, rows, 60, "the page lost rows")
}

// Every code that stops a migration is explained to the DBA.
func TestEveryCodeIsExplained(t *testing.T) {
	page, err := os.ReadFile("../docs/migrations.md")
	require.NoError(t, err)
	codes := map[string]bool{}
	for dir, pattern := range map[string]string{".": ` Code = "([a-z0-9_]+)"`, "postgres": `fault\(release\.[A-Za-z]+, "([a-z_]+)"|return "([a-z_]+)", "|Hold, schema.Why = "([a-z_]+)"`} {
		paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
		require.NoError(t, err)
		for _, path := range paths {
			source, err := os.ReadFile(path)
			require.NoError(t, err)
			for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(source), -1) {
				codes[strings.Join(m[1:], "")] = true
			}
		}
	}
	require.Greater(t, len(codes), 35)
	source, err := os.ReadFile("problem.go")
	require.NoError(t, err)
	for _, m := range regexp.MustCompile(` Code = "([a-z0-9_]+)"`).FindAllStringSubmatch(string(source), -1) {
		require.NotEmpty(t, migrate.About(migrate.Code(m[1])), m[1])
	}
	require.Empty(t, migrate.About("nothing"))
	for code := range codes {
		require.Contains(t, string(page), "`"+code+"`", "docs/migrations.md does not explain %s", code)
	}
}

// proven requires that a story exists, or that a test of that name (and a case of those words) does.
func proven(t *testing.T, proof string) {
	t.Helper()
	dir, name, isTest := strings.Cut(proof, ":")
	if !isTest {
		require.FileExists(t, filepath.Join("..", proof))
		return
	}
	name, words, _ := strings.Cut(name, "/")
	paths, err := filepath.Glob(filepath.Join("..", dir, "*.go"))
	require.NoError(t, err)
	for _, path := range paths {
		if !strings.HasSuffix(path, "_test.go") && !strings.HasSuffix(dir, "test") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		source, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == name {
				require.Contains(t, string(source), `"`+words, "%s has no case %q", name, words)
				return
			}
		}
	}
	require.Fail(t, "there is no such test", proof)
}
