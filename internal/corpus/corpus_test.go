package corpus

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/internal/lab/labtest"
)

func TestMain(m *testing.M) { labtest.Main(m) }

// source is a module whose migrations we read from the module cache; nothing of it is compiled.
type source struct {
	name, module, sum, dir string
	files                  int
}

func sources() []source {
	return []source{
		{"coder", "github.com/coder/coder/v2@v2.27.0", "h1:61+0RUpmlNYsdOpgQLiUt8LSR5axNUFKqe3TasIxTLA=", "coderd/database/migrations", 376},
		{"mattermost", "github.com/mattermost/mattermost/server/v8@v8.0.0-20240520151130-4bdd8bb18e47", "h1:HAJ7UGlEltFZOjan7hOkX1I6q+73xel64ESSIlcCMDM=",
			"channels/db/migrations/postgres", 120},
	}
}

type file struct {
	name string
	path string
	body []byte
}

// load downloads a source, unless the cache has it, and reads its up files in the order of their numbers.
func load(t testing.TB, s source) []file {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "mod", "download", "-json", s.module).Output()
	require.NoError(t, err, "go mod download %s: %s", s.module, out)
	var got struct{ Dir, Sum string }
	require.NoError(t, json.Unmarshal(out, &got))
	require.Equal(t, s.sum, got.Sum, "the module is not the one that the figures are of")
	names, err := filepath.Glob(filepath.Join(got.Dir, s.dir, "*.up.sql"))
	require.NoError(t, err)
	slices.Sort(names)
	files := make([]file, len(names))
	for i, name := range names {
		body, err := os.ReadFile(name)
		require.NoError(t, err)
		files[i] = file{filepath.Base(name), name, body}
	}
	require.Len(t, files, s.files)
	return files
}
