package events_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/events"
	"teal.dev/teal/release"
)

func posted() release.Posted {
	return release.Posted{App: "shop", N: 3, Outcome: release.Outcome{Release: id, Type: release.OutSwitched, Text: "the traffic is on b", At: now(), Facts: map[string]any{"slot": "b", "rev": 41}}}
}

func TestOutcomeMessage(t *testing.T) {
	m, err := events.Message("prod-eu1", posted())
	require.NoError(t, err)
	require.Equal(t, "teal.v1.outcome.shop.01JD2Y8M3N5W6X7Y8Z9A0B1C2D.switched", m.Subject)
	require.Equal(t, "01JD2Y8M3N5W6X7Y8Z9A0B1C2D/3", m.ID)
	require.JSONEq(t, `{"specversion":"1.0","type":"dev.teal.outcome.switched.v1","id":"01JD2Y8M3N5W6X7Y8Z9A0B1C2D/3","source":"teal/prod-eu1","subject":"shop",
		"time":"2026-11-22T10:00:00Z","datacontenttype":"application/json","causationid":"01JD2Y8M3N5W6X7Y8Z9A0B1C2D","data":{"release":"01JD2Y8M3N5W6X7Y8Z9A0B1C2D","app":"shop",
		"n":3,"type":"switched","text":"the traffic is on b","at":"2026-11-22T10:00:00Z","facts":{"rev":41,"slot":"b"}}}`, string(m.Body))
	again, err := events.Message("prod-eu1", posted())
	require.NoError(t, err)
	require.Equal(t, m, again)
	back, err := events.ParseOutcome(m.Body)
	require.NoError(t, err)
	require.EqualValues(t, 3, back.N)
	require.Equal(t, "switched", back.Type)
}

// No outcome may stop the outbox behind it: facts that do not fit, or are no JSON, are left out and said to be.
func TestOutcomeAlwaysFits(t *testing.T) {
	for name, facts := range map[string]map[string]any{"large": {"findings": strings.Repeat("x", 2<<20)}, "not JSON": {"share": math.NaN()}, "not UTF-8": {"log": "\xff"}} {
		p := posted()
		p.Facts, p.Text = facts, strings.Repeat("ü\xff", 300_000)
		m, err := events.Message("prod", p)
		require.NoError(t, err, name)
		require.LessOrEqual(t, len(m.Body), events.MaxOutcome)
		_, err = events.ParseOutcome(m.Body)
		require.NoError(t, err, name)
	}
	p := posted()
	p.App = "shop.>"
	_, err := events.Message("prod", p)
	require.Error(t, err)
}

func TestParseOutcomeRefusesStrangers(t *testing.T) {
	for _, raw := range []string{"", "{}", "null", `{"specversion":"1.0","data":{"n":1}}`, string(example(t, "good-full.json"))} {
		_, err := events.ParseOutcome([]byte(raw))
		require.Error(t, err, raw)
	}
}

func FuzzParseOutcome(f *testing.F) {
	m, _ := events.Message("prod", posted())
	f.Add(m.Body)
	f.Fuzz(func(t *testing.T, raw []byte) { _, _ = events.ParseOutcome(raw) })
}
