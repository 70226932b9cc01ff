package config

import (
	"path"
	"slices"
	"time"

	"teal.dev/teal/events"
)

// keyFile is one file of keys/.
type keyFile struct {
	Version   int      `yaml:"version,required"`
	Key       string   `yaml:"key,required"`
	Apps      []string `yaml:"apps,required"` // names or globs
	NotBefore Moment   `yaml:"not_before"`
	NotAfter  Moment   `yaml:"not_after"`
}

// check turns the file into a key of the door.
func (k keyFile) check(in *decoder, id string) events.Key {
	checkVersion(in, k.Version)
	key := events.Key{ID: id, Apps: k.Apps, NotBefore: k.NotBefore.Time, NotAfter: k.NotAfter.end()}
	if k.NotAfter.IsZero() {
		key.NotAfter = time.Time{}
	}
	if k.Key != "" {
		public, err := events.ParsePublicKey(k.Key)
		if err != nil {
			in.failAt("key", "%v", err)
		}
		key.Public = public
	}
	if _, said := in.at["apps"]; said && len(k.Apps) == 0 {
		in.failAt("apps", "apps is empty: name the apps that this key may release")
	}
	for _, app := range k.Apps {
		if _, err := path.Match(app, "x"); err != nil || app == "" {
			in.failAt("apps", "apps has %q, which is neither a name nor a pattern such as shop-*", app)
		}
	}
	if !key.NotAfter.IsZero() && !key.NotBefore.IsZero() && key.NotAfter.Before(key.NotBefore) {
		in.failAt("not_after", "not_after lies before not_before: the key would never be valid")
	}
	return key
}

// covers says whether the key may release an app.
func covers(key events.Key, app string) bool {
	return slices.ContainsFunc(key.Apps, func(pattern string) bool {
		ok, err := path.Match(pattern, app)
		return ok && err == nil
	})
}
