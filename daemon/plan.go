package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"teal.dev/teal/release"
)

// Plan is GET /v1/apps/{app}/plan: the gate's word on the release in progress, or on the contract that is owed when that is
// what waits for somebody's word, or else on the one that a warm release will owe. The findings are those of today: judged for this answer, by the policies in force and the
// database as it is, until the statements begin to run.
type Plan struct {
	App      string           `json:"app"`
	Release  release.ID       `json:"release"` // "" = none is in progress, and no contract is owed or will be
	Version  release.Version  `json:"version"`
	Phase    release.Phase    `json:"phase"`
	Contract bool             `json:"contract"`          // it is the contract that this finished release owes, or will owe
	Coming   string           `json:"coming,omitempty"`  // what keeps a contract from being owed; "" = it is owed
	Verdict  *release.Verdict `json:"verdict"`           // null = not judged yet
	Findings json.RawMessage  `json:"findings"`          // as teal check --format json prints them; null = none
	Warnings []string         `json:"warnings"`          // what is odd about the folder and stops nothing
	Problem  string           `json:"problem,omitempty"` // why the findings are not shown, or what they say now that they did not say then
}

func (d *Daemon) getPlan(c *call) (int, any) {
	app, status, refusal := d.find(c)
	if app == nil {
		return status, refusal
	}
	view := app.View()
	plan := Plan{App: app.name, Findings: json.RawMessage("null"), Warnings: []string{}}
	owed, current, coming := view.State.Owed, view.State.Current, release.Upcoming(view.State, view.Limits)
	pending := release.Pending(view.State, view.Limits)
	switch {
	case len(owed) > 0 && (current == nil || len(pending) > 0 && pending[0].Step == "contract"):
		roles := []string(nil)
		if len(pending) > 0 && pending[0].Release == owed[0].Release {
			roles = pending[0].Roles
		}
		plan.Phase = release.Finished
		d.planContract(c.Context(), app, &plan, owed[0], roles)
	case current != nil:
		d.planRelease(c.Context(), app, &plan, view.State)
	case coming != nil:
		plan.Phase, plan.Coming = view.State.Last.Phase, coming.Why
		d.planContract(c.Context(), app, &plan, coming.Owed, coming.Needs)
	}
	return http.StatusOK, plan
}

// planContract fills a plan in for a contract that is owed, or will be.
func (d *Daemon) planContract(ctx context.Context, app *App, plan *Plan, owed release.Owed, roles []string) {
	plan.Release, plan.Version, plan.Contract = owed.Release, owed.Version, true
	plan.Verdict = &release.Verdict{Release: owed.Release, Owes: owed.Numbers, Policies: owed.Policies, Why: owed.Denied, Contract: roles}
	if owed.Begun {
		plan.Problem = begun(owed.Release)
		return
	}
	plan.judged(d.judgeNow(ctx, app, func(ctx context.Context, v Vetter) (release.Verdict, error) {
		folder, err := folderOf(ctx, d.opt.Inbox, owed.Folder)
		if err != nil {
			return release.Verdict{}, err
		}
		return v.VetContract(ctx, owed, folder)
	}))
}

// planRelease fills a plan in for the release under way.
func (d *Daemon) planRelease(ctx context.Context, app *App, plan *Plan, state release.State) {
	current := state.Current
	plan.Release, plan.Version, plan.Phase, plan.Verdict = current.ID, current.Version, current.Phase, brief(current).Verdict
	switch {
	case current.Folder == "": // it brings no migrations
	case current.Phase != release.Queued && current.Phase != release.Vetted:
		plan.Problem = begun(current.ID)
	default:
		plan.judged(d.judgeNow(ctx, app, func(ctx context.Context, v Vetter) (release.Verdict, error) {
			folder, err := folderOf(ctx, d.opt.Inbox, current.Folder)
			if err != nil {
				return release.Verdict{}, err
			}
			return v.Vet(ctx, state, current.Request, folder)
		}))
	}
}

// begun says why there are no findings any more: what has run would be judged as if it had yet to.
func begun(id release.ID) string {
	return fmt.Sprintf("the findings are shown until the first statement runs, and that has been; teal explain %s tells what was done", id)
}

// judged takes up a word that was given for this answer.
func (p *Plan) judged(now release.Verdict, err error) {
	switch {
	case err != nil:
		p.Problem = "the findings cannot be shown: " + err.Error()
		return
	case now.Refuse != "":
		p.Problem = fmt.Sprintf("judged now it is refused (%s): %s", now.Refuse, now.Why)
	case now.Hold != "":
		p.Problem = fmt.Sprintf("judged now it is held (%s): %s", now.Hold, now.Why)
	}
	p.Warnings = orEmpty(now.Warnings)
	if json.Valid(now.Findings) {
		p.Findings = now.Findings
	}
}

// judgeNow asks an app's vetter for a person, beside the runner and one question at a time, so that nobody can make the
// database judge for many.
func (d *Daemon) judgeNow(ctx context.Context, app *App, ask func(context.Context, Vetter) (release.Verdict, error)) (release.Verdict, error) {
	ctx, cancel := context.WithTimeout(ctx, planLimit)
	defer cancel()
	vetter := d.opt.Config().Apps[app.name].Ports.Vetter
	if vetter == nil {
		return release.Verdict{}, fmt.Errorf("apps/%s.yaml is gone, and with it the policies and the database; put it back", app.name)
	}
	select {
	case app.asking <- struct{}{}:
		defer func() { <-app.asking }()
	case <-ctx.Done():
		return release.Verdict{}, fmt.Errorf("somebody else's question is still being answered; ask again in a moment")
	}
	verdict, err := ask(ctx, vetter)
	switch {
	case err != nil && ctx.Err() != nil:
		return verdict, fmt.Errorf("the database did not answer within %s: %w; see that it runs (teal doctor), then ask again", planLimit, err)
	case err != nil:
		return verdict, fmt.Errorf("%w; see that the database answers (teal doctor), then ask again", err)
	}
	return verdict, nil
}
