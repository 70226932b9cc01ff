// Package teal_test executes the rules of the house, so that they hold without anybody remembering them.
package teal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "teal.dev/teal"

// Budgets of design section 3.
const (
	maxFileLines     = 400
	maxFunctionLines = 60
	maxMethods       = 3
)

// arrows says what each package may import of ours; packages that are not listed (cmd, internal/demo) know everybody.
// Test files are free: a conformance suite is imported from where it lives.
func arrows() map[string][]string {
	return map[string][]string{
		"release":              {},
		"events":               {"release"},
		"events/jetstream":     {"events", "release"},
		"migrate/statement":    {},
		"migrate":              {"events", "release", "migrate/statement"},
		"migrate/postgres":     {"events", "release", "migrate", "migrate/statement"},
		"policies":             {"events", "release", "migrate/statement", "internal/near"},
		"haproxy":              {"events", "release"},
		"haproxy/haproxytest":  {"haproxy", "events", "release"},
		"launch/process":       {"events", "release"},
		"store/sqlite":         {"events", "release"},
		"daemon":               {"events", "release"},
		"daemon/daemontest":    {"daemon", "events", "release"},
		"internal/sim":         {"release"},
		"internal/config":      {"events", "release", "internal/near"},
		"internal/near":        {},
		"internal/client":      {"daemon", "events", "release"},
		"internal/lab":         {},
		"internal/lab/labtest": {"internal/lab"},
	}
}

// source is one parsed file.
type source struct {
	path string // relative to the root
	pkg  string // its directory
	test bool
	file *ast.File
	fset *token.FileSet
	size int
}

// sources parses every Go file of the repository.
func sources(t *testing.T) []source {
	t.Helper()
	var list []source
	require.NoError(t, filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != "." || d.Name() == "bin") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, text, parser.ParseComments)
		if err != nil {
			return err
		}
		list = append(list, source{path: path, pkg: filepath.ToSlash(filepath.Dir(path)), test: strings.HasSuffix(path, "_test.go"), file: file, fset: fset, size: strings.Count(string(text), "\n")})
		return nil
	}))
	require.Greater(t, len(list), 100, "the walk must find the repository")
	return list
}

func TestArrowsPointDown(t *testing.T) {
	allowed := arrows()
	seen := map[string]bool{}
	for _, s := range sources(t) {
		may, ruled := allowed[s.pkg]
		seen[s.pkg] = true
		if !ruled || s.test {
			continue
		}
		for _, spec := range s.file.Imports {
			path := strings.Trim(spec.Path.Value, `"`)
			if own, ours := strings.CutPrefix(path, module+"/"); ours {
				require.Contains(t, may, own, "%s imports %s: arrows point down only (docs/architecture.md)", s.path, own)
			}
			if s.pkg == "release" {
				require.Contains(t, []string{"fmt", "maps", "math", "slices", "strings", "time"}, path, "%s: the core has no I/O, clock, context or log", s.path)
			}
			if strings.HasPrefix(path, "github.com/nats-io") {
				require.Equal(t, "events/jetstream", s.pkg, "%s: events/jetstream is the only place that knows NATS", s.path)
			}
		}
	}
	for pkg := range allowed {
		require.True(t, seen[pkg], "%s is in the table of arrows and not in the tree", pkg)
	}
}

func TestTheCoreHasNoClock(t *testing.T) {
	for _, s := range sources(t) {
		if s.pkg != "release" || s.test {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" {
				require.NotContains(t, []string{"Now", "Since", "Until", "Sleep", "After", "NewTimer", "NewTicker", "Tick"}, sel.Sel.Name, "%s: time is an input", s.fset.Position(n.Pos()))
			}
			return true
		})
	}
}

func TestBudgets(t *testing.T) {
	for _, s := range sources(t) {
		if !s.test {
			require.LessOrEqual(t, s.size, maxFileLines, "%s has %d lines; split it by its nouns", s.path, s.size)
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				lines := s.fset.Position(n.End()).Line - s.fset.Position(n.Pos()).Line + 1
				if !s.test && n.Body != nil {
					require.LessOrEqual(t, lines, maxFunctionLines, "%s: %s has %d lines: it has two jobs", s.path, n.Name.Name, lines)
				}
				require.False(t, n.Recv == nil && n.Name.Name == "init", "%s: no init", s.path)
			case *ast.InterfaceType:
				require.LessOrEqual(t, len(n.Methods.List), maxMethods, "%s: an interface has at most %d methods", s.fset.Position(n.Pos()), maxMethods)
			}
			return true
		})
	}
}

// Sentinel errors, embedded files and "var _ Port = …" are values that never change; everything else at package level
// would be state that nobody owns.
func TestNoMutablePackageVariables(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || s.pkg == "internal/lab/labtest" { // one server per test binary needs one place
			continue
		}
		for _, decl := range s.file.Decls {
			gen, ok := decl.(*ast.GenDecl)
			if !ok || gen.Tok != token.VAR {
				continue
			}
			for _, spec := range gen.Specs {
				value := spec.(*ast.ValueSpec)
				for _, name := range value.Names {
					require.True(t, constant(gen, value, name.Name), "%s: package variable %s; make it a constant, a function or a field", s.fset.Position(name.Pos()), name.Name)
				}
			}
		}
	}
}

// constant reports whether a package variable is a value that is never assigned again by its nature.
func constant(gen *ast.GenDecl, value *ast.ValueSpec, name string) bool {
	if name == "_" || strings.HasPrefix(name, "Err") || strings.HasPrefix(name, "err") || embedded(gen.Doc) || embedded(value.Doc) {
		return true
	}
	if name == "rules" { // the table of release/step.go: it is the core
		return true
	}
	for _, v := range value.Values {
		call, ok := v.(*ast.CallExpr)
		if !ok {
			return false
		}
		sel, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || sel.Sel.Name != "MustCompile" {
			return false
		}
	}
	return len(value.Values) > 0
}

func embedded(doc *ast.CommentGroup) bool {
	return doc != nil && slices.ContainsFunc(doc.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed") })
}

func TestEverythingExportedIsDocumented(t *testing.T) {
	documented := map[string]bool{}
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		documented[s.pkg] = documented[s.pkg] || s.file.Doc != nil
		for _, decl := range s.file.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && (d.Recv == nil || exportedReceiver(d)) {
					require.NotNil(t, d.Doc, "%s: %s has no doc comment", s.fset.Position(d.Pos()), d.Name.Name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if ts, ok := spec.(*ast.TypeSpec); ok && ts.Name.IsExported() {
						require.True(t, d.Doc != nil || ts.Doc != nil, "%s: type %s has no doc comment", s.fset.Position(ts.Pos()), ts.Name.Name)
					}
				}
			}
		}
	}
	for pkg, yes := range documented {
		require.True(t, yes, "package %s has no package comment: what it knows, what it refuses to know", pkg)
	}
}

func exportedReceiver(d *ast.FuncDecl) bool {
	expr := d.Recv.List[0].Type
	if star, ok := expr.(*ast.StarExpr); ok {
		expr = star.X
	}
	if index, ok := expr.(*ast.IndexExpr); ok {
		expr = index.X
	}
	name, ok := expr.(*ast.Ident)
	return ok && name.IsExported()
}

func TestNamesOfPackages(t *testing.T) {
	for _, s := range sources(t) {
		base := filepath.Base(s.pkg)
		require.NotContains(t, []string{"util", "utils", "common", "pkg", "helpers", "misc", "models"}, base, s.path)
	}
}

// A sleep in a test is a guess about somebody else's speed. The one exception moves the fake clock of a synctest bubble and
// panics outside one.
func TestNoSleepInTests(t *testing.T) {
	for _, s := range sources(t) {
		if !s.test && !strings.HasPrefix(s.pkg, "daemon/daemontest") || s.path == filepath.Join("daemon", "bubble_test.go") {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok && sel.Sel.Name == "Sleep" {
				if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" {
					require.Fail(t, "time.Sleep in a test", "%s: wait for a condition", s.fset.Position(n.Pos()))
				}
			}
			return true
		})
	}
}

func TestGofmt(t *testing.T) {
	out, err := exec.Command("gofmt", "-l", ".").CombinedOutput()
	require.NoError(t, err, string(out))
	require.Empty(t, string(out), "run gofmt -w on these")
}
