package daemon

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"teal.dev/teal/events"
	"teal.dev/teal/release"
)

// Order is the body of POST /v1/apps/{app}/{verb}. Every field may be left out.
type Order struct {
	Reason  string          `json:"reason,omitempty"`
	Release release.ID      `json:"release,omitempty"`
	Force   bool            `json:"force,omitempty"`
	Live    release.Slot    `json:"live,omitempty"`    // adopt
	Version release.Version `json:"version,omitempty"` // adopt
	Rev     bool            `json:"rev,omitempty"`     // adopt
	Files   events.Folder   `json:"files,omitempty"`   // adopt: the migration folder whose files the database holds already
	Claim   bool            `json:"claim,omitempty"`   // adopt --new-installation
}

type verb struct {
	name   release.Verb
	handle func(*Daemon, *call) (int, any)
}

// verbs is every verb of the core, each with the one handler that passes it on.
func verbs() []verb {
	var list []verb
	for _, name := range []release.Verb{release.VerbApprove, release.VerbPromote, release.VerbHold, release.VerbResume, release.VerbAbandon,
		release.VerbRollback, release.VerbRetire, release.VerbContract, release.VerbAdopt} {
		list = append(list, verb{name, func(d *Daemon, c *call) (int, any) { return d.order(c, name) }})
	}
	return list
}

// order passes a person's word to the app's runner. What it means is the core's business.
func (d *Daemon) order(c *call, name release.Verb) (int, any) {
	app, status, refusal := d.find(c)
	if app == nil {
		return status, refusal
	}
	var order Order
	if err := readJSON(c.Body, &order); err != nil {
		return http.StatusBadRequest, failure("usage", err.Error(), "send a JSON object with reason, release, force, live, version, rev, or nothing")
	}
	now := time.Now().Round(0).UTC()
	if name == release.VerbRollback && order.Release != "" {
		return http.StatusBadRequest, failure("usage", "a rollback goes back to the version before and gets a release id of its own", "leave release out; to go to any other version, release it again")
	}
	if name == release.VerbRollback {
		id, err := events.NewID(now, rand.Reader)
		if err != nil {
			return http.StatusInternalServerError, failure("internal", err.Error(), "try again")
		}
		order.Release = id
	}
	ctx, cancel := context.WithTimeout(c.Context(), 30*time.Second)
	defer cancel()
	digest, unkept := d.keep(ctx, order.Files)
	if unkept != nil {
		return http.StatusUnprocessableEntity, unkept
	}
	answer, err := app.Ask(ctx, release.Command{Verb: name, Actor: c.person.Name, Roles: c.person.Roles, Reason: order.Reason, Release: order.Release,
		Force: order.Force, Live: order.Live, Version: order.Version, Rev: order.Rev,
		Folder: digest, Claim: order.Claim, At: now})
	if err != nil {
		return http.StatusServiceUnavailable, failure("not_recorded", err.Error(), "teal status "+app.name)
	}
	if answer.Action.Kind == release.Refuse {
		return http.StatusConflict, failure(answer.Action.Code, answer.Action.Why, "teal status "+app.name+" shows what is possible now")
	}
	return http.StatusOK, answer
}

// keep stores a folder that came with an order and returns its digest; no folder has none.
func (d *Daemon) keep(ctx context.Context, folder events.Folder) (string, any) {
	if len(folder) == 0 {
		return "", nil
	}
	if bad := events.ValidateFolder(folder); bad != nil {
		return "", failure(string(bad.Code), bad.Text, "teal adopt --migrations DIR with the folder of the version that is live")
	}
	keeper, able := d.opt.Inbox.(Keeper)
	if !able {
		return "", failure("internal", "this store keeps no folders", "report it as a defect of teal")
	}
	if err := keeper.Keep(ctx, folder); err != nil {
		return "", failure("store", err.Error(), "try again")
	}
	return folder.Digest(), nil
}

// readJSON reads one strict JSON object; an empty body is an empty object.
func readJSON(body io.Reader, into any) error {
	raw, err := io.ReadAll(body)
	if err != nil {
		return fmt.Errorf("the body cannot be read: %w", err)
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("the body is not what was expected: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("the body has something after the JSON object")
	}
	return nil
}

// postRelease brings a release request to the same door as the stream.
func (d *Daemon) postRelease(c *call) (int, any) {
	body, err := io.ReadAll(c.Body)
	if err != nil {
		return http.StatusRequestEntityTooLarge, failure("too_large", err.Error(), "send the migrations as a folder that the app's config allows")
	}
	request, bad := events.Parse(body)
	if bad != nil {
		return rejected(bad)
	}
	now := time.Now().Round(0).UTC()
	result, err := d.door.Judge(c.Context(), events.Received{Subject: events.RequestSubject(request.Data.App, request.ID), Data: body, Stored: now})
	if err != nil {
		return http.StatusServiceUnavailable, failure("store", "the request has no verdict: "+err.Error(), "send the same bytes again: they are accepted at most once")
	}
	if result.Receipt == release.New {
		d.audit(c, result)
	}
	if result.Refused != nil && result.Receipt != release.Duplicate {
		return rejected(result.Refused)
	}
	return http.StatusAccepted, result
}

func rejected(r *events.Rejection) (int, any) {
	status := http.StatusUnprocessableEntity
	if r.Code == events.IDConflict {
		status = http.StatusConflict
	}
	return status, Failure{Error: Problem{Code: string(r.Code), Text: r.Text, Pointer: r.Pointer, Next: "change the request as the text says and send it under a new release id"}}
}

// audit writes who brought a request. The request itself is stored; the line is for people.
func (d *Daemon) audit(c *call, result Result) {
	why := "requested release " + string(result.Release) + " by the API"
	if result.Refused != nil {
		why += "; it was rejected: " + string(result.Refused.Code)
	}
	entry := release.Entry{App: result.App, At: time.Now().Round(0).UTC(), Actor: c.person.Name,
		Action: release.Action{Kind: release.Record, Rule: "door", Release: result.Release, Why: why}}
	if err := d.opt.Journal.Took(c.Context(), entry); err != nil {
		d.log.Warn("who brought a request is not in the timeline", "err", err, "actor", c.person.Name, "release", result.Release)
	}
}

// postReload reads the config directory now.
func (d *Daemon) postReload(c *call) (int, any) {
	if d.opt.Reload == nil {
		return http.StatusNotImplemented, failure("no_reload", "this teal cannot reload its config", "restart it: what runs in the slots stays up")
	}
	if err := d.opt.Reload(c.Context()); err != nil {
		return http.StatusUnprocessableEntity, failure("config", err.Error(), "correct the file; the config before stays in force")
	}
	d.Refresh()
	config := d.opt.Config()
	d.log.Info("the config was read again", "actor", c.person.Name, "hash", config.Hash)
	return http.StatusOK, configStatus(config)
}
