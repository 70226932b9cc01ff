package release

import (
	"fmt"
	"time"
)

// Coming is a contract that is not owed yet: the release that it belongs to is warm or being retired, and may still be
// rolled back.
type Coming struct {
	Owed
	Needs []string `json:"needs"` // the roles whose word it will need; they are asked once it is owed
	Why   string   `json:"why"`   // what it waits for, and the command that goes on
}

// Upcoming is the contract that an app will owe once its earlier version is retired; nil = none.
func Upcoming(s State, l Limits) *Coming {
	r := s.Last
	if r == nil || r.Phase != Warm && r.Phase != Retiring {
		return nil
	}
	owed, owes := owing(&s, r)
	if !owes {
		return nil
	}
	limits := Stricter(r.Limits, l)
	owed.NotBefore = notBefore(r, limits.ContractAfter)
	green := Version("the earlier version")
	if plan := s.Slots[r.Green].Plan; plan != nil {
		green = plan.Version
	}
	return &Coming{Owed: owed, Needs: orNone(awaited(&owed, l)), Why: retirement(s.App, r, green, limits.WarmFor) + afterwards(s.App, owed, limits.ContractAfter)}
}

// yet is what a person hears who speaks of a contract before it is owed.
func (t *turn) yet() string {
	c := Upcoming(t.s, t.l)
	if c == nil {
		return ""
	}
	return fmt.Sprintf(" yet; the contract of %s will be owed: %s", c.Version, c.Why)
}

// retirement says when the earlier version is out of the contract's way.
func retirement(app string, r *Release, green Version, warm time.Duration) string {
	switch {
	case r.Phase == Retiring:
		return fmt.Sprintf("it waits until %s is stopped, which is under way", green)
	case warm == Forever:
		return fmt.Sprintf("it waits until %s, which stays warm, is retired by hand: teal retire %s", green, app)
	}
	return fmt.Sprintf("it waits until %s is retired: teal retire %s, or by itself after another %s of warm time", green, app, max(warm-r.Clock.Spent, 0).Round(time.Second))
}

// afterwards says what is left to wait for then.
func afterwards(app string, owed Owed, after time.Duration) string {
	switch {
	case after == Forever:
		return fmt.Sprintf("; then it runs by hand only (contract.after): teal contract %s", app)
	case after > 0:
		return fmt.Sprintf("; it runs no earlier than %s (contract.after)", owed.NotBefore.UTC().Format(time.RFC3339))
	}
	return ""
}

// notBefore is the time from which on the contract of a release may run by itself.
func notBefore(r *Release, after time.Duration) time.Time {
	if after == Forever {
		return r.Switched.AddDate(100, 0, 0)
	}
	return r.Switched.Add(after)
}

// orNone is never nil, for those who write it as JSON.
func orNone(roles []string) []string {
	if roles == nil {
		return []string{}
	}
	return roles
}
