package process

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// proc reads what Linux tells about processes.
type proc struct{ root string }

// process is one line of /proc/<pid>/stat, as far as it identifies.
type process struct {
	pid     int
	state   byte
	group   int
	session int
	started uint64 // clock ticks since the machine started: with pid and boot id it names a process for ever
}

// parseStat reads the line. The second field is the program's name, chosen by the program, and may hold anything.
func parseStat(line string) (process, error) {
	head, _, ok := strings.Cut(line, " (")
	end := strings.LastIndexByte(line, ')')
	if !ok || end < 0 {
		return process{}, notStat()
	}
	fields := strings.Fields(line[end+1:])
	if len(fields) < 20 || len(fields[0]) != 1 {
		return process{}, notStat()
	}
	pid, errPID := strconv.Atoi(head)
	group, errGroup := strconv.Atoi(fields[2])
	session, errSession := strconv.Atoi(fields[3])
	started, errStarted := strconv.ParseUint(fields[19], 10, 64)
	if errors.Join(errPID, errGroup, errSession, errStarted) != nil || pid <= 0 {
		return process{}, notStat()
	}
	return process{pid: pid, state: fields[0][0], group: group, session: session, started: started}, nil
}

func notStat() error { return errors.New("not the format of /proc/<pid>/stat") }

func (p proc) boot() (string, error) {
	id, err := os.ReadFile(filepath.Join(p.root, "sys/kernel/random/boot_id"))
	return strings.TrimSpace(string(id)), err
}

// look returns a process, zombies included.
func (p proc) look(pid int) (process, error) {
	line, err := os.ReadFile(filepath.Join(p.root, strconv.Itoa(pid), "stat"))
	if err != nil {
		return process{}, err
	}
	return parseStat(string(line))
}

// is tells whether pid is the process that began at started, leads a session as every process started by us does, and does
// not carry somebody else's token. (A program may overwrite its environment, to change its title; so a missing token
// proves nothing.)
func (p proc) is(pid int, started uint64, token string) bool {
	now, err := p.look(pid)
	if err != nil || now.started != started || now.session != pid || ended(now) {
		return false
	}
	other, found := p.token(pid)
	return !found || other == token
}

func ended(p process) bool { return p.state == 'Z' || p.state == 'X' || p.state == 'x' }

// token is the launch token in a process's environment.
func (p proc) token(pid int) (string, bool) {
	environ, err := os.ReadFile(filepath.Join(p.root, strconv.Itoa(pid), "environ"))
	if err != nil {
		return "", false
	}
	for entry := range bytes.SplitSeq(environ, []byte{0}) {
		if value, ok := bytes.CutPrefix(entry, []byte(tokenName+"=")); ok {
			return string(value), true
		}
	}
	return "", false
}

// members lists the live processes that carry the token: what was started under it, and all their descendants.
func (p proc) members(token string) ([]process, error) {
	entries, err := os.ReadDir(p.root)
	if err != nil {
		return nil, fmt.Errorf("look for processes: %w", err)
	}
	var found []process
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		if has, ok := p.token(pid); !ok || has != token {
			continue
		}
		one, err := p.look(pid)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
			continue // it ended between the two looks
		}
		if err != nil {
			return nil, fmt.Errorf("look at process %d: %w", pid, err)
		}
		if !ended(one) {
			found = append(found, one)
		}
	}
	return found, nil
}

// InContainer tells whether teal itself runs in a container, where the process launcher is no good in production: the end
// of teal is the end of the container and of every slot in it. The caller warns.
func InContainer() bool { return inContainer("/") }

func inContainer(root string) bool {
	for _, mark := range []string{".dockerenv", "run/.containerenv"} {
		if _, err := os.Stat(filepath.Join(root, mark)); err == nil {
			return true
		}
	}
	groups, err := os.ReadFile(filepath.Join(root, "proc/1/cgroup"))
	if err != nil {
		return false
	}
	for _, mark := range []string{"docker", "kubepods", "containerd", "libpod", "/lxc"} {
		if strings.Contains(string(groups), mark) {
			return true
		}
	}
	return false
}
