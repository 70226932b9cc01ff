package daemon

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// maxBody is the largest body the API reads: a release request and room for its base64.
const maxBody = 512 << 10

// Route is one entry of the API's table: the table is the API.
type Route struct {
	Method string
	Path   string // as http.ServeMux writes it
	Role   string // "" = everybody who can connect; RolePerson = any role above viewer; else this one or admin
	handle func(*Daemon, *call) (int, any)
}

// RolePerson stands for "any role above viewer" in a Route: the core decides which one is needed.
const RolePerson = "person"

// Changes reports whether the route changes anything: those are refused on TCP.
func (r Route) Changes() bool { return r.Method != http.MethodGet }

// Routes is the API's table.
func Routes() []Route {
	routes := []Route{
		{"GET", "/v1/status", "", (*Daemon).getStatus},
		{"GET", "/v1/apps/{app}", "", (*Daemon).getApp},
		{"GET", "/v1/apps/{app}/plan", "", (*Daemon).getPlan},
		{"GET", "/v1/apps/{app}/timeline", "", (*Daemon).getTimeline},
		{"GET", "/v1/releases/{id}", "", (*Daemon).getRelease},
		{"GET", "/v1/history/{app}", "", (*Daemon).getHistory},
		{"GET", "/v1/approvals", "", (*Daemon).getApprovals},
		{"GET", "/healthz", "", (*Daemon).getHealth},
		{"GET", "/readyz", "", (*Daemon).getReady},
		{"POST", "/v1/releases", RoleOperator, (*Daemon).postRelease},
		{"POST", "/v1/reload", RoleOperator, (*Daemon).postReload},
	}
	for _, verb := range verbs() {
		role := RoleOperator
		if verb.name == "approve" {
			role = RolePerson
		}
		routes = append(routes, Route{"POST", "/v1/apps/{app}/" + string(verb.name), role, verb.handle})
	}
	return routes
}

// call is one request on its way through a handler.
type call struct {
	*http.Request
	person Person
}

// Failure is the body of every answer that is not a success.
type Failure struct {
	Error Problem `json:"error"`
}

// Problem says what went wrong and what to do next.
type Problem struct {
	Code    string `json:"code"`
	Text    string `json:"text"`
	Next    string `json:"next"`
	Pointer string `json:"pointer,omitempty"`
}

func failure(code, text, next string) Failure {
	return Failure{Error: Problem{Code: code, Text: text, Next: next}}
}

// Handler is the API. On the unix socket a person has the roles of its peer credentials; elsewhere it may only read.
func (d *Daemon) Handler(socket bool) http.Handler {
	mux := http.NewServeMux()
	for _, route := range Routes() {
		mux.HandleFunc(route.Method+" "+route.Path, func(w http.ResponseWriter, r *http.Request) {
			c := &call{Request: r, person: d.personOf(r, socket)}
			if status, refusal := allowed(route, c.person, socket); status != 0 {
				write(w, status, refusal)
				return
			}
			status, body := route.handle(d, c)
			write(w, status, body)
		})
	}
	mux.Handle("GET /metrics", promhttp.HandlerFor(d.opt.Registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		write(w, http.StatusNotFound, failure("not_found", "there is no "+r.Method+" "+r.URL.Path, "ask GET /v1/status, or use the teal command"))
	})
	return guard(http.NewCrossOriginProtection().Handler(mux), socket)
}

// allowed refuses who may not; status 0 = go on.
func allowed(route Route, person Person, socket bool) (int, Failure) {
	if route.Changes() && !socket {
		return http.StatusForbidden, failure("read_only", "the TCP listener is read-only", "use the unix socket (listen.socket), where your user gives you roles")
	}
	switch {
	case route.Role == "", person.May(route.Role):
		return 0, Failure{}
	case route.Role == RolePerson && len(person.Roles) > 1:
		return 0, Failure{}
	}
	return http.StatusForbidden, failure("role", person.Name+" has the roles ["+strings.Join(person.Roles, " ")+"] and this needs "+route.Role,
		"ask somebody who has it, or let an admin add you to access in teal.yaml")
}

// guard bounds every request and turns away what a browser was tricked into.
func guard(next http.Handler, socket bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !socket && !localHost(r.Host) {
			write(w, http.StatusMisdirectedRequest, failure("host", "the Host header "+r.Host+" is not an address of this listener", "use the address of listen.http, such as 127.0.0.1:7433"))
			return
		}
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

func write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	b, err := json.Marshal(body)
	if err != nil {
		status, b = http.StatusInternalServerError, []byte(`{"error":{"code":"internal","text":"the answer cannot be written as JSON","next":"report this as a defect of teal"}}`)
	}
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n'))
}
