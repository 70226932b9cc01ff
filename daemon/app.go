package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"

	"teal.dev/teal/release"
)

// App is the handle of one app's runner: its mailbox, its bell and the last thing it saw. It outlives the loop behind it,
// which is begun again after a panic.
type App struct {
	name string
	opt  AppOptions
	mail chan ask
	bell chan struct{}
	view atomic.Pointer[View]

	horizon atomic.Bool   // known to be recorded
	asking  chan struct{} // one person's question to the vetter at a time
}

// AppOptions is what a runner needs.
type AppOptions struct {
	Name     string
	Config   func() (AppConfig, bool) // false = the app's file is gone; the last config is kept
	Journal  Journal
	Inbox    Inbox
	TakeOver TakeOver
	Core     Core
	Log      *slog.Logger
	Metrics  *Metrics // nil = none
	Posted   func()   // called when outcomes were stored; nil = nobody cares
}

// View is what an app's runner saw, decided and knows after a turn. It is never changed once shown.
type View struct {
	State       release.State
	Action      release.Action
	Observation release.Observation
	Limits      release.Limits
	Class       release.ClassName
	Unproven    bool
	Degraded    string   // why the runner cannot work; "" = it can
	Problems    []string // ports that did not answer in the last turn
	At          time.Time
}

// Answer is the core's word on a command: the action of the turn that took it.
type Answer struct {
	Action release.Action `json:"action"`
	Phase  release.Phase  `json:"phase,omitempty"`
}

type ask struct {
	ctx     context.Context
	command release.Command
	reply   chan reply // buffered: the loop never waits for who asked
}

type reply struct {
	answer Answer
	err    error
}

// NewApp prepares a runner; Run starts it.
func NewApp(opt AppOptions) *App {
	opt.Core = opt.Core.orRelease()
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	opt.Log = opt.Log.With("app", opt.Name)
	a := &App{name: opt.Name, opt: opt, mail: make(chan ask, 16), bell: make(chan struct{}, 1), asking: make(chan struct{}, 1)}
	a.view.Store(&View{State: release.State{App: opt.Name}, Degraded: "starting: no turn has ended yet"})
	return a
}

// Name is the app's name.
func (a *App) Name() string { return a.name }

// View is what the runner knew after its last turn; it never waits.
func (a *App) View() View { return *a.view.Load() }

// Wake makes the runner look again at once: there is something new in the queue, the config or the mailbox.
func (a *App) Wake() {
	select {
	case a.bell <- struct{}{}:
	default: // the bell rings already
	}
}

// Ask hands a person's command to the runner and returns what the core made of it. An error means that the command was
// not recorded, or that nobody knows (the text says which).
func (a *App) Ask(ctx context.Context, command release.Command) (Answer, error) {
	q := ask{ctx: ctx, command: command, reply: make(chan reply, 1)}
	select {
	case a.mail <- q:
		a.Wake()
	case <-ctx.Done():
		return Answer{}, fmt.Errorf("%s did not take the command in time and nothing was done; try again: %w", a.name, ctx.Err())
	}
	select {
	case r := <-q.reply:
		return r.answer, r.err
	case <-ctx.Done():
		return Answer{}, fmt.Errorf("%s has not answered yet; look at teal history %s before you repeat it: %w", a.name, a.name, ctx.Err())
	}
}

// take returns the oldest command whose asker is still there, or nil.
func (a *App) take() *ask {
	for {
		select {
		case q := <-a.mail:
			if q.ctx.Err() == nil {
				return &q
			}
		default:
			return nil
		}
	}
}

// Run goes round until ctx ends. A loop that panics is begun again from the store, with back-off.
func (a *App) Run(ctx context.Context) {
	for n := 0; ctx.Err() == nil; n++ {
		began := time.Now()
		err := a.live(ctx)
		if ctx.Err() != nil {
			return
		}
		a.opt.Metrics.restarted(a.name)
		a.opt.Log.Error("the runner ended and is begun again", "err", err)
		a.degrade(err.Error())
		if time.Since(began) > time.Minute {
			n = 0
		}
		pause(ctx, backoff(n), nil)
	}
}

var errReplaced = errors.New("another daemon has taken this app over (the stored epoch is newer than ours)")

// live is one life of the loop: from taking over until ctx ends, a panic, or another leader.
func (a *App) live(ctx context.Context) (err error) {
	l := newLoop(a)
	defer l.end(ctx)
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in the runner: %v\n%s", p, debug.Stack())
		}
	}()
	for ctx.Err() == nil {
		rest, err := l.turn(ctx)
		if err != nil {
			return err
		}
		pause(ctx, rest, a.bell)
	}
	return ctx.Err()
}

// degrade shows the last view again with the reason why there is no newer one.
func (a *App) degrade(why string) {
	v := a.View()
	v.Degraded = why
	a.view.Store(&v)
}
