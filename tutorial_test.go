package teal_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/internal/lab"
)

// command is one command of the tutorial: those of a sh block have to succeed, those of a console block have to print
// what the page shows too.
type command struct {
	line int
	run  string
	want []string // nil = not looked at; "…" stands for what differs from day to day
}

// tutorial reads the page's commands.
func tutorial(t *testing.T, page string) []command {
	t.Helper()
	var list []command
	language, start := "", 0
	var block []string
	for i, line := range strings.Split(page, "\n") {
		fence, isFence := strings.CutPrefix(line, "```")
		switch {
		case !isFence:
			block = append(block, line)
			continue
		case language == "" && start == 0:
			language, start, block = fence, i+2, nil
			continue
		case language == "sh":
			list = append(list, command{line: start, run: strings.Join(block, "\n")})
		case language == "console":
			list = append(list, console(t, start, block)...)
		}
		language, start, block = "", 0, nil
	}
	return list
}

// console cuts a block into commands ("$ …") and what each prints.
func console(t *testing.T, start int, block []string) []command {
	t.Helper()
	var list []command
	for i, line := range block {
		if run, isCommand := strings.CutPrefix(line, "$ "); isCommand {
			list = append(list, command{line: start + i, run: run, want: []string{}})
			continue
		}
		require.NotEmpty(t, list, "line %d: a console block begins with a command", start+i)
		last := &list[len(list)-1]
		last.want = append(last.want, line)
	}
	return list
}

// pattern makes a pattern of what the page shows.
func pattern(want []string) *regexp.Regexp {
	lines := make([]string, len(want))
	for i, line := range want {
		lines[i] = strings.ReplaceAll(regexp.QuoteMeta(strings.TrimRight(line, " ")), "…", ".*") + ` *`
	}
	return regexp.MustCompile(`^` + strings.TrimRight(strings.Join(lines, "\n"), "\n") + `\s*$`)
}

// own lists the processes that work in dir or were started with a path in it.
func own(dir string) []int {
	var pids []int
	found, _ := filepath.Glob("/proc/[0-9]*")
	for _, proc := range found {
		pid, err := strconv.Atoi(filepath.Base(proc))
		if err != nil || pid == os.Getpid() {
			continue
		}
		line, _ := os.ReadFile(filepath.Join(proc, "cmdline"))
		cwd, _ := os.Readlink(filepath.Join(proc, "cwd"))
		if strings.Contains(string(line), dir) || strings.HasPrefix(cwd, dir) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// workshop is a private folder with teal in its path, on ports of its own.
func workshop(t *testing.T) (dir string, substitute func(string) string) {
	t.Helper()
	for program, install := range map[string]string{"haproxy": "haproxy", "curl": "curl", "bash": "bash"} {
		_, err := exec.LookPath(program)
		require.NoError(t, err, "run: apt-get install -y %s", install)
	}
	require.NoError(t, exec.Command("/usr/bin/python3", "-c", "import flask").Run(), "Debian's Flask is missing; run: apt-get install -y python3-flask")
	dir, err := os.MkdirTemp("", "tealtut") // short: a unix socket's name has little room
	require.NoError(t, err)
	t.Cleanup(func() {
		for _, pid := range own(dir) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		require.NoError(t, os.RemoveAll(dir))
	})
	out, err := exec.Command("go", "build", "-o", filepath.Join(dir, "bin", "teal"), "./cmd/teal").CombinedOutput()
	require.NoError(t, err, string(out))
	ports := map[string]string{}
	for _, port := range []string{"5000", "5001", "8080", "4222", "7433"} {
		for ports[port] == "" || taken(ports, port) {
			ports[port] = strconv.Itoa(lab.FreePort())
		}
	}
	return dir, func(text string) string {
		return regexp.MustCompile(`\b(5000|5001|8080|4222|7433)\b`).ReplaceAllStringFunc(text, func(port string) string { return ports[port] })
	}
}

func taken(ports map[string]string, port string) bool {
	for other, number := range ports {
		if other != port && number == ports[port] {
			return true
		}
	}
	return false
}

func TestTheTutorial(t *testing.T) {
	if testing.Short() { // make short has no servers by its own word; make test runs it
		t.Skip("it starts servers")
	}
	page, err := os.ReadFile("docs/tutorial.md")
	require.NoError(t, err)
	dir, substitute := workshop(t)
	commands := tutorial(t, substitute(string(page)))
	require.Greater(t, len(commands), 20, "the page has lost its commands")

	var script strings.Builder
	script.WriteString("set -e\n")
	for i, c := range commands {
		fmt.Fprintf(&script, "echo '@@%d@@'\n%s\n", i, c.run)
	}
	script.WriteString("echo '@@end@@'\n")
	said := play(t, dir, script.String())

	for i, c := range commands {
		_, rest, began := strings.Cut(said, fmt.Sprintf("@@%d@@\n", i))
		require.True(t, began, "docs/tutorial.md:%d was not reached; the script said:\n%s", c.line, said)
		got, _, ended := strings.Cut(rest, "@@")
		require.True(t, ended, "docs/tutorial.md:%d: %s failed:\n%s", c.line, c.run, rest)
		got = regexp.MustCompile(`(?m)^warning: .* launch\.process in a container: .*\n`).ReplaceAllString(got, "") // who reads on a host sees none
		if c.want != nil {
			require.Regexp(t, pattern(c.want), got, "docs/tutorial.md:%d: %s", c.line, c.run)
		}
	}
	require.Eventually(t, func() bool { return len(own(dir)) == 0 }, 20*time.Second, 50*time.Millisecond, "the tutorial leaves something behind")
}

// play runs the script in dir and returns what it said. The output is a file: what the script leaves running would keep
// a pipe open.
func play(t *testing.T, dir, script string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	out, err := os.Create(filepath.Join(dir, "said"))
	require.NoError(t, err)
	defer out.Close()
	bash := exec.CommandContext(ctx, "bash", "-c", script)
	bash.Dir, bash.Stdout, bash.Stderr = dir, out, out
	bash.Env = append(os.Environ(), "PATH="+filepath.Join(dir, "bin")+":"+os.Getenv("PATH"))
	failure := bash.Run()
	said, err := os.ReadFile(out.Name())
	require.NoError(t, err)
	if failure != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "teal.log"))
		t.Logf("teal.log:\n%s", log)
		t.Logf("the script ended with %v", failure)
	}
	return string(said)
}

func TestTheTutorialShowsItsFiles(t *testing.T) {
	page, err := os.ReadFile("docs/tutorial.md")
	require.NoError(t, err)
	for _, name := range []string{"app_v1.py", "app_v2.py"} {
		file, err := os.ReadFile(filepath.Join("testdata/tutorial", name))
		require.NoError(t, err)
		require.Contains(t, string(page), "cat > "+name+" <<'END'\n"+string(file)+"END\n", "docs/tutorial.md and testdata/tutorial/%s differ", name)
	}
}
