package haproxy

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Info is what teal needs of show info: which process answered, of which version, and whether it is on its way out.
type Info struct {
	Version  string
	Pid      int
	Start    int64 // Unix seconds
	Stopping bool
}

// Instance names the worker process; counters and map versions restart when it changes.
func (i Info) Instance() string { return strconv.Itoa(i.Pid) + "/" + strconv.FormatInt(i.Start, 10) }

// AtLeast reports whether the version is major.minor or later. An unreadable version is not.
func (i Info) AtLeast(major, minor int) bool {
	first, rest, _ := strings.Cut(i.Version, ".")
	m, err := strconv.Atoi(first)
	if err != nil {
		return false
	}
	end := 0
	for end < len(rest) && rest[end] >= '0' && rest[end] <= '9' {
		end++
	}
	n, err := strconv.Atoi(rest[:end])
	return err == nil && (m > major || m == major && n >= minor)
}

// sections splits the answer to a line of want commands: each answer ends in an empty line, and none holds one. Anything
// else than exactly want complete answers is not ok.
func sections(raw string, want int) (out []string, ok bool) {
	if !strings.HasSuffix(raw, "\n") {
		return nil, false
	}
	start := 0
	for at := 0; at < len(raw); {
		end := at + strings.IndexByte(raw[at:], '\n')
		if end == at {
			out = append(out, strings.TrimSuffix(raw[start:at], "\n"))
			start = end + 1
		}
		at = end + 1
	}
	return out, start == len(raw) && len(out) == want
}

// parseInfo reads the block of show info.
func parseInfo(text string) (Info, error) {
	var info Info
	var pid, stopping bool
	for line := range strings.SplitSeq(text, "\n") {
		key, value, ok := strings.Cut(line, ": ")
		if !ok {
			continue
		}
		var err error
		switch key {
		case "Version":
			info.Version = value
		case "Pid":
			info.Pid, err = strconv.Atoi(value)
			pid = true
		case "Start_time_sec":
			info.Start, err = strconv.ParseInt(value, 10, 64)
		case "Stopping":
			info.Stopping = value != "0"
			stopping = true
		}
		if err != nil {
			return Info{}, fmt.Errorf("show info: %s: %w", key, err)
		}
	}
	if !strings.HasPrefix(text, "Name: ") || !pid || !stopping {
		return Info{}, errors.New("the answer does not end in show info")
	}
	return info, nil
}

// Pair is one line of a map.
type Pair struct{ Key, Value string }

// parseDump reads show map <name>: "0x55d0 key value" per line.
func parseDump(text string) ([]Pair, error) {
	if text == "" {
		return nil, nil
	}
	var out []Pair
	for line := range strings.SplitSeq(text, "\n") {
		address, rest, ok := strings.Cut(line, " ")
		if !ok || !strings.HasPrefix(address, "0x") {
			return nil, fmt.Errorf("not a line of a map: %q", line)
		}
		key, value, _ := strings.Cut(rest, " ")
		if key == "" {
			return nil, fmt.Errorf("a line of a map without a key: %q", line)
		}
		out = append(out, Pair{Key: key, Value: value})
	}
	return out, nil
}

// Map is one line of show map: a map that HAProxy has loaded.
type Map struct {
	Name    string
	Current uint64
	Next    uint64
	Entries uint64
}

// parseMaps reads show map without an argument.
func parseMaps(text string) ([]Map, error) {
	var out []Map
	for line := range strings.SplitSeq(text, "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		_, rest, ok := strings.Cut(line, " (")
		name, rest, ok2 := strings.Cut(rest, ") ")
		if !ok || !ok2 {
			return nil, fmt.Errorf("not a line of show map: %q", line)
		}
		m := Map{Name: name}
		for word := range strings.FieldsSeq(rest) {
			key, value, ok := strings.Cut(word, "=")
			if !ok {
				continue
			}
			into := map[string]*uint64{"curr_ver": &m.Current, "next_ver": &m.Next, "entry_cnt": &m.Entries}[key]
			if into == nil {
				continue
			}
			number, err := strconv.ParseUint(value, 10, 64)
			if err != nil {
				return nil, fmt.Errorf("show map: %q: %w", word, err)
			}
			*into = number
		}
		out = append(out, m)
	}
	return out, nil
}

// parsePrepared reads the last answer of prepare map.
func parsePrepared(text string) (uint64, error) {
	number, ok := strings.CutPrefix(text, "New version created: ")
	if !ok {
		return 0, fmt.Errorf("not the answer of prepare map: %q", text)
	}
	return strconv.ParseUint(strings.TrimSpace(number), 10, 64)
}

// Process is one line of show proc on the master socket.
type Process struct {
	Pid int
	Old bool // it serves only the connections that it already has
}

// parseProc reads show proc. The master's own line and programs are left out.
func parseProc(raw string) ([]Process, error) {
	if !strings.HasPrefix(raw, "#<PID>") || !strings.HasSuffix(raw, "\n\n") || !strings.Contains(raw, "\n# workers") {
		return nil, errIncomplete
	}
	var out []Process
	old := false
	for line := range strings.SplitSeq(raw, "\n") {
		if strings.HasPrefix(line, "#") {
			old = strings.HasPrefix(line, "# old workers")
			continue
		}
		field := strings.Fields(line)
		if len(field) < 2 || field[1] != "worker" {
			continue
		}
		pid, err := strconv.Atoi(field[0])
		if err != nil || pid <= 0 {
			return nil, fmt.Errorf("not a line of show proc: %q", line)
		}
		out = append(out, Process{Pid: pid, Old: old})
	}
	return out, nil
}
