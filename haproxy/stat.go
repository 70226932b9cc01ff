package haproxy

import (
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"

	"teal.dev/teal/release"
)

// Row is one line of show stat, found by the names in its header.
type Row struct {
	Proxy, Server string
	Type          string // "2" is a server, "1" its back-end
	Status        string
	Check         string // check_status, e.g. L7OK; "" when the server is not checked
	Code          string // check_code, the status of the last answer to a check in layers 5 to 7, e.g. 204; else ""
	Address       string // only at level operator and above
	Sessions      uint64
	Total         uint64 // sessions that the server was given
	Responses     uint64 // all classes together; 0 in tcp mode
	Failures      uint64 // 5xx among them
	Unconnected   uint64
}

// parseStat reads the CSV of show stat. A proxy that does not exist gives no rows and missing = true.
func parseStat(text string) (rows []Row, missing bool, err error) {
	if strings.HasPrefix(text, "No such proxy") {
		return nil, true, nil
	}
	body, ok := strings.CutPrefix(text, "# ")
	if !ok {
		return nil, false, fmt.Errorf("not the answer of show stat: %.40q", text)
	}
	reader := csv.NewReader(strings.NewReader(body))
	reader.FieldsPerRecord = -1
	lines, err := reader.ReadAll()
	if err != nil {
		return nil, false, fmt.Errorf("show stat: %w", err)
	}
	if len(lines) == 0 {
		return nil, false, errIncomplete
	}
	column := make(map[string]int, len(lines[0]))
	for i, name := range lines[0] {
		column[name] = i
	}
	for _, need := range []string{"pxname", "svname", "status", "type"} {
		if _, ok := column[need]; !ok {
			return nil, false, fmt.Errorf("show stat has no column %q", need)
		}
	}
	for _, line := range lines[1:] {
		row, err := readRow(column, line)
		if err != nil {
			return nil, false, err
		}
		rows = append(rows, row)
	}
	return rows, false, nil
}

func readRow(column map[string]int, line []string) (Row, error) {
	var bad error
	text := func(name string) string {
		if i, ok := column[name]; ok && i < len(line) {
			return line[i]
		}
		return ""
	}
	number := func(name string) uint64 {
		value := text(name)
		if value == "" {
			return 0
		}
		n, err := strconv.ParseUint(value, 10, 64)
		if err != nil {
			bad = fmt.Errorf("show stat: column %s: %w", name, err)
		}
		return n
	}
	row := Row{Proxy: text("pxname"), Server: text("svname"), Type: text("type"), Status: text("status"),
		Check: text("check_status"), Code: text("check_code"), Address: text("addr"),
		Sessions: number("scur"), Total: number("stot"), Failures: number("hrsp_5xx"), Unconnected: number("econ")}
	for _, class := range []string{"hrsp_1xx", "hrsp_2xx", "hrsp_3xx", "hrsp_4xx", "hrsp_5xx", "hrsp_other"} {
		row.Responses += number(class)
	}
	if row.Proxy == "" || row.Server == "" || row.Type == "" {
		return Row{}, fmt.Errorf("show stat: a line without a name or a type: %.60q", strings.Join(line, ","))
	}
	return row, bad
}

// checked is what the last health check that ended came to, with the status that was answered. While another check is under way
// HAProxy writes an asterisk before the word (seen with 2.6) and sets the code to 0.
func (r *Row) checked() string {
	word, busy := strings.CutPrefix(r.Check, "* ")
	if busy || r.Code == "0" {
		return word
	}
	return strings.TrimSpace(word + " " + r.Code)
}

// server makes one reading of a back-end's rows: the first server line, and what HAProxy itself answered in its place.
// An error that HAProxy made up (503 after a refused connection) is on the BACKEND row only, and in econ too: it is
// counted once.
func server(rows []Row, counted bool) (release.Server, bool) {
	var first, backend *Row
	var failures uint64
	for i := range rows {
		switch rows[i].Type {
		case "2":
			if first == nil {
				first = &rows[i]
			}
			failures += rows[i].Failures
		case "1":
			backend = &rows[i]
		}
	}
	if first == nil {
		return release.Server{}, false
	}
	out := release.Server{Up: release.No, Status: first.Status, Sessions: first.Sessions, Check: first.checked()}
	if first.Status == "UP" {
		out.Up = release.Yes
	}
	if !counted || backend == nil {
		return out, true
	}
	own := first.Unconnected
	if backend.Failures > failures {
		own = max(own, backend.Failures-failures)
	}
	out.Requests = first.Responses
	if backend.Responses == 0 && first.Responses == 0 {
		out.Requests = max(first.Total, first.Unconnected) - first.Unconnected // tcp: nothing but sessions to count
	}
	out.Requests += own
	out.Errors = first.Failures + own
	out.Counted = true
	return out, true
}
