package events

import (
	"encoding/base64"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/secure-systems-lab/go-securesystemslib/dsse"
)

// Envelope is a message with its outer layer taken off: the bytes of the CloudEvent, and what signs them.
type Envelope struct {
	Signed     bool
	Payload    []byte // of a bare message: the message
	Signatures []Signature
}

// Signature is one signature over the payload. KeyID is a hint that nothing protects.
type Signature struct {
	KeyID string
	Sig   []byte
}

// Open takes the outer layer off: a bare CloudEvent has a top-level specversion, a DSSE envelope a top-level
// payloadType. Nothing is verified.
func Open(data []byte) (Envelope, *Rejection) {
	if len(data) > MaxMessage {
		return Envelope{}, tooLarge(len(data))
	}
	// What a bare message may hold is checked again, and more closely, by ParsePayload.
	if r := scan(data, MaxDepth+1, func(p string) bool { return p == "/payload" || inlineText(p) }); r != nil {
		return Envelope{}, r
	}
	var members map[string]jsontext.Value
	if r := explain(json.Unmarshal(data, &members), ""); r != nil {
		return Envelope{}, r
	}
	_, bare := members["specversion"]
	_, signed := members["payloadType"]
	switch {
	case bare && signed:
		return Envelope{}, reject(Schema, "/payloadType", "the message has both specversion and payloadType; send either a bare CloudEvent or a DSSE envelope around it")
	case signed:
		return openDSSE(data)
	case bare:
		return Envelope{Payload: data}, nil
	}
	return Envelope{}, reject(Schema, "", "the message has neither specversion (a CloudEvent) nor payloadType (a DSSE envelope) at its top; publish with teal release, or see teal schema release")
}

func openDSSE(data []byte) (Envelope, *Rejection) {
	var outer dsse.Envelope
	if r := decode(data, &outer, ""); r != nil {
		return Envelope{}, r
	}
	if outer.PayloadType != EnvelopeType {
		return Envelope{}, reject(Schema, "/payloadType", "/payloadType is %q; teal reads %s", clip(outer.PayloadType), EnvelopeType)
	}
	if n := len(outer.Signatures); n == 0 || n > MaxSignatures {
		return Envelope{}, reject(BadSignature, "/signatures", "the envelope has %d signatures; sign it with one to %d keys (teal release --key)", n, MaxSignatures)
	}
	payload, ok := unbase64(outer.Payload)
	if !ok {
		return Envelope{}, reject(Schema, "/payload", "/payload is not base64; encode the CloudEvent's bytes as they were signed")
	}
	env := Envelope{Signed: true, Payload: payload}
	for _, s := range outer.Signatures {
		sig, ok := unbase64(s.Sig)
		if !ok {
			return Envelope{}, reject(BadSignature, "/signatures", "a signature of the envelope is not base64; encode the 64 bytes of the ed25519 signature")
		}
		env.Signatures = append(env.Signatures, Signature{KeyID: s.KeyID, Sig: sig})
	}
	return env, nil
}

// unbase64 reads standard and URL-safe base64, as DSSE asks, but only in its one canonical spelling.
func unbase64(s string) ([]byte, bool) {
	if strings.ContainsAny(s, "\r\n") {
		return nil, false
	}
	for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		if out, err := enc.Strict().DecodeString(s); err == nil {
			return out, true
		}
	}
	return nil, false
}
