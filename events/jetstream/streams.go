package jetstream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"teal.dev/teal/events"
)

// The streams of teal.
const (
	Releases = "TEAL_RELEASES"
	Outcomes = "TEAL_OUTCOMES"

	releasesSubject = "teal.v1.release.*.*.requested"
	outcomesSubject = "teal.v1.outcome.*.*.*"
	keep            = 90 * 24 * time.Hour
	maxBytes        = 1 << 30
)

// releasesConfig: one message per subject and no more makes the subject an idempotency key without a window. The
// duplicate window is the least there is, because it spans all apps: one could suppress another's request by its id.
func releasesConfig() jetstream.StreamConfig {
	return jetstream.StreamConfig{Name: Releases, Description: "Release requests. A record: teal deletes nothing.", Subjects: []string{releasesSubject},
		Storage: jetstream.FileStorage, Replicas: 1, Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardNew, DiscardNewPerSubject: true,
		MaxMsgsPerSubject: 1, MaxMsgs: -1, MaxConsumers: -1, MaxAge: keep, MaxBytes: maxBytes, MaxMsgSize: events.MaxMessage, DenyDelete: true, DenyPurge: true,
		AllowDirect: true, Duplicates: 100 * time.Millisecond}
}

func outcomesConfig() jetstream.StreamConfig {
	return jetstream.StreamConfig{Name: Outcomes, Description: "What became of each release.", Subjects: []string{outcomesSubject},
		Storage: jetstream.FileStorage, Replicas: 1, Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardOld, MaxMsgsPerSubject: -1, MaxMsgs: -1,
		MaxConsumers: -1, MaxAge: keep, MaxBytes: maxBytes, MaxMsgSize: -1, AllowDirect: true, Duplicates: 2 * time.Minute}
}

// Ensure creates the streams that are missing and compares those that are there: a difference is a warning, storage in
// memory an error. It changes no stream that somebody else has made.
func (b *Bus) Ensure(ctx context.Context) (warnings []string, err error) {
	for _, want := range []jetstream.StreamConfig{releasesConfig(), outcomesConfig()} {
		stream, err := b.js.Stream(ctx, want.Name)
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			stream, err = b.js.CreateStream(ctx, want)
		}
		if err != nil {
			return warnings, fmt.Errorf("the stream %s can neither be read nor created (%w); check that NATS runs with JetStream and what its permissions allow", want.Name, err)
		}
		got := stream.CachedInfo().Config
		if got.Storage != jetstream.FileStorage {
			return warnings, fmt.Errorf("the stream %s is kept in memory, so a restart of NATS loses requests; delete it and let teal create it with file storage", want.Name)
		}
		warnings = append(warnings, differences(want, got)...)
	}
	b.ensured.Store(true)
	return warnings, nil
}

func differences(want, got jetstream.StreamConfig) []string {
	var out []string
	for _, f := range []struct {
		name      string
		want, got any
	}{
		{"subjects", fmt.Sprint(want.Subjects), fmt.Sprint(got.Subjects)}, {"retention", want.Retention, got.Retention}, {"discard", want.Discard, got.Discard},
		{"discard_new_per_subject", want.DiscardNewPerSubject, got.DiscardNewPerSubject}, {"max_msgs_per_subject", want.MaxMsgsPerSubject, got.MaxMsgsPerSubject},
		{"max_msgs", want.MaxMsgs, got.MaxMsgs}, {"max_age", want.MaxAge, got.MaxAge}, {"max_bytes", want.MaxBytes, got.MaxBytes}, {"max_msg_size", want.MaxMsgSize, got.MaxMsgSize},
		{"deny_delete", want.DenyDelete, got.DenyDelete}, {"deny_purge", want.DenyPurge, got.DenyPurge}, {"allow_direct", want.AllowDirect, got.AllowDirect},
		{"duplicate_window", want.Duplicates, got.Duplicates},
	} {
		if f.want != f.got {
			out = append(out, fmt.Sprintf("the stream %s has %s %v and teal would make it %v; change it with nats stream edit, or keep it knowingly", want.Name, f.name, f.got, f.want))
		}
	}
	slices.Sort(out)
	return out
}

// ready is Ensure for those who come before anybody called it, or after a stream was found gone.
func (b *Bus) ready(ctx context.Context) error {
	if b.ensured.Load() {
		return nil
	}
	warnings, err := b.Ensure(ctx)
	for _, w := range warnings {
		b.log.Warn(w)
	}
	return err
}
