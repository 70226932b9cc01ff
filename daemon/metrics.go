package daemon

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"teal.dev/teal/release"
)

// Metrics counts what the runners do. A nil *Metrics counts nothing.
type Metrics struct {
	turns    *prometheus.CounterVec
	rules    *prometheus.CounterVec
	effects  *prometheus.HistogramVec
	outcome  *prometheus.CounterVec
	restarts *prometheus.CounterVec
	received *prometheus.CounterVec
}

// NewMetrics registers the counters.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	m := &Metrics{
		turns:    counter("teal_turns_total", "Turns of an app's loop.", "app"),
		rules:    counter("teal_rules_total", "Decisions by the rule that spoke.", "app", "rule", "kind"),
		outcome:  counter("teal_outcomes_total", "Saves that queued outcomes.", "app"),
		restarts: counter("teal_runner_restarts_total", "Runners that ended and were begun again.", "app"),
		received: counter("teal_requests_total", "Requests that the door answered.", "result"),
		effects: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "teal_effect_seconds", Help: "Duration of effects.",
			Buckets: []float64{.005, .02, .1, .5, 2, 10, 60, 600, 3600}}, []string{"app", "kind", "result"}),
	}
	reg.MustRegister(m.turns, m.rules, m.outcome, m.restarts, m.received, m.effects)
	return m
}

func (m *Metrics) turn(app string, a release.Action) {
	if m != nil {
		m.turns.WithLabelValues(app).Inc()
		m.rules.WithLabelValues(app, a.Rule, string(a.Kind)).Inc()
	}
}

func (m *Metrics) effect(app string, kind release.Kind, took time.Duration, err error) {
	if m == nil {
		return
	}
	result := "ok"
	if fault := faultOf(err); fault != nil {
		result = string(fault.Class)
	}
	m.effects.WithLabelValues(app, string(kind), result).Observe(took.Seconds())
}

func (m *Metrics) outcomes(app string) {
	if m != nil {
		m.outcome.WithLabelValues(app).Inc()
	}
}

func (m *Metrics) restarted(app string) {
	if m != nil {
		m.restarts.WithLabelValues(app).Inc()
	}
}

func (m *Metrics) answered(result string) {
	if m != nil {
		m.received.WithLabelValues(result).Inc()
	}
}
