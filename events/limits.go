package events

import "time"

// The limits of a request. The schema, the parser and the streams are built from these numbers alone.
const (
	MaxMessage     = 256 << 10          // bytes of a message, signed or bare
	MaxDepth       = 16                 // nesting of objects and arrays
	MaxString      = 4 << 10            // bytes of any string but the text of an inline migration
	MaxText        = 2 << 10            // bytes of a free text in change and labels
	MaxMembers     = 256                // members of an object or an array, inline files apart
	MaxLabels      = 32                 // labels of a release
	MaxSignatures  = 8                  // signatures of an envelope
	MaxInline      = 128 << 10          // bytes of all inline migrations together
	MaxFiles       = 2000               // files of a migration folder
	MaxFile        = 1 << 20            // bytes of one migration file
	MaxFolder      = 50 << 20           // bytes of a whole migration folder
	MaxSequence    = 1<<53 - 1          // the largest whole number that every JSON reader keeps
	MaxOptionYears = 10                 // the longest duration that an option may ask for
	MaxExpiry      = 7 * 24 * time.Hour // from the request's time to expires_at
)

// The types, and the pattern of each token. The matchers below say the same as the patterns; a test compares them.
const (
	RequestType  = "dev.teal.release.requested.v1"
	EnvelopeType = "application/cloudevents+json" // payloadType of the DSSE envelope

	patternID        = `^[0-7][0-9A-HJKMNP-TV-Z]{25}$`
	patternApp       = `^[a-z][a-z0-9-]{0,39}$`
	patternVersion   = `^[0-9A-Za-z][0-9A-Za-z._+-]{0,127}$`
	patternImage     = `^[a-z0-9][a-z0-9._:/-]{0,254}$`
	patternDigest    = `^sha256:[0-9a-f]{64}$`
	patternFile      = `^((expand|contract)/)?[0-9A-Za-z][0-9A-Za-z._-]{0,127}$`
	patternLabel     = `^[a-z0-9_.-]{1,63}$`
	patternDuration  = `^[1-9][0-9]{0,8}(s|m|h|d)$`
	patternShare     = `^(100|[0-9]{1,2}(\.[0-9]{1,4})?)%$`
	patternAudience  = `^[0-9A-Za-z][0-9A-Za-z._-]{0,127}$`
	patternExtension = `^[a-z0-9]{1,64}$`
	patternDir       = `^/[^\x00-\x1f\x7f]*$`
	patternText      = `^[^\x00-\x1f\x7f]*$`
	patternURL       = `^https?://[^\x00-\x20\x7f]+$`
)

type class func(byte) bool

func digit(c byte) bool { return '0' <= c && c <= '9' }
func lower(c byte) bool { return 'a' <= c && c <= 'z' }
func alnum(c byte) bool { return digit(c) || lower(c) || 'A' <= c && c <= 'Z' }

func or(c class, more string) class {
	return func(b byte) bool {
		if c(b) {
			return true
		}
		for i := range len(more) {
			if more[i] == b {
				return true
			}
		}
		return false
	}
}

// token reports whether s has min to max bytes, the first of class first and the others of class rest.
func token(s string, first, rest class, max int) bool {
	if s == "" || len(s) > max || !first(s[0]) {
		return false
	}
	for i := 1; i < len(s); i++ {
		if !rest(s[i]) {
			return false
		}
	}
	return true
}

func lowerOrDigit(c byte) bool { return lower(c) || digit(c) }

func isApp(s string) bool { return token(s, lower, or(lowerOrDigit, "-"), 40) }

func isVersion(s string) bool { return token(s, alnum, or(alnum, "._+-"), 128) }

func isAudience(s string) bool { return token(s, alnum, or(alnum, "._-"), 128) }

func isImage(s string) bool { return token(s, lowerOrDigit, or(lowerOrDigit, "._:/-"), 255) }

func isLabel(s string) bool { return token(s, or(lowerOrDigit, "_.-"), or(lowerOrDigit, "_.-"), 63) }

func isExtension(s string) bool { return token(s, lowerOrDigit, lowerOrDigit, 64) }

func isID(s string) bool {
	crockford := or(digit, "ABCDEFGHJKMNPQRSTVWXYZ")
	return len(s) == 26 && s[0] <= '7' && token(s, digit, crockford, 26)
}

func isDigest(s string) bool {
	const prefix = "sha256:"
	hex := or(digit, "abcdef")
	return len(s) == len(prefix)+64 && s[:len(prefix)] == prefix && token(s[len(prefix):], hex, hex, 64)
}

// isText refuses control characters: free text is shown to people on terminals and in logs.
func isText(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] == 0x7f {
			return false
		}
	}
	return true
}
