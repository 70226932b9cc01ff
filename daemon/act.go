package daemon

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"teal.dev/teal/events"
	"teal.dev/teal/release"
)

// act carries out what was recorded. One case per kind; nothing here knows why.
func (l *loop) act(ctx context.Context, action release.Action, seen release.Observation) error {
	switch action.Kind {
	case release.Send:
		return l.send(ctx, action)
	case release.Cancel:
		if l.migrate.job != nil {
			l.migrate.job.cancel()
		}
		return nil
	case release.Vet:
		return l.begin(ctx, &l.migrate, action, l.vetting(action, seen))
	case release.Expand:
		return l.begin(ctx, &l.migrate, action, l.migrating(action, "expand"))
	case release.Contract:
		return l.begin(ctx, &l.migrate, action, l.migrating(action, "contract"))
	case release.Adopt:
		return l.begin(ctx, &l.migrate, action, l.adopting(action))
	case release.Start, release.Stop:
		lane := l.launch[action.Slot]
		if lane == nil {
			return fmt.Errorf("the core asked for a %s in slot %q, which is none; this is a defect of teal, please report it", action.Kind, action.Slot)
		}
		if action.Kind == release.Stop {
			return l.begin(ctx, lane, action, l.stopping(action))
		}
		return l.begin(ctx, lane, action, l.starting(action))
	case release.Wait, release.Record, release.Refuse:
		return nil
	}
	return fmt.Errorf("the core asked for an unknown kind of action %q; this is a defect of teal, please report it", action.Kind)
}

// send is the one effect that the loop waits for, because nothing else of the app matters meanwhile.
func (l *loop) send(ctx context.Context, action release.Action) error {
	bounded, cancel := context.WithTimeout(ctx, sendLimit)
	defer cancel()
	began := time.Now()
	err := l.config.Ports.Switch.Send(bounded, action.Route)
	l.took(ctx, action, time.Since(began), err)
	return err
}

// begin starts a job in a lane. A lane that is busy is a defect of the core: nothing is started twice.
func (l *loop) begin(ctx context.Context, lane *lane, action release.Action, do work) error {
	if lane.job != nil {
		l.app.opt.Log.Error("asked to begin a job while one runs in its lane; this is a defect of teal, please report it",
			"kind", action.Kind, "running", lane.job.action.Kind)
		return errBusy
	}
	lane.job = begin(ctx, action, do, l.app.Wake)
	lane.last = lane.job.seen()
	return nil
}

func (l *loop) vetting(action release.Action, seen release.Observation) work {
	vetter, inbox, state, launcher := l.config.Ports.Vetter, l.app.opt.Inbox, l.state, l.config.Ports.Launcher
	request, found := requestOf(state, seen, action.Release)
	if i := slices.IndexFunc(state.Owed, func(o release.Owed) bool { return o.Release == action.Release }); i >= 0 && len(action.Numbers) > 0 {
		return vettingContract(vetter, inbox, state.Owed[i])
	}
	return func(ctx context.Context, j *job, _ func(string)) error {
		if vetter == nil || !found {
			return &release.Fault{Class: release.Unproven, Code: "cannot_vet",
				Text: fmt.Sprintf("release %s cannot be judged: it has no request, or the app no vetter; report this as a defect of teal", action.Release)}
		}
		ctx, cancel := context.WithTimeout(ctx, vetLimit)
		defer cancel()
		digest, err := examine(launcher, action.Plan)
		if err != nil {
			return err
		}
		folder, err := folderOf(ctx, inbox, request.Folder)
		if err != nil {
			return err
		}
		verdict, err := vetter.Vet(ctx, state, request, folder)
		if err != nil {
			return err
		}
		verdict.Release, verdict.Digest = action.Release, digest
		j.verdict = &verdict
		return nil
	}
}

// examine looks at what a release would run, so that what cannot run is refused before the schema is touched.
func examine(launcher Launcher, plan release.Plan) (string, error) {
	examiner, ok := launcher.(Examiner)
	if !ok {
		return "", nil
	}
	digest, err := examiner.Digest(plan)
	if err == nil {
		return digest, nil
	}
	if _, ok := errors.AsType[*release.Fault](err); ok {
		return "", err
	}
	return "", &release.Fault{Class: release.Retry, Code: "artifact_unread", Text: fmt.Sprintf("what %s would run cannot be looked at: %v", plan.Version, err)}
}

func vettingContract(vetter Vetter, inbox Inbox, owed release.Owed) work {
	return func(ctx context.Context, j *job, _ func(string)) error {
		ctx, cancel := context.WithTimeout(ctx, vetLimit)
		defer cancel()
		folder, err := folderOf(ctx, inbox, owed.Folder)
		if err != nil {
			return err
		}
		verdict, err := vetter.VetContract(ctx, owed, folder)
		verdict.Release = owed.Release
		j.verdict = &verdict
		return err
	}
}

func (l *loop) migrating(action release.Action, track string) work {
	migrator, inbox := l.config.Ports.Migrator, l.app.opt.Inbox
	m := release.Migration{App: l.app.name, Release: action.Release, Epoch: l.epoch, Folder: action.Folder, Track: track,
		Merged: action.Merged, Numbers: action.Numbers}
	return func(ctx context.Context, _ *job, progress func(string)) error {
		if migrator == nil {
			return &release.Fault{Class: release.Unproven, Code: "no_database", Text: m.App + " has migrations to apply and no database: " +
				"put database.url back into its config, then teal resume"}
		}
		folder, err := folderOf(ctx, inbox, m.Folder)
		if err != nil {
			return err
		}
		return migrator.Apply(ctx, m, folder, progress)
	}
}

func (l *loop) adopting(action release.Action) work {
	adopter, able := l.config.Ports.Migrator.(Adopter)
	inbox := l.app.opt.Inbox
	m := release.Migration{App: l.app.name, Epoch: l.epoch, Folder: action.Folder, Claim: action.Claim}
	return func(ctx context.Context, _ *job, _ func(string)) error {
		if !able {
			return &release.Fault{Class: release.Permanent, Code: "cannot_adopt", Text: m.App + " has no database that can be adopted; put database.url into its config first"}
		}
		folder, err := folderOf(ctx, inbox, m.Folder)
		if err != nil {
			return err
		}
		return adopter.Adopt(ctx, m, folder)
	}
}

func (l *loop) starting(action release.Action) work {
	l.eyes.watchers[action.Slot].forget()
	launcher := l.config.Ports.Launcher
	return func(ctx context.Context, _ *job, _ func(string)) error {
		return launcher.Start(ctx, action.Slot, action.Plan)
	}
}

func (l *loop) stopping(action release.Action) work {
	l.eyes.watchers[action.Slot].forget()
	launcher := l.config.Ports.Launcher
	return func(ctx context.Context, _ *job, _ func(string)) error {
		return launcher.Stop(ctx, action.Slot, action.Grace)
	}
}

// folderOf fetches a stored folder; no digest means no migrations.
func folderOf(ctx context.Context, inbox Inbox, digest string) (events.Folder, error) {
	if digest == "" {
		return nil, nil
	}
	return inbox.Folder(ctx, digest)
}

// requestOf finds the request of a release: it is in progress, or still in the queue.
func requestOf(s release.State, seen release.Observation, id release.ID) (release.Request, bool) {
	if s.Current != nil && s.Current.ID == id {
		return s.Current.Request, true
	}
	for _, r := range seen.Queue {
		if r.ID == id {
			return r, true
		}
	}
	return release.Request{}, false
}
