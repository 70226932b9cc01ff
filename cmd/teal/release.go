package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"teal.dev/teal/events"
	"teal.dev/teal/events/jetstream"
	"teal.dev/teal/release"
)

// requested is what the flags of teal release say.
type requested struct {
	at           place
	app, version string

	key, audience, source string
	artifact              string
	migrations, dir       string
	id, precondition      string
	sequence              uint64
	expires               period
	labels                map[string]string
	change                events.Change
	options               events.Options
	nats, credentials, ca string
	inbox                 string
	until                 *choice
	timeout               period
	out                   *choice
	dryRun                bool

	reach time.Duration // the time in which the request has to be published
}

// newRelease publishes a release request and follows what becomes of it.
func newRelease(io stdio) *cobra.Command {
	q := &requested{expires: period(time.Hour), reach: time.Minute}
	cmd := &cobra.Command{
		Use:     "release APP VERSION",
		GroupID: "release",
		Short:   "Request a release and follow it to its end",
		Long: `Publish a release request on NATS and follow its outcomes: what a build system runs as its last step. It needs NATS only,
not the daemon's socket. Publishing the same --id again is safe: the first request stands, and this command goes on
waiting for it. When NATS does not take the request within a minute (or --timeout, if that is shorter), nothing was published
and nothing is waited for.

Exit codes: 0 reached --until, 1 failed or rejected, 2 usage, 3 rejected by a policy, 4 timed out, 5 superseded,
abandoned or rolled back, 6 held until a person decides.`,
		Example: `  teal release shop 1.4.2 --audience prod-eu1 --key ci-shop.pem --migrations ./migrations
  teal release shop 1.4.2 --audience prod-eu1 --key ci-shop.pem --migrations none --until finished --timeout 48h
  teal release web 7 --audience prod-eu1 --artifact registry.example/web@sha256:4bf5…e1 --nats tls://nats.example:4222
  teal release shop 1.4.2 --audience prod-eu1 --migrations ./migrations --dry-run`,
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: q.at.apps,
		RunE: func(cmd *cobra.Command, args []string) error {
			q.app, q.version = args[0], args[1]
			return q.run(cmd.Context(), io)
		},
	}
	q.requestFlags(cmd)
	q.natsFlags(cmd)
	q.at.flags(cmd)
	q.out = format(cmd)
	return cmd
}

func (q *requested) requestFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&q.key, "key", "", "sign with the private key in this `FILE` (PEM, as teal keys generate writes it); without, a bare event is sent")
	f.StringVar(&q.audience, "audience", os.Getenv("TEAL_AUDIENCE"), "the `NAME` of the teal that is meant (default $TEAL_AUDIENCE, else the name in teal.yaml)")
	f.StringVar(&q.artifact, "artifact", "", "`WHAT` is run: a directory's name under the launcher's root (default: the version), IMAGE@sha256:DIGEST, or none")
	f.StringVar(&q.migrations, "migrations", "", "the whole migration folder `DIR`, sent inside the event; or none, which an app with a database must say aloud")
	f.StringVar(&q.dir, "migrations-dir", "", "the `PATH` of the migration folder on the host of teal, where the app's config allows it")
	f.StringVar(&q.id, "id", "", "the release `ID`, a ULID (default: a new one); the same id is released once")
	f.Var(&q.expires, "expires", "the request is void unless NATS has it within this time")
	f.StringVar(&q.precondition, "precondition", "", "release only if this `VERSION` is live then")
	numberFlag(cmd, &q.sequence, "sequence", "the build's number `N`: a lower one than the last accepted is refused", "write the build's number, such as 1412")
	f.StringToStringVar(&q.labels, "label", nil, "a label as `KEY=VALUE`; may be repeated")
	f.StringVar(&q.change.Commit, "commit", "", "the `COMMIT`, shown to people")
	f.StringVar(&q.change.Author, "author", "", "the `AUTHOR`, shown to people")
	f.StringVar(&q.change.URL, "url", "", "the change's `URL`, shown to people")
	f.StringVar(&q.source, "source", "", "who publishes, as a `URI` (default: this host)")
	f.BoolVar(&q.options.Urgent, "urgent", false, "end the bake of the release before it, where the app allows that")
	f.StringVar(&q.options.Bake, "bake", "", "bake for this `TIME`, longer than the app's config says, such as 2h")
	f.StringVar(&q.options.Warm, "warm", "", "keep the earlier version warm for this `TIME`, longer than the app's config says, such as 7d, or forever")
	f.StringVar(&q.options.MaxErrors, "max-errors", "", "tolerate this `SHARE` of errors in the bake, less than the app's config says, such as 0.5%")
	f.StringVar(&q.options.FewRequests, "few-requests", "", "`hold`: do not let a bake without enough requests pass")
	f.StringVar(&q.options.ContractAfter, "contract-after", "", "let the contract wait for this `TIME`, longer than the app's config says, such as 7d, or never")
	q.until = choose(cmd, "until", "", "wait until the release is", "baked", "accepted", "switched", "baked", "finished")
	f.Var(&q.timeout, "timeout", "give up waiting after this time; the release goes on (default by --until: accepted 1m, switched 1h, baked 4h, finished 72h)")
	f.BoolVar(&q.dryRun, "dry-run", false, "print the message that would be published, and publish nothing")
}

func (q *requested) natsFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&q.nats, "nats", envOr("TEAL_NATS", "nats://127.0.0.1:4222"), "address (`URL`) of NATS (env TEAL_NATS)")
	f.StringVar(&q.credentials, "credentials", os.Getenv("TEAL_CREDENTIALS"), "NATS credentials `FILE` (env TEAL_CREDENTIALS)")
	f.StringVar(&q.ca, "ca", "", "certificate `FILE` of the authority that signed NATS's (default: the system's)")
	f.StringVar(&q.inbox, "inbox-prefix", "", "inbox `PREFIX`, where the NATS permissions name an inbox per user")
}

// defaultTimeout is how long --until may reasonably take.
func (q *requested) defaultTimeout() time.Duration {
	if q.timeout > 0 {
		return time.Duration(q.timeout)
	}
	return map[string]time.Duration{"accepted": time.Minute, "switched": time.Hour, "baked": 4 * time.Hour, "finished": 72 * time.Hour}[q.until.value]
}

func (q *requested) run(ctx context.Context, io stdio) error {
	id, message, err := q.message(time.Now())
	if err != nil {
		return err
	}
	if q.dryRun {
		_, err := fmt.Fprintln(io.out, string(message))
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, q.defaultTimeout())
	defer cancel()
	follow := &follower{io: io, request: q, id: id, target: q.until.value, json: q.out.json()}
	return follow.run(ctx, message)
}

// message builds the request, and signs it when there is a key.
func (q *requested) message(now time.Time) (release.ID, []byte, error) {
	id := release.ID(q.id)
	if id == "" {
		var err error
		if id, err = events.NewID(now, rand.Reader); err != nil {
			return "", nil, err
		}
	}
	data, err := q.data(now)
	if err != nil {
		return id, nil, err
	}
	host, _ := os.Hostname() // a source without a host is a source too
	event, err := events.NewRequest(id, cmp.Or(q.source, "teal-release/"+cmp.Or(host, "unknown")), now, data)
	if err != nil {
		return id, nil, usable(err)
	}
	if q.key == "" {
		return id, event, nil
	}
	file, err := os.ReadFile(q.key)
	if err != nil {
		return id, nil, hinted(failf(exitUsage, "the key cannot be read: %v", err), "teal keys generate NAME makes one")
	}
	key, err := events.ParsePrivateKey(strings.TrimSuffix(filepath.Base(q.key), ".pem"), file)
	if err != nil {
		return id, nil, failf(exitUsage, "%s: %v", q.key, err)
	}
	signed, err := events.Sign(event, key)
	if err != nil {
		return id, nil, usable(err)
	}
	return id, signed, nil
}

// usable is a refusal of the request's form: the input is at fault, before anything was sent.
func usable(err error) error {
	var r *events.Rejection
	if errors.As(err, &r) {
		return failf(exitUsage, "%s", plain(r.Text))
	}
	return failf(exitUsage, "%v", err)
}

func (q *requested) data(now time.Time) (events.Data, error) {
	d := events.Data{App: q.app, Version: q.version, Audience: cmp.Or(q.audience, q.at.look().Name), ExpiresAt: now.Add(time.Duration(q.expires)), Labels: q.labels}
	if d.Audience == "" {
		return d, hinted(failf(exitUsage, "it is not said which teal shall release %s", q.app), "--audience NAME, the name in that teal's teal.yaml (or TEAL_AUDIENCE)")
	}
	if q.sequence > 0 {
		d.Sequence = &q.sequence
	}
	if q.precondition != "" {
		d.Precondition = &events.Precondition{CurrentVersion: q.precondition}
	}
	if q.change != (events.Change{}) {
		d.Change = &q.change
	}
	if q.options != (events.Options{}) {
		d.Options = &q.options
	}
	switch image, digest, oci := strings.Cut(q.artifact, "@"); {
	case oci:
		d.Artifact = &events.Artifact{Kind: events.KindOCI, Ref: image, Digest: digest}
	case q.artifact == events.KindNone:
		d.Artifact = &events.Artifact{Kind: events.KindNone}
	case q.artifact != "":
		d.Artifact = &events.Artifact{Kind: events.KindDir, Ref: q.artifact}
	}
	var err error
	d.Migrations, err = q.folder()
	return d, err
}

// folder is the migrations as the flags name them; nil = the request says nothing of migrations.
func (q *requested) folder() (*events.Migrations, error) {
	switch {
	case q.migrations != "" && q.dir != "":
		return nil, failf(exitUsage, "give either --migrations (sent inside the event) or --migrations-dir (a path on the host of teal)")
	case q.dir != "":
		return &events.Migrations{Kind: events.KindDir, Path: q.dir}, nil
	case q.migrations == "":
		return nil, nil
	case q.migrations == events.KindNone:
		return &events.Migrations{Kind: events.KindNone}, nil
	}
	files, err := readMigrations(q.migrations)
	if err != nil {
		return nil, err
	}
	m := &events.Migrations{Kind: events.KindInline, Files: map[string]string{}}
	for _, file := range files {
		m.Files[file.Name] = string(file.Body)
	}
	return m, nil
}

// connect opens the connection and waits until somebody answers, and says at once when nobody does.
func (q *requested) connect(ctx context.Context, io stdio) (*jetstream.Bus, error) {
	notes := slog.New(slog.NewTextHandler(io.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	bus, err := jetstream.Connect(jetstream.Config{Name: "release", URL: q.nats, Credentials: q.credentials, CA: q.ca, InboxPrefix: q.inbox, Log: notes})
	if err != nil {
		return nil, failf(exitUsage, "%v", err)
	}
	if !bus.Connected() { // the first try is over when Connect returns
		fmt.Fprintf(io.err, "nobody answers at %s yet; trying for %s\n", q.nats, short(min(q.reach, q.defaultTimeout())))
	}
	if !connected(ctx, bus) {
		bus.Close()
		return nil, ctx.Err()
	}
	return bus, nil
}

// followed is the JSON document at the end.
type followed struct {
	Release  release.ID           `json:"release"`
	App      string               `json:"app"`
	Version  string               `json:"version"`
	Until    string               `json:"until"`
	Result   string               `json:"result"` // accepted, switched, baked, finished, rejected, …, held, timeout, failed
	Code     int                  `json:"exit_code"`
	Error    string               `json:"error,omitempty"`
	Next     string               `json:"next,omitempty"`
	Outcomes []events.OutcomeData `json:"outcomes"`
}

// MarshalJSON never writes null for the outcomes.
func (f followed) MarshalJSON() ([]byte, error) {
	type bare followed
	f.Outcomes = list(f.Outcomes)
	return json.Marshal(bare(f))
}
