package events

import (
	"crypto"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/oklog/ulid/v2"
	"github.com/secure-systems-lab/go-securesystemslib/dsse"

	"teal.dev/teal/release"
)

// Key is a public key that may release some apps for some time.
type Key struct {
	ID        string // the name of its file in keys/
	Public    ed25519.PublicKey
	Apps      []string  // names or globs
	NotBefore time.Time // zero = no bound
	NotAfter  time.Time // zero = no bound
}

// PrivateKey signs requests. ID is the hint that travels with the signature: the name of the key's file in keys/.
type PrivateKey struct {
	ID  string
	key ed25519.PrivateKey
}

const keyPrefix = "ed25519:"

// ParsePublicKey reads "ed25519:" and the base64 of the DER SubjectPublicKeyInfo.
func ParsePublicKey(text string) (ed25519.PublicKey, error) {
	encoded, ok := strings.CutPrefix(text, keyPrefix)
	if !ok {
		return nil, errors.New(`the key does not begin with "ed25519:"; copy the whole line that teal keys prints`)
	}
	der, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil {
		return nil, errors.New("the key is not base64 after ed25519:; copy the whole line that teal keys prints")
	}
	public, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, errors.New("the key is not a SubjectPublicKeyInfo (it should begin ed25519:MCowBQYDK2VwAyEA); copy the whole line that teal keys prints")
	}
	key, ok := public.(ed25519.PublicKey)
	if !ok {
		return nil, fmt.Errorf("the key is of type %T and not ed25519; make one with teal keys", public)
	}
	return key, nil
}

// FormatPublicKey writes a key as ParsePublicKey reads it.
func FormatPublicKey(key ed25519.PublicKey) (string, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return "", fmt.Errorf("the public key cannot be written (%w); make one with teal keys", err)
	}
	return keyPrefix + base64.StdEncoding.EncodeToString(der), nil
}

// GenerateKey makes a new private key from the bytes of random.
func GenerateKey(id string, random io.Reader) (PrivateKey, error) {
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(random, seed); err != nil {
		return PrivateKey{}, fmt.Errorf("no random bytes for a key (%w); try again", err)
	}
	return PrivateKey{ID: id, key: ed25519.NewKeyFromSeed(seed)}, nil
}

// ParsePrivateKey reads a PKCS#8 PEM file with an ed25519 key, as teal keys or openssl genpkey write it.
func ParsePrivateKey(id string, file []byte) (PrivateKey, error) {
	block, _ := pem.Decode(file)
	if block == nil || block.Type != "PRIVATE KEY" {
		return PrivateKey{}, errors.New("the key file has no PEM block PRIVATE KEY; make one with teal keys, or openssl genpkey -algorithm ed25519")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return PrivateKey{}, errors.New("the key file is not PKCS#8; make one with teal keys, or openssl genpkey -algorithm ed25519")
	}
	key, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return PrivateKey{}, fmt.Errorf("the key file holds a %T and not an ed25519 key; make one with teal keys", parsed)
	}
	return PrivateKey{ID: id, key: key}, nil
}

// PEM writes the key as a PKCS#8 PEM file.
func (k PrivateKey) PEM() ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(k.key)
	if err != nil {
		return nil, fmt.Errorf("the private key cannot be written (%w); make one with teal keys", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// Public is the key's public half.
func (k PrivateKey) Public() ed25519.PublicKey {
	public, _ := k.key.Public().(ed25519.PublicKey)
	return public
}

// String never prints the key.
func (k PrivateKey) String() string { return "private key " + k.ID }

// GoString never prints the key.
func (k PrivateKey) GoString() string { return k.String() }

// NewID makes a release id for a moment.
func NewID(now time.Time, random io.Reader) (release.ID, error) {
	id, err := ulid.New(ulid.Timestamp(now), random)
	if err != nil {
		return "", fmt.Errorf("no release id could be made (%w); try again", err)
	}
	return release.ID(id.String()), nil
}

// Sign puts a CloudEvent into a DSSE envelope.
func Sign(cloudEvent []byte, key PrivateKey) ([]byte, error) {
	sig, err := key.key.Sign(nil, dsse.PAE(EnvelopeType, cloudEvent), crypto.Hash(0))
	if err != nil {
		return nil, fmt.Errorf("the request could not be signed (%w); check the key file", err)
	}
	encode := base64.StdEncoding.EncodeToString
	out, err := json.Marshal(dsse.Envelope{PayloadType: EnvelopeType, Payload: encode(cloudEvent),
		Signatures: []dsse.Signature{{KeyID: key.ID, Sig: encode(sig)}}})
	if err != nil {
		return nil, fmt.Errorf("the envelope could not be written (%w); check the key's id", err)
	}
	if len(out) > MaxMessage {
		return nil, tooLarge(len(out))
	}
	return out, nil
}

// Verify says which key signed the envelope and may release app at the moment at. The key id in the envelope is only a
// hint: it decides which key is tried first, and which refusal is told.
func Verify(env Envelope, keys []Key, app string, at time.Time) (signer string, r *Rejection) {
	if !env.Signed || len(env.Signatures) == 0 {
		return "", reject(Unsigned, "", "the request is not signed; sign it (teal release --key), or let an operator set release.allow_unsigned in apps/%s.yaml", clip(app))
	}
	signed := dsse.PAE(EnvelopeType, env.Payload)
	var refused *Rejection
	named := ""
	for _, s := range env.Signatures {
		for _, key := range keys {
			if key.ID == s.KeyID {
				named = key.ID
			}
			if len(key.Public) != ed25519.PublicKeySize || !ed25519.Verify(key.Public, signed, s.Sig) {
				continue
			}
			if r := key.may(app, at); r == nil {
				return key.ID, nil
			} else if refused == nil || refused.Code == KeyExpired {
				refused = r
			}
		}
	}
	switch {
	case refused != nil:
		return "", refused
	case named != "":
		return "", reject(BadSignature, "/signatures", "the signature does not belong to the key %s or the payload was changed after signing; sign the exact bytes that are sent, with that key", named)
	}
	return "", reject(UnknownKey, "/signatures", "no key in teal's keys directory made the signature (key id %q); let an operator add the public key to keys/, or sign with a known one",
		clip(env.Signatures[0].KeyID))
}

func (k Key) may(app string, at time.Time) *Rejection {
	allowed := false
	for _, glob := range k.Apps {
		if ok, err := path.Match(glob, app); err == nil && ok {
			allowed = true
		}
	}
	switch {
	case !allowed:
		return reject(KeyNotAllowed, "/signatures", "the key %s may not release %s; sign with a key that may, or let an operator add the app to keys/%s.yaml", k.ID, clip(app), k.ID)
	case !k.NotBefore.IsZero() && at.Before(k.NotBefore):
		return reject(KeyExpired, "/signatures", "the key %s is not valid before %s; sign with another one", k.ID, stamp(k.NotBefore))
	case !k.NotAfter.IsZero() && at.After(k.NotAfter):
		return reject(KeyExpired, "/signatures", "the key %s was valid until %s; sign with its successor", k.ID, stamp(k.NotAfter))
	}
	return nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
