package teal_test

import (
	"go/ast"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"teal.dev/teal/haproxy"
	"teal.dev/teal/release"
)

// pages reads every Markdown file of the repository.
func pages(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	require.NoError(t, filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != "." {
			return filepath.SkipDir
		}
		if filepath.Ext(path) == ".md" {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			found[path] = string(text)
		}
		return nil
	}))
	require.Contains(t, found, "README.md")
	require.Greater(t, len(found), 10)
	return found
}

// text is a string literal's value, or "".
func text(e ast.Expr) string {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return ""
	}
	s, _ := strconv.Unquote(lit.Value)
	return s
}

// isName reports whether an expression is an identifier or selector that ends in name.
func isName(e ast.Expr, names ...string) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return slices.Contains(names, e.Name)
	case *ast.SelectorExpr:
		return slices.Contains(names, e.Sel.Name)
	}
	return false
}

// holdCodes collects from the source every code under which an app can be held: what the core holds by itself, what an
// adapter reports as unproven, what the schema holds for, and what stops a contract for good.
func holdCodes(t *testing.T) map[string]string {
	t.Helper()
	codes := map[string]string{}
	for _, s := range sources(t) {
		if s.test || strings.Contains(s.pkg, "test") || s.pkg == "internal/sim" {
			continue
		}
		found := func(code string, n ast.Node) {
			if code != "" {
				codes[code] = s.fset.Position(n.Pos()).String()
			}
		}
		contract := s.pkg == "migrate/postgres"
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				switch {
				case s.pkg == "release" && isName(n.Fun, "hold") && len(n.Args) == 2:
					found(text(n.Args[0]), n)
				case isName(n.Fun, "fault", "refuse") && len(n.Args) > 1 && (isName(n.Args[0], "Unproven") || contract && isName(n.Args[0], "Permanent")):
					found(text(n.Args[1]), n)
				case isName(n.Fun, "refuse") && len(n.Args) > 2 && isName(n.Args[1], "Unproven"):
					found(text(n.Args[2]), n)
				}
			case *ast.CompositeLit:
				if isName(n.Type, "Fault") {
					found(unprovenCode(n), n)
				}
			case *ast.AssignStmt:
				if isName(n.Lhs[0], "Hold") {
					found(text(n.Rhs[0]), n)
				}
			case *ast.FuncDecl: // differs(…) (code, why string) in migrate/postgres
				if contract && n.Type.Results != nil && len(n.Type.Results.List[0].Names) > 0 && n.Type.Results.List[0].Names[0].Name == "code" {
					ast.Inspect(n, func(m ast.Node) bool {
						if r, ok := m.(*ast.ReturnStmt); ok && len(r.Results) > 0 {
							found(text(r.Results[0]), r)
						}
						return true
					})
				}
			case *ast.ValueSpec: // the codes of plan problems
				if s.pkg == "migrate" && n.Type != nil && isName(n.Type, "Code") {
					found(text(n.Values[0]), n)
				}
			}
			return true
		})
	}
	return codes
}

// unprovenCode is the code of a Fault{Class: Unproven, Code: "…"} literal.
func unprovenCode(lit *ast.CompositeLit) (code string) {
	unproven := false
	for _, e := range lit.Elts {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		unproven = unproven || isName(kv.Key, "Class") && isName(kv.Value, "Unproven")
		if isName(kv.Key, "Code") {
			code = text(kv.Value)
		}
	}
	if !unproven {
		return ""
	}
	return code
}

func TestTheRunbookHasAnEntryForEveryHold(t *testing.T) {
	codes := holdCodes(t)
	for _, known := range []string{"by_hand", "foreign_rev", "copied_database", "dirty", "migration_failed", "unknown_history", "checksum", "panic", "store_damaged"} {
		require.Contains(t, codes, known, "the walk over the source must find the codes that are known to be there")
	}
	runbook, err := os.ReadFile("docs/runbook.md")
	require.NoError(t, err)
	entries := map[string]bool{}
	for _, heading := range regexp.MustCompile("(?m)^### (.*)$").FindAllStringSubmatch(string(runbook), -1) {
		for _, code := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(heading[1], -1) {
			require.False(t, entries[code[1]], "the runbook has two entries for %s", code[1])
			entries[code[1]] = true
		}
	}
	for code, where := range codes {
		require.True(t, entries[code], "docs/runbook.md needs an entry ### `%s` (%s): what it means at night, what to look at, which command goes on", code, where)
	}
	for entry := range entries {
		require.Contains(t, codes, entry, "docs/runbook.md has an entry for %s, and nothing in the source holds under it", entry)
	}
}

// anchor is a heading as GitHub links it.
func anchor(heading string) string {
	heading = strings.ToLower(strings.TrimSpace(heading))
	heading = regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(heading, "")
	return strings.ReplaceAll(heading, " ", "-")
}

func TestEveryRelativeLinkResolves(t *testing.T) {
	all := pages(t)
	links := 0
	for page, body := range all {
		body = regexp.MustCompile("(?s)```.*?```").ReplaceAllString(body, "")
		for _, m := range regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(body, -1) {
			target, fragment, _ := strings.Cut(m[1], "#")
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			links++
			file := page
			if target != "" {
				file = filepath.Join(filepath.Dir(page), target)
				_, err := os.Stat(file)
				require.NoError(t, err, "%s links to %s", page, m[1])
			}
			if fragment == "" || filepath.Ext(file) != ".md" {
				continue
			}
			var anchors []string
			for _, h := range regexp.MustCompile("(?m)^#+ (.*)$").FindAllStringSubmatch(all[file], -1) {
				anchors = append(anchors, anchor(h[1]))
			}
			require.Contains(t, anchors, fragment, "%s links to %s", page, m[1])
		}
	}
	require.Greater(t, links, 20, "the walk must find the links")
}

// yamlKeys collects the keys of the config files from the structs that read them.
func yamlKeys(t *testing.T) []string {
	t.Helper()
	var keys []string
	for _, s := range sources(t) {
		if s.test || s.pkg != "internal/config" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if f, ok := n.(*ast.Field); ok && f.Tag != nil {
				if key := reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("yaml"); key != "" {
					name, _, _ := strings.Cut(key, ",")
					keys = append(keys, name)
				}
			}
			return true
		})
	}
	return keys
}

func TestEveryConfigKeyIsDocumented(t *testing.T) {
	page, err := os.ReadFile("docs/config.md")
	require.NoError(t, err)
	keys := yamlKeys(t)
	require.Contains(t, keys, "max_errors")
	for _, key := range keys {
		require.Regexp(t, `\b`+regexp.QuoteMeta(key)+`\b`, string(page), "docs/config.md does not name the key %s", key)
	}
}

// constants collects the string constants of a type, or with a prefix, in a package.
func constants(t *testing.T, pkg string, wanted func(name, kind string) bool) []string {
	t.Helper()
	var values []string
	for _, s := range sources(t) {
		if s.pkg != pkg || s.test {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			v, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			kind := ""
			if id, ok := v.Type.(*ast.Ident); ok {
				kind = id.Name
			}
			for i, name := range v.Names {
				if i < len(v.Values) && wanted(name.Name, kind) && text(v.Values[i]) != "" {
					values = append(values, text(v.Values[i]))
				}
			}
			return true
		})
	}
	return values
}

func TestEventsArePublishedAsDocumented(t *testing.T) {
	page, err := os.ReadFile("docs/events.md")
	require.NoError(t, err)
	rejections := constants(t, "events", func(_, kind string) bool { return kind == "Code" })
	require.Contains(t, rejections, "bad_signature")
	outcomes := constants(t, "release", func(name, _ string) bool { return strings.HasPrefix(name, "Out") })
	require.Contains(t, outcomes, "rolled_back")
	for _, word := range append(rejections, outcomes...) {
		require.Contains(t, string(page), "`"+word+"`", "docs/events.md does not explain %s", word)
	}

	// The permissions that the page recommends are those that a test runs a server with.
	test, err := os.ReadFile("events/jetstream/permissions_test.go")
	require.NoError(t, err)
	subjects := regexp.MustCompile(`"([$_]?[A-Za-z_]+\.[^"\s%/:]+)"`)
	_, guarded, found := strings.Cut(string(test), "const guarded")
	require.True(t, found)
	guarded, _, _ = strings.Cut(guarded, "] }`")
	tested := subjects.FindAllStringSubmatch(guarded, -1)
	require.Greater(t, len(tested), 8)
	for _, m := range tested {
		require.Contains(t, string(page), m[0], "docs/events.md lacks a permission of the tested server")
	}
}

func TestTheComposeFileHoldsTealsOwnConfiguration(t *testing.T) {
	raw, err := os.ReadFile("docker-compose.yml")
	require.NoError(t, err)
	var compose struct {
		Services map[string]struct{ Image string }
		Configs  map[string]struct{ Content string }
	}
	require.NoError(t, yaml.Unmarshal(raw, &compose))
	require.Len(t, compose.Services, 3)
	want := haproxy.Example(haproxy.ExampleConfig{Socket: "/run/haproxy/admin.sock", Bind: map[string]string{"shop": "127.0.0.1:8080"},
		Apps: []haproxy.App{{Name: "shop", MapName: "/run/haproxy/shop.map", Slots: map[release.Slot]string{release.A: "127.0.0.1:5000", release.B: "127.0.0.1:5001"}}}})
	require.Equal(t, strings.TrimSpace(want), strings.TrimSpace(compose.Configs["haproxy"].Content), "docker-compose.yml: take over what teal prints")

	file := filepath.Join(t.TempDir(), "nats.conf")
	require.NoError(t, os.WriteFile(file, []byte(compose.Configs["nats"].Content), 0o600))
	options, err := natsserver.ProcessConfigFile(file)
	require.NoError(t, err)
	require.True(t, options.JetStream)
	require.True(t, options.SyncAlways, "what is acknowledged is on disk")
}
