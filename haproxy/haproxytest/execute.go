package haproxytest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

const header = "# pxname,svname,scur,stot,econ,status,type,check_status,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,addr,\n"

// execute runs a line of commands on a worker; every answer ends in an empty line, as the real ones do.
func (f *Fake) execute(w *worker, line string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var b strings.Builder
	for one := range strings.SplitSeq(strings.TrimSpace(line), ";") {
		one = strings.TrimSpace(one)
		f.commands = append(f.commands, one)
		b.WriteString(f.one(w, strings.Fields(one)) + "\n")
	}
	return b.String()
}

func (f *Fake) one(w *worker, word []string) string {
	if len(word) < 2 {
		return "Unknown command, but maybe one of the following ones is a better match:\n  help [<command>]\n"
	}
	verb, rest := word[0]+" "+word[1], word[2:]
	switch verb {
	case "show info":
		return f.info(w)
	case "show stat":
		return f.stat(rest)
	case "show map", "prepare map", "add map", "commit map":
		return f.maps(w, verb, rest)
	}
	return "Unknown command, but maybe one of the following ones is a better match:\n  help [<command>]\n"
}

func (f *Fake) info(w *worker) string {
	stopping := 0
	if slices.Contains(f.old, w) {
		stopping = 1
	}
	return fmt.Sprintf("Name: HAProxy\nVersion: 2.6.12-1+deb12u4\nPid: %d\nUptime_sec: 3\nStopping: %d\nStart_time_sec: 1795407966\nTainted: 0\n", w.pid, stopping)
}

func (f *Fake) stat(arg []string) string {
	if len(arg) == 0 {
		return header
	}
	b, ok := f.backends[arg[0]]
	if !ok {
		return "No such proxy.\n"
	}
	out := header + fmt.Sprintf("%s,s1,%d,%d,%d,%s,2,L7OK,0,%d,0,0,%d,0,127.0.0.1:5000,\n",
		arg[0], b.Sessions, b.Responses+b.Failures+b.Unconnected, b.Unconnected, b.Status, b.Responses, b.Failures)
	if len(arg) > 1 && (arg[1] == "6" || arg[1] == "-1") {
		all := b.Failures + b.Own
		out += fmt.Sprintf("%s,BACKEND,%d,%d,%d,%s,1,,0,%d,0,0,%d,0,,\n",
			arg[0], b.Sessions, b.Responses+all, b.Unconnected, b.Status, b.Responses, all)
	}
	return out
}

// maps has the rules of pattern references: prepare counts up, add takes any version that was prepared, commit takes one
// above the current and not above the last prepared, and removes all that is not of it or later.
func (f *Fake) maps(w *worker, verb string, arg []string) string {
	if verb == "show map" && len(arg) == 0 {
		return fmt.Sprintf("# id (file) description\n0 (%s) pattern loaded from file '%s' used by map at file 'h.cfg' line 20. curr_ver=%d next_ver=%d entry_cnt=%d\n",
			f.name, f.name, w.curr, w.next, len(w.entries))
	}
	version, given := w.curr, false
	if len(arg) > 0 && strings.HasPrefix(arg[0], "@") {
		v, err := strconv.ParseUint(arg[0][1:], 10, 64)
		if err != nil {
			return "Invalid version number.\n"
		}
		version, given, arg = v, true, arg[1:]
	}
	if len(arg) == 0 || arg[0] != f.name {
		return "Unknown map identifier. Please use #<id> or <file>.\n"
	}
	switch {
	case verb == "show map":
		var b strings.Builder
		for _, e := range w.entries {
			if e.version == version {
				fmt.Fprintf(&b, "0x55d0d0e103c0 %s %s\n", e.key, e.value)
			}
		}
		return b.String()
	case verb == "prepare map":
		w.next++
		return fmt.Sprintf("New version created: %d\n", w.next)
	case verb == "add map":
		if len(arg) != 3 {
			return "'add map' expects three parameters (map identifier, key and value) or one parameter (map identifier) and a payload.\n"
		}
		if version > w.next {
			return "Version number in the future, please use 'prepare map' before.\n"
		}
		w.entries = append(w.entries, entry{version: version, key: arg[1], value: arg[2]})
	case !given:
		return "Missing version number.\n"
	case version <= w.curr || version > w.next:
		return "Version number out of range.\n"
	default:
		w.curr = version
		w.entries = slices.DeleteFunc(w.entries, func(e entry) bool { return e.version < version })
	}
	return ""
}
