package daemon

import (
	"time"

	"teal.dev/teal/events"
)

// Config is the whole config directory as one set, swapped at once. It is never changed once handed out.
type Config struct {
	Name   string // the audience of release events
	Apps   map[string]AppConfig
	Keys   []events.Key
	Access Access

	Loaded  time.Time // of this set
	Hash    string
	Problem string    // why the last reload was refused; "" = this set is what the directory says
	Tried   time.Time // of the last reload, good or bad

	PendingRestart []string // keys whose new value waits for a restart of teal
	Warnings       []string // what is taken and should not be left so
}
