package daemon

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"teal.dev/teal/release"
)

// gauges tells Prometheus what the views say at the moment of the scrape, so that nothing has to be kept in step.
type gauges struct{ daemon *Daemon }

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// Describe sends nothing: the set of metrics follows the apps.
func (g *gauges) Describe(chan<- *prometheus.Desc) {}

// Collect reads every app's view; it never waits.
func (g *gauges) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	d := g.daemon
	gauge(describe("teal_build_info", "The version of teal.", "version"), 1, d.opt.Version)
	gauge(describe("teal_nats_connected", "1 = the stream of requests can be reached."), number(d.connected()))
	if d.pump != nil {
		depth, failing := d.pump.Depth()
		gauge(describe("teal_outbox_depth", "Outcomes not published yet (at most one batch is counted)."), float64(depth))
		gauge(describe("teal_outbox_failing", "1 = the last attempt to publish failed."), number(failing))
	}
	config := d.opt.Config()
	gauge(describe("teal_config_reload_success", "1 = the config in force is what the directory says."), number(config.Problem == ""))
	for _, key := range config.PendingRestart {
		gauge(describe("teal_config_pending_restart", "1 = the new value of this key of teal.yaml waits for a restart of teal.", "key"), 1, key)
	}
	if !config.Tried.IsZero() {
		gauge(describe("teal_config_reload_timestamp_seconds", "When the config directory was last read."), float64(config.Tried.Unix()))
	}
	for _, app := range d.Apps() {
		v := app.View()
		phase := ""
		if v.State.Current != nil {
			phase = string(v.State.Current.Phase)
		}
		live := v.State.Live
		version := ""
		if place := v.State.Slots[live]; place.Plan != nil {
			version = string(place.Plan.Version)
		}
		gauge(describe("teal_app_info", "Where an app is.", "app", "live", "version", "phase", "class", "unproven"), 1,
			app.name, string(live), version, phase, string(v.Class), strconv.FormatBool(v.Unproven))
		gauge(describe("teal_app_degraded", "1 = the runner of the app cannot work.", "app"), number(v.Degraded != ""), app.name)
		gauge(describe("teal_app_turn_timestamp_seconds", "When the app's last turn ended.", "app"), float64(v.At.Unix()), app.name)
		code := ""
		if v.State.Hold != nil {
			code = v.State.Hold.Code
		}
		gauge(describe("teal_hold", "1 = a person must look.", "app", "code"), number(v.State.Hold != nil), app.name, code)
		gauge(describe("teal_job_running", "1 = a long effect runs in the lane.", "app", "lane"), number(v.Observation.Job.Running), app.name, "migrate")
		for _, slot := range release.Slots() {
			gauge(describe("teal_job_running", "1 = a long effect runs in the lane.", "app", "lane"), number(v.Observation.Launch[slot].Running), app.name, "launch_"+string(slot))
		}
		gauge(describe("teal_contracts_owed", "Contract migrations that wait for their time.", "app"), float64(len(v.State.Owed)), app.name)
		gauge(describe("teal_queue", "Releases accepted and not begun.", "app"), float64(len(v.Observation.Queue)), app.name)
	}
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
