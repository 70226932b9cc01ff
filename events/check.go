package events

import (
	"path"
	"strings"
)

func (e event) check() *Rejection {
	required := []struct {
		value *string
		name  string
		want  string // the only legal value; "" = any but the empty one
	}{
		{e.SpecVersion, "specversion", "1.0"}, {e.Type, "type", RequestType}, {e.ID, "id", ""}, {e.Source, "source", ""},
	}
	for _, a := range required {
		switch {
		case a.value == nil || *a.value == "":
			return reject(Schema, "/"+a.name, "/%s is missing; every CloudEvent needs it (teal schema release shows the form)", a.name)
		case a.want != "" && *a.value != a.want:
			return reject(Schema, "/"+a.name, "/%s is %q; teal reads %q", a.name, clip(*a.value), a.want)
		}
	}
	if !isID(*e.ID) {
		return reject(Schema, "/id", "/id %q is not a ULID in capital letters; use a new one per release, such as 01JD2Y8M3N5W6X7Y8Z9A0B1C2D", clip(*e.ID))
	}
	if !isText(*e.Source) {
		return reject(Schema, "/source", "/source has control characters; send a URI reference such as https://ci.example/shop/runs/4711")
	}
	if e.DataContentType != nil && *e.DataContentType != "application/json" {
		return reject(Schema, "/datacontenttype", "/datacontenttype is %q; send application/json or leave it out", clip(*e.DataContentType))
	}
	if len(e.Data) == 0 || e.Data.Kind() != '{' {
		return reject(Schema, "/data", "/data is missing or not an object; put the request there (teal schema release shows the form)")
	}
	return nil
}

func (q Request) check() *Rejection {
	d := q.Data
	for _, f := range []struct{ name, value, pattern string }{
		{"app", d.App, patternApp}, {"version", d.Version, patternVersion}, {"audience", d.Audience, patternAudience},
	} {
		if f.value == "" {
			return reject(Schema, "/data/"+f.name, "/data/%s is missing; add it (teal schema release shows the form)", f.name)
		}
		if !matches(f.pattern, f.value) {
			return reject(Schema, "/data/"+f.name, "/data/%s %q does not match %s; rename it", f.name, clip(f.value), f.pattern)
		}
	}
	if r := q.checkTimes(); r != nil {
		return r
	}
	if d.Sequence != nil && (*d.Sequence == 0 || *d.Sequence > MaxSequence) {
		return reject(Schema, "/data/sequence", "/data/sequence is not between 1 and %d; use the build's number", uint64(MaxSequence))
	}
	if p := d.Precondition; p != nil && !isVersion(p.CurrentVersion) {
		return reject(Schema, "/data/precondition/current_version", "/data/precondition/current_version %q is not a version (%s); name the version that must be live, or leave the precondition out",
			clip(p.CurrentVersion), patternVersion)
	}
	for _, check := range []func() *Rejection{d.Artifact.check, d.Migrations.check, d.Options.check, d.Change.check, d.checkLabels} {
		if r := check(); r != nil {
			return r
		}
	}
	return nil
}

// matches asks the matcher that belongs to a pattern.
func matches(pattern, s string) bool {
	switch pattern {
	case patternApp:
		return isApp(s)
	case patternVersion:
		return isVersion(s)
	case patternAudience:
		return isAudience(s)
	}
	return false
}

func (q Request) checkTimes() *Rejection {
	const at = "/data/expires_at"
	switch expires := q.Data.ExpiresAt; {
	case expires.IsZero():
		return reject(Schema, at, "%s is missing; say until when the release may begin, such as an hour from now", at)
	case q.Time.IsZero():
	case !expires.After(q.Time):
		return reject(Schema, at, "%s is not after /time; say until when the release may begin, such as an hour from now", at)
	case expires.Sub(q.Time) > MaxExpiry:
		return reject(Schema, at, "%s is more than 7 days after /time; choose a nearer time", at)
	}
	return nil
}

func (a *Artifact) check() *Rejection {
	if a == nil {
		return nil
	}
	const at = "/data/artifact"
	if a.Digest != "" && !isDigest(a.Digest) {
		return reject(Schema, at+"/digest", "%s/digest is not sha256: and 64 hex digits in small letters; copy it from the build", at)
	}
	switch a.Kind {
	case KindDir:
		if a.Ref != "" && !isVersion(a.Ref) {
			return reject(Schema, at+"/ref", "%s/ref %q is not the name of one directory (%s); name a directory right under the launcher's root", at, clip(a.Ref), patternVersion)
		}
	case KindOCI:
		if !isImage(a.Ref) {
			return reject(Schema, at+"/ref", "%s/ref %q is not an image without tag or digest (%s); write it as registry.example/shop", at, clip(a.Ref), patternImage)
		}
		if a.Digest == "" {
			return reject(Schema, at+"/digest", "%s/digest is missing; an image is run by its digest only, because a tag may move", at)
		}
	case KindNone:
		if a.Ref != "" || a.Digest != "" {
			return reject(Schema, at, "%s of kind none has a ref or a digest; remove them, or say kind dir or oci", at)
		}
	default:
		return reject(Schema, at+"/kind", "%s/kind is %q; use dir, oci or none", at, clip(a.Kind))
	}
	return nil
}

func (m *Migrations) check() *Rejection {
	if m == nil {
		return nil
	}
	const at = "/data/migrations"
	if m.Kind == KindBundle {
		return reject(Unsupported, at+"/kind", "%s of kind bundle are not supported by this version; send them inline (up to %d KiB) or as a directory (kind: dir)", at, MaxInline>>10)
	}
	if m.Kind != KindInline && m.Files != nil {
		return reject(Schema, at+"/files", "%s/files belongs to kind inline only; remove it, or say kind inline", at)
	}
	if m.Kind != KindDir && (m.Path != "" || m.Digest != "") {
		return reject(Schema, at, "%s has a path or digest, which belong to kind dir only; remove them, or say kind dir", at)
	}
	switch m.Kind {
	case KindNone:
		return nil
	case KindDir:
		if !isDir(m.Path) {
			return reject(Schema, at+"/path", "%s/path %q is not a clean absolute path of at most 1024 bytes; write it without .. and without a slash at its end", at, clip(m.Path))
		}
		if m.Digest != "" && !isDigest(m.Digest) {
			return reject(Schema, at+"/digest", "%s/digest is not sha256: and 64 hex digits in small letters; leave it out or copy it from teal check", at)
		}
		return nil
	case KindInline:
		return checkInline(Data{Migrations: m}.Folder())
	}
	return reject(Schema, at+"/kind", "%s/kind is %q; use inline, dir or none", at, clip(m.Kind))
}

func isDir(p string) bool {
	return len(p) <= 1024 && path.IsAbs(p) && path.Clean(p) == p && isText(p)
}

func (c *Change) check() *Rejection {
	if c == nil {
		return nil
	}
	for _, f := range []struct{ name, value string }{{"commit", c.Commit}, {"author", c.Author}, {"url", c.URL}} {
		if len(f.value) > MaxText || !isText(f.value) {
			return reject(Schema, "/data/change/"+f.name, "/data/change/%s is longer than %d bytes or has control characters; shorten it to one plain line", f.name, MaxText)
		}
	}
	if c.URL != "" && !isURL(c.URL) {
		return reject(Schema, "/data/change/url", "/data/change/url is not an http or https address; correct it or leave it out")
	}
	return nil
}

func isURL(s string) bool {
	rest, ok := strings.CutPrefix(s, "https://")
	if !ok {
		rest, ok = strings.CutPrefix(s, "http://")
	}
	return ok && rest != "" && isText(rest) && !strings.Contains(rest, " ")
}

func (d Data) checkLabels() *Rejection {
	if len(d.Labels) > MaxLabels {
		return reject(Schema, "/data/labels", "/data/labels has %d labels and %d are the most; send fewer", len(d.Labels), MaxLabels)
	}
	for name, value := range d.Labels {
		if !isLabel(name) {
			return reject(Schema, "/data/labels", "the label %q does not match %s; rename it", clip(name), patternLabel)
		}
		if len(value) > MaxText || !isText(value) {
			return reject(Schema, "/data/labels/"+name, "/data/labels/%s is longer than %d bytes or has control characters; shorten it to one plain line", name, MaxText)
		}
	}
	return nil
}
