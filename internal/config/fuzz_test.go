package config

import (
	"strings"
	"testing"
)

// FuzzLoad puts any text into any of the files: there is a set or there are problems, never a panic, never both.
func FuzzLoad(f *testing.F) {
	for name, text := range Sample() {
		f.Add(name, text)
	}
	f.Add("apps/shop.yaml", Sample()["apps/shop.yaml"]+"x-a: &a [*a]\nhealth: *a\n")
	f.Add("keys/k.yaml", "version: 1\nkey: ed25519:AAAA\napps: ['*']\nnot_after: 2027-06-30\n")
	f.Fuzz(func(t *testing.T, name, text string) {
		files := Sample()
		switch {
		case strings.HasPrefix(name, "apps/"):
			files["apps/shop.yaml"] = text
		case strings.HasPrefix(name, "keys/"):
			files["keys/k.yaml"] = text
		default:
			files["teal.yaml"] = text
		}
		set := &fileSet{}
		for name, text := range files {
			set.files = append(set.files, File{name, []byte(text)})
		}
		s, err := build("/conf", set, nil)
		if (s == nil) == (err == nil) {
			t.Fatal("neither or both")
		}
		if s != nil {
			for _, app := range s.Apps {
				if app.Limits().ProbeEvery <= 0 {
					t.Fatal("a probe without a pause")
				}
			}
		}
	})
}
