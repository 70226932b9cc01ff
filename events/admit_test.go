package events_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/events"
	"teal.dev/teal/release"
)

const id = release.ID("01JD2Y8M3N5W6X7Y8Z9A0B1C2D")

func now() time.Time { return time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC) }

func data() events.Data {
	return events.Data{App: "shop", Version: "2.0", Audience: "prod", ExpiresAt: now().Add(time.Hour), Migrations: &events.Migrations{Kind: events.KindNone}}
}

func key(t testing.TB, name string) events.PrivateKey {
	t.Helper()
	k, err := events.GenerateKey(name, rand.Reader)
	require.NoError(t, err)
	return k
}

func request(t testing.TB, d events.Data) []byte {
	t.Helper()
	doc, err := events.NewRequest(id, "test", now(), d)
	require.NoError(t, err)
	return doc
}

func signed(t testing.TB, d events.Data, k events.PrivateKey) []byte {
	t.Helper()
	env, err := events.Sign(request(t, d), k)
	require.NoError(t, err)
	return env
}

func received(data []byte) events.Received {
	return events.Received{Subject: events.RequestSubject("shop", id), Data: data, Seq: 50, Stored: now().Add(time.Minute)}
}

func app(keys ...events.Key) events.App {
	return events.App{Known: true, Audience: "prod", Keys: keys, AllowDirs: []string{"/srv/shop/migrations"}, History: true,
		Limits: release.Limits{HasDatabase: true, BakeFor: 30 * time.Minute, WarmFor: 24 * time.Hour, MaxErrors: 0.01, FewRequests: "pass", ContractAfter: 24 * time.Hour}}
}

func public(k events.PrivateKey, apps ...string) events.Key {
	return events.Key{ID: k.ID, Public: k.Public(), Apps: apps}
}

func TestAdmitSigned(t *testing.T) {
	k := key(t, "ci-shop")
	d := data()
	d.Options = &events.Options{Bake: "2h", MaxErrors: "0%", Warm: "forever"}
	d.Precondition = &events.Precondition{CurrentVersion: "1.9"}
	d.Migrations = &events.Migrations{Kind: events.KindInline, Files: map[string]string{"1_a.up.sql": "SELECT 1"}}
	m := received(signed(t, d, k))
	a, r := events.Admit(m, app(public(k, "sh*")))
	require.Nil(t, r)
	require.Equal(t, "ci-shop", a.Signer)
	require.Equal(t, events.Digest(m.Data), a.Digest)
	require.Equal(t, a.Folder.Digest(), a.Request.Folder)
	require.EqualValues(t, 50, a.Request.Seq)
	require.EqualValues(t, "1.9", a.Request.Current)
	require.Equal(t, release.Artifact{Kind: "dir", Ref: "2.0"}, a.Request.Artifact)
	require.Equal(t, 2*time.Hour, a.Request.Tighten.BakeFor)
	require.Equal(t, release.Forever, a.Request.Tighten.WarmFor)
	require.Zero(t, a.Request.Tighten.MaxErrors)
	require.Equal(t, 24*time.Hour, a.Request.Tighten.ContractAfter, "what the event does not say is the app's")
}

func TestAdmitUnsigned(t *testing.T) {
	m := received(request(t, data()))
	_, r := events.Admit(m, app())
	require.Equal(t, events.Unsigned, r.Code)
	lax := app()
	lax.AllowUnsigned = true
	a, r := events.Admit(m, lax)
	require.Nil(t, r)
	require.Empty(t, a.Signer)
	_, r = events.Admit(received(signed(t, data(), key(t, "stranger"))), lax)
	require.Equal(t, events.UnknownKey, r.Code, "a signature that is there must be good")
}

type refusal struct {
	code   events.Code
	change func(*events.Data, *events.Received, *events.App)
}

func refusals(t *testing.T) map[string]refusal {
	t.Helper()
	return map[string]refusal{
		"unknown app":      {events.UnknownApp, func(_ *events.Data, _ *events.Received, a *events.App) { a.Known = false }},
		"audience":         {events.WrongAudience, func(d *events.Data, _ *events.Received, _ *events.App) { d.Audience = "staging" }},
		"expired":          {events.Expired, func(_ *events.Data, m *events.Received, _ *events.App) { m.Stored = now().Add(time.Hour) }},
		"expires far away": {events.Schema, func(_ *events.Data, m *events.Received, _ *events.App) { m.Stored = now().Add(-8 * 24 * time.Hour) }},
		"subject's app": {events.Schema, func(_ *events.Data, m *events.Received, a *events.App) {
			m.Subject = events.RequestSubject("pay", id)
			a.Keys[0].Apps = []string{"*"}
		}},
		"key for another app": {events.KeyNotAllowed, func(_ *events.Data, m *events.Received, _ *events.App) { m.Subject = events.RequestSubject("pay", id) }},
		"subject's id": {events.Schema, func(_ *events.Data, m *events.Received, _ *events.App) {
			m.Subject = events.RequestSubject("shop", "01JD2Y8M3N5W6X7Y8Z9A0B1C2E")
		}},
		"subject": {events.Schema, func(_ *events.Data, m *events.Received, _ *events.App) {
			m.Subject = "teal.v1.release.shop.x.requested"
		}},
		"key not yet":      {events.KeyExpired, func(_ *events.Data, _ *events.Received, a *events.App) { a.Keys[0].NotBefore = now().Add(time.Hour) }},
		"key no more":      {events.KeyExpired, func(_ *events.Data, _ *events.Received, a *events.App) { a.Keys[0].NotAfter = now() }},
		"no keys":          {events.UnknownKey, func(_ *events.Data, _ *events.Received, a *events.App) { a.Keys = nil }},
		"key replaced":     {events.BadSignature, func(_ *events.Data, _ *events.Received, a *events.App) { a.Keys[0].Public = key(t, "x").Public() }},
		"key of no length": {events.BadSignature, func(_ *events.Data, _ *events.Received, a *events.App) { a.Keys[0].Public = nil }},
		"sequence equal": {events.StaleSequence, func(d *events.Data, _ *events.Received, a *events.App) {
			n := uint64(7)
			d.Sequence, a.Sequence = &n, 7
		}},
		"horizon": {events.Horizon, func(_ *events.Data, _ *events.Received, a *events.App) { a.History, a.Horizon = false, 50 }},
		"no database": {events.NoDatabase, func(d *events.Data, _ *events.Received, a *events.App) {
			d.Migrations.Kind, d.Migrations.Path = "dir", "/x"
			a.Limits.HasDatabase = false
		}},
		"migrations unsaid": {events.MigrationsRequired, func(d *events.Data, _ *events.Received, _ *events.App) { d.Migrations = nil }},
		"dir not allowed": {events.BadFolder, func(d *events.Data, _ *events.Received, _ *events.App) {
			d.Migrations.Kind, d.Migrations.Path = "dir", "/srv/shop/migrations2"
		}},
		"shorter bake": {events.Policy, func(d *events.Data, _ *events.Received, _ *events.App) { d.Options = &events.Options{Bake: "29m"} }},
		"shorter warm": {events.Policy, func(d *events.Data, _ *events.Received, _ *events.App) { d.Options = &events.Options{Warm: "1h"} }},
		"sooner contract": {events.Policy, func(d *events.Data, _ *events.Received, _ *events.App) {
			d.Options = &events.Options{ContractAfter: "1h"}
		}},
		"more errors": {events.Policy, func(d *events.Data, _ *events.Received, _ *events.App) { d.Options = &events.Options{MaxErrors: "2%"} }},
		"few requests": {events.Policy, func(d *events.Data, _ *events.Received, a *events.App) {
			d.Options = &events.Options{FewRequests: "pass"}
			a.Limits.FewRequests = "hold"
		}},
		"urgent": {events.Policy, func(d *events.Data, _ *events.Received, _ *events.App) { d.Options = &events.Options{Urgent: true} }},
	}
}

func TestAdmitRefusals(t *testing.T) {
	k := key(t, "ci-shop")
	good := app(public(k, "shop"))
	for name, c := range refusals(t) {
		t.Run(name, func(t *testing.T) {
			d, m, a := data(), received(nil), good
			a.Keys = append([]events.Key(nil), good.Keys...)
			c.change(&d, &m, &a)
			m.Data = signed(t, d, k)
			_, r := events.Admit(m, a)
			require.NotNil(t, r)
			require.Equal(t, c.code, r.Code, r.Text)
			require.Regexp(t, `[;:,] `, r.Text)
			_, again := events.Admit(m, a)
			require.Equal(t, r, again, "asked again, the same answer")
		})
	}
}

func TestAdmitAtTheEdges(t *testing.T) {
	k := key(t, "ci-shop")
	a, n := app(public(k, "shop")), uint64(8)
	a.Sequence, a.History, a.Horizon, a.Limits.AllowUrgent = 7, false, 49, true
	d := data()
	d.Sequence, d.Options = &n, &events.Options{Urgent: true, Bake: "30m", MaxErrors: "1%", FewRequests: "hold"}
	d.Migrations = &events.Migrations{Kind: "dir", Path: "/srv/shop/migrations/v2", Digest: "sha256:" + strings.Repeat("0", 64)}
	m := received(signed(t, d, k))
	m.Stored = now().Add(time.Hour - time.Nanosecond)
	got, r := events.Admit(m, a)
	require.Nil(t, r)
	require.True(t, got.Request.Urgent)
	require.Equal(t, "/srv/shop/migrations/v2", got.Dir)
	require.Empty(t, got.Request.Folder)
}

func TestAdmitRefusesAKindThatNobodyRuns(t *testing.T) {
	k := key(t, "ci-shop")
	a := app(public(k, "shop"))
	d := data()
	d.Migrations = &events.Migrations{Kind: events.KindNone}
	d.Artifact = &events.Artifact{Kind: events.KindOCI, Ref: "registry.example/shop", Digest: "sha256:" + strings.Repeat("0", 64)}
	_, r := events.Admit(received(signed(t, d, k)), a)
	require.Nil(t, r, "what the launcher runs is not known now: the vetting will tell")
	a.Kinds = []string{"dir", "tar"}
	_, r = events.Admit(received(signed(t, d, k)), a)
	require.NotNil(t, r)
	require.Equal(t, events.ArtifactKind, r.Code)
	require.Equal(t, "/data/artifact/kind", r.Pointer)
	require.Contains(t, r.Text, "dir or tar")
	d.Artifact = nil
	_, r = events.Admit(received(signed(t, d, k)), a)
	require.Nil(t, r, "dir is what is meant when nothing is said")
}

// TestAnEventDoesNotCarryHowItIsRun: what an event asks for is shown to who reads the queue.
func TestAnEventDoesNotCarryHowItIsRun(t *testing.T) {
	k := key(t, "ci-shop")
	a := app(public(k, "shop"))
	a.Limits.Recipe.Launch, a.Limits.Addresses = "words", map[release.Slot]string{release.A: "127.0.0.1:1"}
	d := data()
	d.Migrations = &events.Migrations{Kind: events.KindNone}
	d.Options = &events.Options{Bake: "2h"}
	got, r := events.Admit(received(signed(t, d, k)), a)
	require.Nil(t, r)
	require.Zero(t, got.Request.Tighten.Recipe)
	require.Nil(t, got.Request.Tighten.Addresses)
}

func TestTamperedEnvelopes(t *testing.T) {
	k := key(t, "ci-shop")
	keys := []events.Key{public(k, "shop")}
	var env map[string]any
	require.NoError(t, json.Unmarshal(signed(t, data(), k), &env))
	other := data()
	other.Version = "6.6.6"
	var evil map[string]any
	require.NoError(t, json.Unmarshal(signed(t, other, key(t, "ci-shop")), &evil))
	render := func(payloadType, payload, sigs any) []byte {
		out, err := json.Marshal(map[string]any{"payloadType": payloadType, "payload": payload, "signatures": sigs})
		require.NoError(t, err)
		return out
	}
	for name, c := range map[string]struct {
		raw  []byte
		code events.Code
	}{
		"payload swapped":   {render(env["payloadType"], evil["payload"], env["signatures"]), events.BadSignature},
		"signature swapped": {render(env["payloadType"], env["payload"], evil["signatures"]), events.BadSignature},
		"type changed":      {render("application/json", env["payload"], env["signatures"]), events.Schema},
		"no signatures":     {render(env["payloadType"], env["payload"], []any{}), events.BadSignature},
		"null signatures":   {render(env["payloadType"], env["payload"], nil), events.BadSignature},
		"not base64":        {render(env["payloadType"], "***", env["signatures"]), events.Schema},
		"newline in base64": {render(env["payloadType"], env["payload"].(string)+"\n", env["signatures"]), events.Schema},
		"empty signature":   {render(env["payloadType"], env["payload"], []any{map[string]any{"keyid": "ci-shop", "sig": ""}}), events.BadSignature},
		"unknown member":    {[]byte(`{"payloadType":"application/cloudevents+json","payload":"","signatures":[],"x":1}`), events.Schema},
		"case variant":      {[]byte(`{"payloadType":"application/cloudevents+json","PayloadType":"x","payload":"","signatures":[]}`), events.Schema},
		"many signatures":   {render(env["payloadType"], env["payload"], make([]any, 9)), events.BadSignature},
	} {
		t.Run(name, func(t *testing.T) {
			_, r := events.Admit(received(c.raw), app(keys...))
			require.NotNil(t, r)
			require.Equal(t, c.code, r.Code, r.Text)
		})
	}
	t.Run("the key id is only a hint", func(t *testing.T) {
		renamed := env["signatures"].([]any)[0].(map[string]any)
		renamed["keyid"] = "whatever"
		_, r := events.Admit(received(render(env["payloadType"], env["payload"], env["signatures"])), app(keys...))
		require.Nil(t, r)
	})
}

// An envelope that openssl signed verifies: the encoding of keys and the PAE are the world's, not ours.
func TestOpenSSLEnvelope(t *testing.T) {
	public, err := events.ParsePublicKey(strings.TrimSpace(string(example(t, "signed-by-openssl.pub"))))
	require.NoError(t, err)
	env, r := events.Open(example(t, "signed-by-openssl.json"))
	require.Nil(t, r)
	signer, r := events.Verify(env, []events.Key{{ID: "ci-shop", Public: public, Apps: []string{"shop"}}}, "shop", now())
	require.Nil(t, r)
	require.Equal(t, "ci-shop", signer)
	_, r = events.ParsePayload(env.Payload)
	require.Nil(t, r)
}

func TestKeys(t *testing.T) {
	k := key(t, "ci")
	text, err := events.FormatPublicKey(k.Public())
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(text, "ed25519:MCowBQYDK2VwAyEA"), text)
	back, err := events.ParsePublicKey(text)
	require.NoError(t, err)
	require.Equal(t, k.Public(), back)
	file, err := k.PEM()
	require.NoError(t, err)
	again, err := events.ParsePrivateKey("ci", file)
	require.NoError(t, err)
	require.Equal(t, k.Public(), again.Public())
	require.NotContains(t, fmt.Sprintf("%v %+v %#v %s", k, k, k, k), "[]byte")
	for _, bad := range []string{"", "ed25519:", "MCowBQYDK2VwAyEA", "ed25519:AAAA", "rsa:" + text, text + "x", "ed25519:MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE"} {
		_, err := events.ParsePublicKey(bad)
		require.Error(t, err, bad)
	}
	for _, bad := range []string{"", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"} {
		_, err := events.ParsePrivateKey("ci", []byte(bad))
		require.Error(t, err)
	}
	_, err = events.GenerateKey("ci", bytes.NewReader(nil))
	require.Error(t, err)
	if openssl, err := exec.LookPath("openssl"); err == nil {
		cmd := exec.Command(openssl, "pkey", "-noout", "-text")
		cmd.Stdin = bytes.NewReader(file)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
		require.Contains(t, string(out), "ED25519")
	}
}

func TestSignRefusesWhatDoesNotFit(t *testing.T) {
	_, err := events.Sign(bytes.Repeat([]byte("x"), events.MaxMessage*3/4+1), key(t, "ci"))
	require.ErrorContains(t, err, "kind: dir")
}

func TestValidateFolder(t *testing.T) {
	many := make(events.Folder, events.MaxFiles+1)
	for i := range many {
		many[i].Name = fmt.Sprintf("%d_x.up.sql", i)
	}
	require.Nil(t, events.ValidateFolder(many[:events.MaxFiles]))
	require.Nil(t, events.ValidateFolder(events.Folder{{Name: "expand/1_a.up.sql"}, {Name: "contract/1_a.up.sql"}, {Name: "README.md", Body: make([]byte, events.MaxFile)}}))
	large := make(events.Folder, 51)
	for i := range large {
		large[i] = events.File{Name: fmt.Sprintf("%d_x.up.sql", i), Body: make([]byte, events.MaxFile)}
	}
	bad := map[string]events.Folder{"none": nil, "many": many, "large in all": large, "large": {{Name: "1_a.up.sql", Body: make([]byte, events.MaxFile+1)}},
		"twice": {{Name: "1_a.up.sql"}, {Name: "1_a.up.sql"}}, "case": {{Name: "1_a.up.sql"}, {Name: "1_A.up.sql"}}, "long": {{Name: strings.Repeat("a", 129)}}}
	for _, name := range []string{"", ".", "..", "../a", "a/../b", "/a", "expand/", "expand//a", "expand/../a", "down/a", "expand/contract/a", "a\x00", "a\n", "-rf", ".hidden", "_a", "a b", "ä.sql", `a\b`, "a..b"} {
		bad["name "+name] = events.Folder{{Name: name}}
	}
	for name, folder := range bad {
		r := events.ValidateFolder(folder)
		require.NotNil(t, r, name)
		require.Equal(t, events.BadFolder, r.Code)
	}
}

func FuzzVerify(f *testing.F) {
	k := key(f, "ci-shop")
	f.Add(signed(f, data(), k))
	files, _ := filepath.Glob(examples + "/signed*.json")
	for _, file := range files {
		f.Add(example(f, filepath.Base(file)))
	}
	payload := request(f, data())
	keys := []events.Key{public(k, "shop")}
	f.Fuzz(func(t *testing.T, raw []byte) {
		env, r := events.Open(raw)
		if r != nil {
			return
		}
		if signer, r := events.Verify(env, keys, "shop", now()); r == nil && (signer != "ci-shop" || !bytes.Equal(env.Payload, payload)) {
			t.Fatalf("verified what was never signed: %q", env.Payload)
		}
		events.Admit(received(raw), app(keys...))
	})
}

func FuzzValidateFolder(f *testing.F) {
	f.Add("1_a.up.sql", "expand/2_b.up.sql", []byte("SELECT 1"))
	f.Add("../a", "a\\b", []byte{0xff})
	f.Fuzz(func(t *testing.T, one, two string, body []byte) {
		folder := events.Folder{{Name: one, Body: body}, {Name: two}}
		if events.ValidateFolder(folder) != nil {
			return
		}
		for _, file := range folder {
			if !filepath.IsLocal(file.Name) || filepath.Clean(file.Name) != file.Name || strings.Count(file.Name, "/") > 1 {
				t.Fatalf("a name leaves the folder: %q", file.Name)
			}
		}
	})
}
