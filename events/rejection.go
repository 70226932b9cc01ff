package events

import (
	"fmt"
	"time"

	"teal.dev/teal/release"
)

// Code is the machine-readable reason of a rejection.
type Code string

// The reasons for which a request is rejected. Some are found by this package, some by the vetting.
const (
	BadSignature       Code = "bad_signature"
	UnknownKey         Code = "unknown_key"
	KeyNotAllowed      Code = "key_not_allowed_for_app"
	KeyExpired         Code = "key_expired"
	Expired            Code = "expired"
	WrongAudience      Code = "wrong_audience"
	Schema             Code = "schema"
	UnknownApp         Code = "unknown_app"
	IDConflict         Code = "id_conflict"
	PreconditionFailed Code = "precondition_failed"
	StaleSequence      Code = "stale_sequence"
	Policy             Code = "policy"
	Poison             Code = "poison"
	TooLarge           Code = "too_large"
	Unsigned           Code = "unsigned"
	NoDatabase         Code = "no_database"
	MigrationsRequired Code = "migrations_required"
	BadFolder          Code = "folder"
	Horizon            Code = "horizon"
	Unsupported        Code = "unsupported"
	ArtifactKind       Code = "artifact_kind"
)

// Rejection says why a request was refused: the code for machines, the place as a JSON pointer into the signed
// document (or the file of a folder), and one sentence for a person that ends with what to do next.
type Rejection struct {
	Code    Code   `json:"code"`
	Pointer string `json:"pointer,omitempty"`
	Text    string `json:"text"`
}

// Error returns the sentence, so that a Rejection can travel where an error is expected.
func (r *Rejection) Error() string { return r.Text }

// Outcome is the rejection as the outcome of a release.
func (r *Rejection) Outcome(id release.ID, at time.Time) release.Outcome {
	out := release.Outcome{Release: id, Type: release.OutRejected, Code: string(r.Code), Text: r.Text, At: at}
	if r.Pointer != "" {
		out.Facts = map[string]any{"pointer": r.Pointer}
	}
	return out
}

func reject(code Code, pointer, format string, args ...any) *Rejection {
	return &Rejection{Code: code, Pointer: pointer, Text: fmt.Sprintf(format, args...)}
}

// Conflict is the rejection of a request whose id was used by other bytes before.
func Conflict(id release.ID) *Rejection {
	return reject(IDConflict, "/id", "the release id %s was used before by a different request; an id is used up for ever: publish again with a new one", id)
}

// Poisoned is the rejection of a message that was taken up several times without ever reaching a verdict.
func Poisoned(seq uint64, tries int) *Rejection {
	return reject(Poison, "", "message %d of the stream was tried %d times and teal never reached a verdict; its bytes are in quarantine: "+
		"send them with a bug report, and publish the release again under a new id", seq, tries)
}
