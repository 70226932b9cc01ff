package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/events"
)

// script is an ear that hears what it is given, and then ends with an error, or waits for the end of ctx.
type script struct {
	says  []events.OutcomeData
	pause time.Duration // before each
	end   error
}

func (s script) Each(ctx context.Context, from uint64, each func(events.OutcomeData) bool) error {
	for _, o := range s.says {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(s.pause):
		}
		if o.N >= from && !each(o) {
			return nil
		}
	}
	if s.end != nil {
		return s.end
	}
	<-ctx.Done()
	return ctx.Err()
}

func (s script) Close() {}

func outcomes(types ...string) []events.OutcomeData {
	var list []events.OutcomeData
	for i, kind := range types {
		kind, code, _ := strings.Cut(kind, " ")
		list = append(list, events.OutcomeData{N: uint64(i + 1), Release: "R", App: "shop", Type: kind, Code: code})
	}
	return list
}

func listenTo(t *testing.T, first script, more ...script) (string, error, *follower) {
	var out, errs buffer
	f := &follower{io: stdio{out: &out, err: &errs}, request: &requested{app: "shop", version: "1", until: &choice{value: "baked"}}, id: "R", target: "baked"}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	result, err := f.listen(ctx, first, func() (ear, error) {
		if len(more) == 0 {
			return nil, errors.New("nobody answers")
		}
		next := more[0]
		more = more[1:]
		return next, nil
	})
	return result, err, f
}

func codeOf(err error) int {
	var e *exit
	if errors.As(err, &e) {
		return e.code
	}
	return exitDone
}

func TestListen(t *testing.T) {
	lost := errors.New("the connection is lost")
	for name, c := range map[string]struct {
		first  script
		more   []script
		result string
		code   int
		heard  int
	}{
		"baked":                {script{says: outcomes("accepted", "switched", "baking", "baking passed", "retired")}, nil, "baked", exitDone, 4},
		"held":                 {script{says: outcomes("accepted", "held blind")}, nil, "held", exitHeld, 2},
		"held and resumed":     {script{says: outcomes("accepted", "held blind", "resumed blind", "baking passed"), pause: holdGrace / 2}, nil, "baked", exitDone, 4},
		"held and rolled back": {script{says: outcomes("held blind", "rolled_back")}, nil, "rolled_back", exitEnded, 2},
		"lost once":            {script{says: outcomes("accepted", "switched"), end: lost}, []script{{says: outcomes("accepted", "switched", "baking passed")}}, "baked", exitDone, 3},
		"lost while held":      {script{says: outcomes("accepted", "held blind"), end: lost}, []script{{says: outcomes("accepted", "held blind")}}, "held", exitHeld, 2},
		"lost for good":        {script{end: lost}, nil, "timeout", exitTimeout, 0},
		"silence":              {script{says: outcomes("accepted")}, nil, "timeout", exitTimeout, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				result, err, f := listenTo(t, c.first, c.more...)
				require.Equal(t, c.result, result, "%v", err)
				require.Equal(t, c.code, codeOf(err))
				require.Len(t, f.outcomes, c.heard)
			})
		})
	}
}
