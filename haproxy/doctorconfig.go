package haproxy

import (
	"fmt"

	parser "github.com/haproxytech/client-native/v5/config-parser"
	"github.com/haproxytech/client-native/v5/config-parser/options"
	"github.com/haproxytech/client-native/v5/config-parser/types"
)

// configChecks reads haproxy.cfg for what no socket tells. The library's parser is sound for reading; it is never asked to
// write, because it rewrites the operator's whole file.
func configChecks(r *report, path string, app App) {
	p, err := parser.New(options.Path(path))
	if err != nil {
		r.add("config", Fail, fmt.Sprintf("%s cannot be read: %v", path, err), "give teal the path of the haproxy.cfg that is in use, readable by its user")
		return
	}
	global := func(name string) bool {
		_, err := p.Get(parser.Global, parser.GlobalSectionName, name, false)
		return err == nil
	}
	max := int64(10) // HAProxy's default, for all sockets together
	if data, err := p.Get(parser.Global, parser.GlobalSectionName, "stats maxconn", false); err == nil {
		if v, ok := data.(*types.Int64C); ok {
			max = v.Value
		}
	}
	r.test("stats maxconn", max >= 32, Warn, fmt.Sprintf("%d", max), "add to global: stats maxconn 64; so many idle connections stop every command")
	r.test("stats timeout", global("stats timeout"), Warn, "of the command line", "add to global: stats timeout 10s")
	r.test("hard-stop-after", global("hard-stop-after"), Warn, "of old workers", "add to global: hard-stop-after 5m; without it an old worker lives until its last connection ends")
	r.test("idle-close-on-response", idleClose(p, app), Warn, "in the defaults or the front-end of "+app.Name,
		"add to defaults: option idle-close-on-response; without it a reload breaks requests on kept connections")
}

// idleClose looks for the option in any defaults section, and in the front-end that teal haproxy config prints.
func idleClose(p parser.Parser, app App) bool {
	on := func(kind parser.Section, name string) bool {
		data, err := p.Get(kind, name, "option idle-close-on-response", false)
		option, ok := data.(*types.SimpleOption)
		return err == nil && ok && !option.NoOption
	}
	names, err := p.SectionsGet(parser.Defaults)
	if err == nil {
		for _, name := range names {
			if on(parser.Defaults, name) {
				return true
			}
		}
	}
	return on(parser.Frontends, "teal_"+app.Name)
}
