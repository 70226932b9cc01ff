package events

import (
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"teal.dev/teal/release"
)

// MaxOutcome is the size above which an outcome leaves its facts out, so that a server with the usual payload limit of
// 1 MiB always takes it and the outbox never stops.
const MaxOutcome = 512 << 10

// OutcomeSubject is the subject on which an outcome is published. With "*" as kind it is every outcome of a release.
func OutcomeSubject(app string, id release.ID, kind string) string {
	return "teal.v1.outcome." + app + "." + string(id) + "." + kind
}

// OutcomeData is the data of an outcome's CloudEvent.
type OutcomeData struct {
	Release release.ID     `json:"release"`
	App     string         `json:"app"`
	N       uint64         `json:"n"` // per release, from 1, without a gap
	Type    string         `json:"type"`
	Code    string         `json:"code,omitempty"`
	Text    string         `json:"text"`
	At      time.Time      `json:"at"`
	Facts   map[string]any `json:"facts,omitempty"`
}

type outcomeEvent struct {
	SpecVersion     string      `json:"specversion"`
	Type            string      `json:"type"`
	ID              string      `json:"id"`
	Source          string      `json:"source"`
	Subject         string      `json:"subject"`
	Time            time.Time   `json:"time"`
	DataContentType string      `json:"datacontenttype"`
	CausationID     string      `json:"causationid"`
	Data            OutcomeData `json:"data"`
}

// OutcomeMessage is an outcome ready to be published. ID is the same however often it is published.
type OutcomeMessage struct {
	Subject string
	ID      string
	Body    []byte
}

// Message writes one outcome as a CloudEvent of the teal of that name. The same outcome always gives the same bytes.
func Message(teal string, p release.Posted) (OutcomeMessage, error) {
	if !isApp(p.App) || !isID(string(p.Release)) || !token(p.Type, lower, or(lower, "_"), 40) {
		return OutcomeMessage{}, fmt.Errorf("the outcome %q of release %q of app %q has no legal subject; this is a defect of teal: report it", p.Type, p.Release, p.App)
	}
	at := p.At.UTC()
	e := outcomeEvent{SpecVersion: "1.0", Type: "dev.teal.outcome." + p.Type + ".v1", ID: fmt.Sprintf("%s/%d", p.Release, p.N), Source: "teal/" + teal,
		Subject: p.App, Time: at, DataContentType: "application/json", CausationID: string(p.Release),
		Data: OutcomeData{Release: p.Release, App: p.App, N: p.N, Type: p.Type, Code: p.Code, Text: p.Text, At: at, Facts: p.Facts}}
	body, err := e.write()
	if err == nil && len(body) <= MaxOutcome {
		return OutcomeMessage{Subject: OutcomeSubject(p.App, p.Release, p.Type), ID: e.ID, Body: body}, nil
	}
	why := fmt.Sprintf("%d bytes", len(body))
	if err != nil {
		why = clip(err.Error())
	}
	e.Data.Facts = map[string]any{"omitted": "the facts do not fit into an event (" + why + "); read them with teal history"}
	if len(e.Data.Text) > MaxString {
		e.Data.Text = strings.ToValidUTF8(e.Data.Text[:MaxString], "") + "…"
	}
	if body, err = e.write(); err != nil {
		return OutcomeMessage{}, fmt.Errorf("the outcome %s cannot be written as JSON (%w); this is a defect of teal: report it", e.ID, err)
	}
	return OutcomeMessage{Subject: OutcomeSubject(p.App, p.Release, p.Type), ID: e.ID, Body: body}, nil
}

func (e outcomeEvent) write() ([]byte, error) {
	return json.Marshal(e, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
}

// ParseOutcome reads the CloudEvent of an outcome. Members that it does not know are left for newer readers.
func ParseOutcome(body []byte) (OutcomeData, error) {
	var e outcomeEvent
	if err := json.Unmarshal(body, &e); err != nil {
		return OutcomeData{}, fmt.Errorf("a message on the outcome stream is not an outcome (%w); only teal may publish there: check the NATS permissions", err)
	}
	if e.SpecVersion != "1.0" || e.Data.N == 0 || !isID(string(e.Data.Release)) {
		return OutcomeData{}, fmt.Errorf("a message on the outcome stream (id %q) is not an outcome; only teal may publish there: check the NATS permissions", clip(e.ID))
	}
	return e.Data, nil
}
