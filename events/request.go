package events

import (
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"teal.dev/teal/release"
)

// Request is a release request as it was read: the attributes of the CloudEvent and its data.
type Request struct {
	ID     release.ID
	Source string
	Time   time.Time // zero when the event does not say
	Data   Data
}

// Data is what the build system asks for.
type Data struct {
	App          string            `json:"app"`
	Version      string            `json:"version"`
	Artifact     *Artifact         `json:"artifact,omitempty"`
	Migrations   *Migrations       `json:"migrations,omitempty"`
	Audience     string            `json:"audience"`
	ExpiresAt    time.Time         `json:"expires_at"`
	Sequence     *uint64           `json:"sequence,omitempty"`
	Precondition *Precondition     `json:"precondition,omitempty"`
	Options      *Options          `json:"options,omitempty"`
	Change       *Change           `json:"change,omitempty"`
	Labels       map[string]string `json:"labels,omitempty"`
}

// Artifact names what is run: kind "dir" (a directory under the launcher's root; default: the version's name), "oci"
// (an image by digest) or "none" (the operator's command knows).
type Artifact struct {
	Kind   string `json:"kind"`
	Ref    string `json:"ref,omitempty"`
	Digest string `json:"digest,omitempty"`
}

// The kinds of Artifact and of Migrations.
const (
	KindDir    = "dir"
	KindOCI    = "oci"
	KindNone   = "none"
	KindInline = "inline"
	KindBundle = "bundle"
)

// Migrations is the whole migration folder: kind "inline" (its files in the event), "dir" (a path on teal's host that
// the app's config allows) or "none" (said out loud). Digest may pin a dir: it is Folder.Digest.
type Migrations struct {
	Kind   string            `json:"kind"`
	Files  map[string]string `json:"files,omitempty"`
	Path   string            `json:"path,omitempty"`
	Digest string            `json:"digest,omitempty"`
}

// Precondition is what must hold when the release leaves the queue.
type Precondition struct {
	CurrentVersion string `json:"current_version"`
}

// Options ask for more care than the app's config does, never for less.
type Options struct {
	Bake          string `json:"bake,omitempty"`           // at least the app's
	Warm          string `json:"warm,omitempty"`           // at least the app's, or "forever"
	MaxErrors     string `json:"max_errors,omitempty"`     // at most the app's, such as "0.5%"
	FewRequests   string `json:"few_requests,omitempty"`   // "hold" where the app says "pass"
	ContractAfter string `json:"contract_after,omitempty"` // at least the app's, or "never"
	Urgent        bool   `json:"urgent,omitempty"`         // end the bake before; only where the app allows it
}

// Change says where the release comes from. It is shown, never interpreted.
type Change struct {
	Commit string `json:"commit,omitempty"`
	Author string `json:"author,omitempty"`
	URL    string `json:"url,omitempty"`
}

// event is the CloudEvent around Data. Members that it does not name are extension attributes, which are ignored.
type event struct {
	SpecVersion     *string        `json:"specversion,omitempty"`
	Type            *string        `json:"type,omitempty"`
	ID              *string        `json:"id,omitempty"`
	Source          *string        `json:"source,omitempty"`
	Subject         *string        `json:"subject,omitempty"`
	Time            *time.Time     `json:"time,omitempty"`
	DataContentType *string        `json:"datacontenttype,omitempty"`
	DataSchema      *string        `json:"dataschema,omitempty"`
	Data            jsontext.Value `json:"data,omitempty"`
}

// Parse reads one message, bare or in an envelope, and checks everything that the bytes alone can tell. It does not
// verify signatures: Admit does, before it reads the payload.
func Parse(data []byte) (Request, *Rejection) {
	env, r := Open(data)
	if r != nil {
		return Request{}, r
	}
	return ParsePayload(env.Payload)
}

// ParsePayload reads the CloudEvent itself: the bytes that were signed, or the bare message.
func ParsePayload(payload []byte) (Request, *Rejection) {
	if len(payload) > MaxMessage {
		return Request{}, tooLarge(len(payload))
	}
	if r := scan(payload, 2, inlineText); r != nil {
		return Request{}, r
	}
	var members map[string]jsontext.Value
	if r := explain(json.Unmarshal(payload, &members), ""); r != nil {
		return Request{}, r
	}
	for name := range members {
		if r := memberName(name); r != nil {
			return Request{}, r
		}
	}
	var e event
	if r := explain(json.Unmarshal(payload, &e), ""); r != nil {
		return Request{}, r
	}
	if r := e.check(); r != nil {
		return Request{}, r
	}
	req := Request{ID: release.ID(*e.ID), Source: *e.Source}
	if e.Time != nil {
		req.Time = e.Time.UTC()
	}
	if r := decode(e.Data, &req.Data, "/data"); r != nil {
		return Request{}, r
	}
	if r := req.check(); r != nil {
		return Request{}, r
	}
	if e.Subject != nil && *e.Subject != req.Data.App {
		return Request{}, reject(Schema, "/subject", "/subject is %q and /data/app is %q; they name the same app: make them equal or leave /subject out",
			clip(*e.Subject), clip(req.Data.App))
	}
	req.Data.ExpiresAt = req.Data.ExpiresAt.UTC()
	return req, nil
}

func inlineText(pointer string) bool {
	const files = "/data/migrations/files/"
	return len(pointer) >= len(files) && pointer[:len(files)] == files
}

func tooLarge(size int) *Rejection {
	return reject(TooLarge, "", "the message has %d bytes and %d are the most; send migrations as a directory that the app's config allows "+
		"(migrations: {kind: dir}) instead of inline", size, MaxMessage)
}

func memberName(name string) *Rejection {
	pointer := string(jsontext.Pointer("").AppendToken(name))
	if name == "data_base64" {
		return reject(Schema, pointer, "/data_base64 is not read; send the data as JSON in /data")
	}
	if !isExtension(name) {
		return reject(Schema, pointer, "%s is neither a CloudEvents attribute nor a legal extension (small letters and digits); correct its spelling", place(pointer))
	}
	return nil
}

// Folder is the folder of inline migrations, sorted by name; nil for every other kind.
func (d Data) Folder() Folder {
	if d.Migrations == nil || d.Migrations.Kind != KindInline {
		return nil
	}
	folder := make(Folder, 0, len(d.Migrations.Files))
	for name, text := range d.Migrations.Files {
		folder = append(folder, File{Name: name, Body: []byte(text)})
	}
	folder.sort()
	return folder
}

// artifact is the artifact as the launchers know it, with the default in its place.
func (d Data) artifact() release.Artifact {
	if d.Artifact == nil {
		return release.Artifact{Kind: KindDir, Ref: d.Version}
	}
	a := release.Artifact{Kind: d.Artifact.Kind, Ref: d.Artifact.Ref, Digest: d.Artifact.Digest}
	if a.Kind == KindDir && a.Ref == "" {
		a.Ref = d.Version
	}
	return a
}

// NewRequest writes the CloudEvent of a release request, ready to be signed or published bare. What Parse would refuse
// is refused here, so that a builder never publishes what teal rejects for its form.
func NewRequest(id release.ID, source string, now time.Time, data Data) ([]byte, error) {
	now = now.UTC().Truncate(time.Second)
	data.ExpiresAt = data.ExpiresAt.UTC().Truncate(time.Second)
	body, err := json.Marshal(data, json.Deterministic(true))
	if err != nil {
		return nil, reject(Schema, "/data", "the request cannot be written as JSON (%s); its texts must be UTF-8", clip(err.Error()))
	}
	text := func(s string) *string { return &s }
	e := event{SpecVersion: text("1.0"), Type: text(RequestType), ID: text(string(id)), Source: text(source), Subject: text(data.App),
		Time: &now, DataContentType: text("application/json"), Data: body}
	doc, err := json.Marshal(e, json.Deterministic(true))
	if err != nil {
		return nil, reject(Schema, "", "the request cannot be written as JSON (%s); its texts must be UTF-8", clip(err.Error()))
	}
	if _, r := Parse(doc); r != nil {
		return nil, r
	}
	return doc, nil
}
