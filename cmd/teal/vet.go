package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"teal.dev/teal/events"
	"teal.dev/teal/migrate"
	"teal.dev/teal/policies"
	"teal.dev/teal/release"
)

// vetter joins a release's plan with the policies in force: the one place where the two meet.
type vetter struct {
	gate     *gate
	app      string
	database *database // nil = the app has none
}

// Vet judges a release. An error means that it could not be judged; the core tries again.
func (v *vetter) Vet(ctx context.Context, state release.State, request release.Request, folder events.Folder) (release.Verdict, error) {
	verdict := release.Verdict{Release: request.ID, Policies: v.gate.digest}
	switch {
	case v.database == nil && request.Folder != "":
		verdict.Refuse, verdict.Why = "no_database", fmt.Sprintf("%s has no database and the release brings migrations; add database to apps/%s.yaml, or send migrations: none", v.app, v.app)
		return verdict, nil
	case v.database == nil, request.Folder == "":
		return verdict, nil
	}
	plan, err := v.plan(ctx, state, folder)
	if err != nil {
		return verdict, err
	}
	if len(plan.Problems) > 0 {
		verdict.Refuse, verdict.Why, verdict.Findings = refused(plan.Problems)
		return verdict, nil
	}
	verdict.After, verdict.Warnings = plan.After, lines(plan.Warnings)
	if state.Merged {
		verdict.Pending = migrate.Numbers(plan.Merged())
		return verdict, nil
	}
	verdict.Pending = migrate.Numbers(plan.Pending(migrate.Expand))
	verdict.Owes = plan.Owes
	k, err := v.known(ctx)
	if err != nil {
		return verdict, err
	}
	err = v.gate.judge(v.app, planFiles(plan, migrate.File.Done), k, &verdict)
	if verdict.Refuse != "" {
		verdict.Why += "\nnext: " + policies.WayOn(v.app)
	}
	return verdict, err
}

// VetContract judges the owed files of a folder by the policies in force and the database as it is now.
func (v *vetter) VetContract(ctx context.Context, owed release.Owed, folder events.Folder) (release.Verdict, error) {
	verdict := release.Verdict{Release: owed.Release, Policies: v.gate.digest}
	if v.database == nil {
		return verdict, fmt.Errorf("%s owes a contract and has no database; put database back into apps/%s.yaml", v.app, v.app)
	}
	db, err := v.database.open(ctx)
	if err != nil {
		return verdict, err
	}
	ledger, err := db.Ledger(ctx)
	if err != nil {
		return verdict, err
	}
	k, err := look(ctx, db)
	if err != nil {
		return verdict, err
	}
	files := planFiles(migrate.NewPlan(folder, ledger, migrate.Options{}), func(f migrate.File) bool {
		return f.Done() || f.Track != migrate.Contract || !slices.Contains(owed.Numbers, f.Number)
	})
	return verdict, v.gate.judge(v.app, files, k, &verdict)
}

// known reads what the gate wants to know of the database as it is: its schema, how large its tables are, its version.
func (v *vetter) known(ctx context.Context) (*known, error) {
	db, err := v.database.open(ctx)
	if err != nil {
		return nil, err
	}
	return look(ctx, db)
}

// plan compares the folder with the ledger.
func (v *vetter) plan(ctx context.Context, state release.State, folder events.Folder) (migrate.Plan, error) {
	db, err := v.database.open(ctx)
	if err != nil {
		return migrate.Plan{}, err
	}
	ledger, err := db.Ledger(ctx)
	if err != nil {
		return migrate.Plan{}, err
	}
	lasted, err := v.database.lasted(ctx, state)
	if err != nil {
		return migrate.Plan{}, fmt.Errorf("the folder of the release that lasted last: %w", err)
	}
	options := migrate.Options{Ended: v.database.ended, Lasted: lasted, First: state.Merged}
	for _, owed := range release.Owing(state) {
		files, err := v.database.store.Folder(ctx, owed.Folder)
		if err != nil {
			return migrate.Plan{}, fmt.Errorf("the folder of the owed contract of %s: %w", owed.Release, err)
		}
		options.Owed = append(options.Owed, migrate.Owed{Release: owed.Release, Folder: files, Numbers: owed.Numbers})
	}
	return migrate.NewPlan(folder, ledger, options), nil
}

// refused is the refusal that a plan's problems make: the first one's code, all of their sentences, and the findings as teal
// check prints them.
func refused(problems []migrate.Problem) (code, why string, findings []byte) {
	report := policies.Report{Decision: policies.Deny, Files: []policies.FileReport{}}
	for _, p := range problems {
		report.AddFault(p.File, p.Line, string(p.Code), p.Text, policies.Deny)
	}
	findings, _ = json.Marshal(report) // plain strings and numbers: it cannot fail
	return string(problems[0].Code), strings.Join(lines(problems), "\n"), findings
}

// lines are the sentences of problems, each with its place.
func lines(problems []migrate.Problem) []string {
	var list []string
	for _, p := range problems {
		list = append(list, p.Error())
	}
	return list
}
