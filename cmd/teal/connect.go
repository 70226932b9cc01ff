package main

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v4"

	"teal.dev/teal/internal/client"
)

const (
	defaultConfig = "/etc/teal"
	defaultSocket = "/run/teal/teal.sock"
)

// place says where the config directory and the daemon are.
type place struct {
	config string
	socket string
}

// configFlag adds --config.
func (p *place) configFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&p.config, "config", "", "config directory `DIR` (default $TEAL_CONFIG or "+defaultConfig+")")
}

// flags adds --config and --socket.
func (p *place) flags(cmd *cobra.Command) {
	p.configFlag(cmd)
	cmd.Flags().StringVar(&p.socket, "socket", "", "the daemon's socket `PATH` (default $TEAL_SOCKET, else what the config says, else "+defaultSocket+")")
}

// dir is the config directory.
func (p *place) dir() string { return cmp.Or(p.config, os.Getenv("TEAL_CONFIG"), defaultConfig) }

// glance is what commands take from teal.yaml without judging it: a config with an error in it must not keep anybody from
// looking at the daemon that runs.
type glance struct {
	Name   string `yaml:"name"`
	Listen struct {
		Socket string `yaml:"socket"`
	} `yaml:"listen"`
}

// look reads teal.yaml as far as it can be read.
func (p *place) look() glance {
	var g glance
	data, err := os.ReadFile(filepath.Join(p.dir(), "teal.yaml"))
	if err == nil && yaml.Unmarshal(data, &g) != nil {
		return glance{}
	}
	return g
}

// client is the client of the daemon that is meant.
func (p *place) client() *client.Client {
	socket := cmp.Or(p.socket, os.Getenv("TEAL_SOCKET"))
	if socket == "" {
		socket = cmp.Or(p.look().Listen.Socket, defaultSocket)
	}
	return client.New(socket)
}

// answered turns an error of the daemon into one with its next step.
func answered(err error) error {
	var no *client.Error
	var away *client.Unreachable
	switch {
	case err == nil:
		return nil
	case errors.As(err, &no):
		code := exitFailed
		if no.Code == "policy" {
			code = exitRefused
		}
		return &exit{code: code, text: plain(no.Text), hint: plain(no.Next), word: no.Code}
	case errors.As(err, &away):
		return &exit{code: exitFailed, text: away.Text, hint: away.Next}
	case errors.Is(err, context.Canceled):
		return failf(exitFailed, "interrupted")
	case errors.Is(err, context.DeadlineExceeded):
		return failf(exitTimeout, "the daemon did not answer in time")
	}
	return failf(exitFailed, "%v", err)
}

// apps completes the names of apps; a daemon that does not answer at once completes nothing.
func (p *place) apps(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), 500*time.Millisecond)
	defer cancel()
	status, err := p.client().Status(ctx)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, app := range status.Apps {
		names = append(names, app.App)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
