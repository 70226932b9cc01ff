package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"teal.dev/teal/haproxy"
	"teal.dev/teal/internal/config"
)

// newHAProxy prints what an operator adopts into haproxy.cfg.
func newHAProxy(io stdio) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "haproxy",
		GroupID: "tools",
		Short:   "Print the section of haproxy.cfg that an app needs",
		Long:    `Print the section of haproxy.cfg that an app needs. teal never writes that file; teal doctor compares a running HAProxy with it.`,
		Example: `  teal haproxy config shop`,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newHAProxyConfig(io))
	return cmd
}

func newHAProxyConfig(io stdio) *cobra.Command {
	var at place
	cmd := &cobra.Command{
		Use:               "config APP",
		Short:             "The front-end and the two back-ends of an app",
		Long:              `Print the front-end and the two back-ends of an app, and as comments what global and defaults need. Adopt it once.`,
		Example:           `  teal haproxy config shop --config /etc/teal`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: at.apps,
	}
	at.configFlag(cmd)
	out := format(cmd)
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		snapshot, err := config.Load(at.dir(), validators()...)
		if err != nil {
			return badConfig(at.dir(), err)
		}
		app, ok := snapshot.Apps[args[0]]
		if !ok {
			return unknownApp(snapshot, args[0])
		}
		var node config.Node
		if len(app.Traffic.Nodes) > 0 {
			node = snapshot.Daemon.HAProxy[app.Traffic.Nodes[0]]
		}
		text := haproxy.Config(haproxyApp(app), string(node.Socket), string(node.Master))
		if out.json() {
			return printJSON(io.out, map[string]string{"app": app.Name, "config": text})
		}
		_, err = fmt.Fprint(io.out, text)
		return err
	}
	return cmd
}
