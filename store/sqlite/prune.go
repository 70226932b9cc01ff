package sqlite

import (
	"context"
	"encoding/json"

	"teal.dev/teal/release"
)

// HistoryKept is how many ended releases per app stay in full.
const HistoryKept = 50

// Prune lets the raw bytes, the published outcomes and the folders of an app's older releases go. Ids and digests stay
// for ever (an id is never used twice), the audit too, and whatever the state still needs.
func (s *Store) Prune(ctx context.Context, app string, keep int) error {
	return s.write(ctx, func(t tx) error {
		states, err := t.states()
		if err != nil {
			return err
		}
		ids, folders := needed(states[app]), []string{}
		for _, state := range states {
			folders = append(folders, foldersOf(state)...)
		}
		return t.prune(app, keep, ids, folders)
	})
}

func (t tx) prune(app string, keep int, ids []release.ID, folders []string) error {
	idList, err := json.Marshal(append([]release.ID{}, ids...))
	if err != nil {
		return err
	}
	folderList, err := json.Marshal(folders)
	if err != nil {
		return err
	}
	if _, err := t.exec(`UPDATE release SET pruned = 1, raw = NULL WHERE app = ?1 AND pruned = 0 AND terminal IS NOT NULL
		AND id NOT IN (SELECT value FROM json_each(?2))
		AND row NOT IN (SELECT row FROM release WHERE app = ?1 AND terminal IS NOT NULL ORDER BY row DESC LIMIT ?3)
		AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.app = release.app AND o.release = release.id AND o.sent IS NULL)`,
		app, string(idList), keep); err != nil {
		return err
	}
	if _, err := t.exec(`DELETE FROM outbox WHERE app = ?1 AND sent IS NOT NULL
		AND release IN (SELECT id FROM release WHERE app = ?1 AND pruned = 1)`, app); err != nil {
		return err
	}
	_, err = t.exec(`DELETE FROM folder WHERE digest NOT IN (SELECT folder FROM release WHERE pruned = 0)
		AND digest NOT IN (SELECT value FROM json_each(?))`, string(folderList))
	return err
}

func (t tx) states() (map[string]release.State, error) {
	rows, err := t.conn.QueryContext(t.ctx, `SELECT app, state FROM app WHERE state IS NOT NULL`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	states := map[string]release.State{}
	for rows.Next() {
		var app, body string
		var state release.State
		if err := rows.Scan(&app, &body); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(body), &state); err != nil {
			return nil, err
		}
		states[app] = state
	}
	return states, rows.Err()
}

// needed lists the releases that a state still points at: in progress, in a slot, owed, or a cold rollback's target.
func needed(state release.State) []release.ID {
	var ids []release.ID
	for _, r := range []*release.Release{state.Current, state.Last} {
		if r != nil {
			ids = append(ids, r.ID, r.Plan.Release)
		}
	}
	for _, p := range state.Slots {
		if p.Plan != nil {
			ids = append(ids, p.Plan.Release)
		}
	}
	if state.Previous != nil {
		ids = append(ids, state.Previous.Release)
	}
	for _, o := range state.Owed {
		ids = append(ids, o.Release)
	}
	return ids
}

func foldersOf(state release.State) []string {
	var list []string
	for _, r := range []*release.Release{state.Current, state.Last} {
		if r != nil {
			list = append(list, r.Folder)
		}
	}
	for _, o := range state.Owed {
		list = append(list, o.Folder)
	}
	if state.Adopting != nil {
		list = append(list, state.Adopting.Folder)
	}
	return list
}
