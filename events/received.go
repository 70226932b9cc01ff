package events

import (
	"strings"
	"time"

	"teal.dev/teal/release"
)

// Received is one message of the stream of releases, as the door gets it.
type Received struct {
	Subject   string
	Data      []byte
	Seq       uint64    // position in the stream
	Stored    time.Time // when the stream stored it: expires_at is compared with this, once
	Delivered uint64    // how often it was delivered; 0 = read by a rescan
}

// Verb is what shall become of a delivered message.
type Verb string

// The verbs of a Disposition.
const (
	Acked      Verb = "ack"   // its verdict is in the store
	Retried    Verb = "retry" // no verdict yet: deliver it again
	Terminated Verb = "term"  // refused, and the refusal is in the store
)

// Disposition is the door's answer to one delivered message.
type Disposition struct {
	Verb   Verb
	Delay  time.Duration // of a retry
	Reason string        // of a termination, shown in the stream's advisory
}

// Ack says that the message's verdict is in the store.
func Ack() Disposition { return Disposition{Verb: Acked} }

// Retry asks for the message again after delay: the store could not be written.
func Retry(delay time.Duration) Disposition { return Disposition{Verb: Retried, Delay: delay} }

// Term ends the message for this consumer: it was refused, and the refusal is in the store.
func Term(reason string) Disposition { return Disposition{Verb: Terminated, Reason: reason} }

// RequestSubject is the subject on which the request of a release is published.
func RequestSubject(app string, id release.ID) string {
	return "teal.v1.release." + app + "." + string(id) + ".requested"
}

// ParseSubject reads the app and the release id out of a request's subject.
func ParseSubject(subject string) (app string, id release.ID, r *Rejection) {
	parts := strings.Split(subject, ".")
	if len(parts) != 6 || parts[0] != "teal" || parts[1] != "v1" || parts[2] != "release" || parts[5] != "requested" {
		return "", "", reject(Schema, "", "the subject %q is not teal.v1.release.<app>.<release-id>.requested; publish on that subject", clip(subject))
	}
	if !isApp(parts[3]) {
		return "", "", reject(Schema, "", "the subject's app %q is not an app's name (%s); publish on teal.v1.release.<app>.<release-id>.requested", clip(parts[3]), patternApp)
	}
	if !isID(parts[4]) {
		return "", "", reject(Schema, "", "the subject's release id %q is not a ULID in capital letters; use the CloudEvent's id, such as 01JD2Y8M3N5W6X7Y8Z9A0B1C2D", clip(parts[4]))
	}
	return parts[3], release.ID(parts[4]), nil
}
