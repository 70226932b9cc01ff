package teal_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/events"
	"teal.dev/teal/internal/config"
)

// helper asks a teal that was built from this tree for the help of its commands.
type helper struct {
	program string
	known   map[string]string
}

func newHelper(t *testing.T) *helper {
	t.Helper()
	h := &helper{program: filepath.Join(t.TempDir(), "teal"), known: map[string]string{}}
	out, err := exec.Command("go", "build", "-o", h.program, "./cmd/teal").CombinedOutput()
	require.NoError(t, err, string(out))
	return h
}

// of is the help of a command; "" = there is no such command.
func (h *helper) of(words ...string) string {
	key := strings.Join(words, " ")
	if text, asked := h.known[key]; asked {
		return text
	}
	out, err := exec.Command(h.program, append(words, "--help")...).Output()
	text := string(out)
	if err != nil || !regexp.MustCompile(`(?m)^  teal `+regexp.QuoteMeta(key)+`( |$)`).MatchString(text) {
		text = ""
	}
	h.known[key] = text
	return text
}

// find is the help of the command that a line calls: the longest that exists of its first two words.
func (h *helper) find(words []string) string {
	plain := regexp.MustCompile(`^[a-z]+$`)
	if len(words) == 0 || !plain.MatchString(words[0]) {
		return ""
	}
	if len(words) > 1 && plain.MatchString(words[1]) {
		if text := h.of(words[0], words[1]); text != "" {
			return text
		}
	}
	return h.of(words[0])
}

// calls finds the command lines of teal in a page: in its blocks, and in inline code.
func calls(body string) []string {
	var found []string
	fenced := regexp.MustCompile("(?s)```.*?\n```")
	for _, block := range fenced.FindAllString(body, -1) {
		for _, m := range regexp.MustCompile(`(?m)^(?:\$ )?teal ([a-z].*)$`).FindAllStringSubmatch(block, -1) {
			found = append(found, m[1])
		}
	}
	for _, m := range regexp.MustCompile("`teal ([a-z][^`]*)`").FindAllStringSubmatch(fenced.ReplaceAllString(body, ""), -1) {
		found = append(found, m[1])
	}
	return found
}

const missing = "## What is not there yet"

func TestTheCommandsOfThePagesExist(t *testing.T) {
	h, seen := newHelper(t), 0
	for page, body := range pages(t) {
		if strings.HasPrefix(page, "testdata") || strings.HasPrefix(page, "docs/adr") {
			continue
		}
		if before, rest, found := strings.Cut(body, missing); found {
			_, after, _ := strings.Cut(rest, "\n## ")
			body = before + "\n## " + after
		}
		for _, call := range calls(body) {
			help := h.find(strings.Fields(call))
			require.NotEmpty(t, help, "%s: teal %s: there is no such command", page, call)
			seen++
			call, _, _ = strings.Cut(call, "|")
			for _, flag := range regexp.MustCompile(` (--[a-z-]+)`).FindAllStringSubmatch(call, -1) {
				require.Regexp(t, regexp.QuoteMeta(flag[1])+`\b`, help, "%s: teal %s: there is no such flag", page, call)
			}
		}
	}
	require.Greater(t, seen, 60, "the walk must find the commands")
}

// An honest list is honest in both directions: what has been built has to leave it.
func TestWhatIsNotThereYetIsNotThere(t *testing.T) {
	h := newHelper(t)
	_, rest, found := strings.Cut(pages(t)["README.md"], missing)
	require.True(t, found)
	list, _, _ := strings.Cut(rest, "\n## ")
	named := 0
	for _, m := range regexp.MustCompile("[Nn]o `teal ([^`]+)`").FindAllStringSubmatch(list, -1) {
		named++
		require.Empty(t, h.of(strings.Fields(m[1])...), "README.md says that there is no teal %s, and there is", m[1])
	}
	require.Greater(t, named, 2)
}

// first configs of the README are read by the daemon's own reader.
func TestTheConfigurationOfTheReadmeIsTaken(t *testing.T) {
	readme := pages(t)["README.md"]
	dir := t.TempDir()
	blocks := regexp.MustCompile("(?s)```yaml\n# ([a-z/.]+)\n(.*?)```").FindAllStringSubmatch(readme, -1)
	require.Len(t, blocks, 2)
	for _, b := range blocks {
		file := filepath.Join(dir, b[1])
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(b[2]), 0o600))
	}
	snapshot, err := config.Load(dir)
	require.NoError(t, err)
	require.Equal(t, []string{"shop"}, snapshot.AppNames())
}

func TestTheEventOfThePageIsRead(t *testing.T) {
	m := regexp.MustCompile("(?s)```json\n(.*?)```").FindStringSubmatch(pages(t)["docs/events.md"])
	require.NotNil(t, m)
	request, refused := events.Parse([]byte(m[1]))
	require.Nil(t, refused)
	require.Equal(t, "shop", request.Data.App)
}

func TestTheArchitectureNamesEveryPackage(t *testing.T) {
	page := pages(t)["docs/architecture.md"]
	_, house, found := strings.Cut(page, "## The house")
	require.True(t, found)
	house, _, _ = strings.Cut(house, "Arrows point down only")
	for _, s := range sources(t) {
		if s.pkg == "." || strings.HasPrefix(s.pkg, "testdata/") {
			continue
		}
		require.Regexp(t, `(?m)^`+regexp.QuoteMeta(s.pkg)+`/?( |$)`, house, "docs/architecture.md does not say what %s is for", s.pkg)
	}
}
