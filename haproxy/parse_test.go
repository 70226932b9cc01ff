package haproxy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/release"
)

// recorded is what HAProxy 2.6.12 really said.
func recorded(t testing.TB, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "testdata", "haproxy", name+"-2.6.12.txt"))
	require.NoError(t, err)
	return string(raw)
}

// one is the only section of a recorded answer.
func one(t testing.TB, name string) string {
	t.Helper()
	text, ok := sections(recorded(t, name), 1)
	require.True(t, ok)
	return text[0]
}

func TestParseRecorded(t *testing.T) {
	info, err := parseInfo(one(t, "show_info"))
	require.NoError(t, err)
	require.Equal(t, "2.6.12-1+deb12u4", info.Version)
	require.Positive(t, info.Pid)
	require.Positive(t, info.Start)
	require.False(t, info.Stopping)

	maps, err := parseMaps(one(t, "show_map"))
	require.NoError(t, err)
	require.Equal(t, []Map{{Name: "/maps/shop.map"}}, maps)

	// prepare; add; show @1; commit; show; commit again; show info
	text, ok := sections(recorded(t, "switch"), 7)
	require.True(t, ok)
	v, err := parsePrepared(text[0])
	require.NoError(t, err)
	require.EqualValues(t, 1, v)
	n := NewNode(NodeConfig{Name: "lb1"})
	require.NoError(t, n.refused("add map", text[1]))
	for _, i := range []int{2, 4} {
		require.NoError(t, n.holds(text[i], route(release.A, 7)))
		require.Error(t, n.holds(text[i], route(release.B, 7)))
	}
	require.NoError(t, n.refused("commit map", text[3]))
	require.ErrorIs(t, n.refused("commit map", text[5]), errVersion)
	require.ErrorIs(t, n.refused("add map", one(t, "version_in_the_future")), errVersion)
	for name, code := range map[string]string{"unknown_map": "map_unknown", "unknown_command": "haproxy_too_old"} {
		var fault *release.Fault
		require.ErrorAs(t, n.refused("x", one(t, name)), &fault)
		require.Equal(t, code, fault.Code)
	}

	rows, missing, err := parseStat(one(t, "show_stat"))
	require.NoError(t, err)
	require.False(t, missing)
	require.Len(t, rows, 2)
	require.Equal(t, "s1", rows[0].Server)
	require.Equal(t, "127.0.0.1:15000", rows[0].Address)
	_, missing, err = parseStat(one(t, "show_stat_missing"))
	require.NoError(t, err)
	require.True(t, missing)

	list, err := parseProc(recorded(t, "show_proc"))
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.False(t, list[0].Old)
	require.True(t, list[1].Old)
	require.True(t, strings.HasPrefix(recorded(t, "gone_worker"), "Can't find the target PID"))
}

// Every proper prefix of an answer is incomplete.
func TestPrefixesAreIncomplete(t *testing.T) {
	whole := recorded(t, "switch")
	for i := range whole {
		text, ok := sections(whole[:i], 7)
		if ok {
			_, err := parseInfo(text[6])
			require.Error(t, err, "%d of %d bytes passed for the whole", i, len(whole))
		}
	}
	proc := recorded(t, "show_proc")
	for i := range proc {
		_, err := parseProc(proc[:i])
		require.Error(t, err)
	}
}

func TestVersions(t *testing.T) {
	for version, want := range map[string]bool{"2.6.12-1+deb12u4": true, "2.4.0": true, "2.3.9": false, "3.0-dev1": true, "1.9": false, "": false, "x.y": false, "10.0": true, "2": false} {
		require.Equal(t, want, Info{Version: version}.AtLeast(2, 4), version)
	}
}

func TestParseValue(t *testing.T) {
	r, ok := ParseValue("shop", "a:b:10:41")
	require.True(t, ok)
	require.Equal(t, release.Route{App: "shop", Live: release.A, Candidate: release.B, Percent: 10, Rev: 41}, r)
	for _, bad := range []string{"", "a", "a:a:0", "a:a:0:1:2", "c:a:0:1", "a::0:1", "a:a:101:1", "a:a:-1:1", "a:a:00:1", "a:a:0:01", "a:a:0:+1", "a:a:0:1 ", "green:blue:0:1", "a:a:0:18446744073709551616"} {
		_, ok := ParseValue("shop", bad)
		require.False(t, ok, bad)
	}
}

func FuzzValue(f *testing.F) {
	f.Add("a:b:10:41")
	f.Add("a:a:0:7")
	f.Fuzz(func(t *testing.T, value string) {
		if r, ok := ParseValue("shop", value); ok && Value(r) != value {
			t.Fatalf("%q is read as %q", value, Value(r))
		}
	})
}

func FuzzAnswers(f *testing.F) {
	for _, name := range []string{"show_info", "show_map", "switch", "show_stat", "show_proc", "gone_worker", "unknown_command"} {
		f.Add(recorded(f, name), 1)
	}
	f.Add(recorded(f, "switch"), 7)
	f.Fuzz(func(t *testing.T, raw string, want int) {
		if text, ok := sections(raw, want); ok {
			if len(text) != want {
				t.Fatal("a wrong number of sections is complete")
			}
			if again := strings.Join(text, "\x00"); strings.Contains(again, "\n\n") {
				t.Fatalf("a section holds an empty line: %q", again)
			}
			for _, section := range text {
				parseAll(t, section)
			}
		}
		parseAll(t, raw)
		if list, err := parseProc(raw); err == nil {
			for _, p := range list {
				if p.Pid <= 0 {
					t.Fatal("a process without an id")
				}
			}
		}
	})
}

func parseAll(t *testing.T, text string) {
	if info, err := parseInfo(text); err == nil {
		info.AtLeast(2, 4)
	}
	if dump, err := parseDump(text); err == nil {
		for _, p := range dump {
			if p.Key == "" || strings.Contains(p.Value, "\n") {
				t.Fatalf("not a line: %+v", p)
			}
		}
	}
	_, _ = parseMaps(text) // it must not panic
	_, _ = parsePrepared(text)
	if rows, _, err := parseStat(text); err == nil {
		if s, ok := server(rows, true); ok && s.Up == release.Yes && s.Status != "UP" {
			t.Fatalf("%q is up", s.Status)
		}
	}
}

func FuzzWord(f *testing.F) {
	f.Add("shop")
	f.Add("shop; set map x")
	f.Fuzz(func(t *testing.T, word string) {
		line, err := command("show", "map", word)
		if err == nil && (strings.ContainsAny(word, "; \n\r\t\\\"'<#@!") && !strings.Contains(word, "@") || len(strings.Fields(line)) != 3) {
			t.Fatalf("%q passed", line)
		}
	})
}

// TestCheckUnderWay: the word of the last check stands while the next one is under way, without the code, which is that one's.
func TestCheckUnderWay(t *testing.T) {
	for want, row := range map[string]Row{"L7STS 404": {Check: "L7STS", Code: "404"}, "L7STS": {Check: "* L7STS", Code: "0"}, "L4CON": {Check: "L4CON"}, "L4TOUT": {Check: "* L4TOUT", Code: "0"}, "": {}} {
		require.Equal(t, want, row.checked())
	}
}
