package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"
)

// Options say how to play.
type Options struct {
	Executable string    // teal itself: it is the daemon, the command line and the shop
	Out        io.Writer // where the story goes
	Keep       bool      // leave everything running until ctx ends, after the summary has been given to Done
	Done       func(Summary)
}

// Run plays the whole story and ends what it started. The error is that the story could not be played; whether it ended
// as it must is in the summary.
func Run(ctx context.Context, o Options) (summary Summary, err error) {
	town, err := newTown(o.Executable)
	if err != nil {
		return Summary{}, err
	}
	defer func() {
		good := err == nil && summary.Good()
		remove := good || o.Keep || ctx.Err() != nil || town.daemon == nil // without a daemon there is nothing to look into
		err = errors.Join(err, town.stop(remove))
		if !remove {
			fmt.Fprintf(o.Out, "\nThe logs, the configuration and the data are kept in %s\n", town.dir)
		}
	}()
	p := &play{town: town, began: time.Now()}
	p.timeline = &timeline{api: town.api, out: o.Out, began: p.began}
	p.timeline.print("teal demo: %s/%s, %d cores; everything in %s\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), town.dir)
	if err := town.start(ctx); err != nil {
		return Summary{}, fmt.Errorf("the demo's servers do not start (it needs the Debian packages haproxy and postgresql): %w", err)
	}
	p.intro()
	following, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.timeline.follow(following)
	}()
	p.acts(ctx)
	p.timeline.catchUp(ctx)
	stop()
	<-ended
	summary = p.close()
	if ctx.Err() != nil {
		return summary, errors.New("interrupted before the end of the play")
	}
	if o.Done != nil {
		o.Done(summary)
	}
	if o.Keep {
		p.keep()
		<-ctx.Done()
		p.timeline.print("\nEnding everything.\n")
	}
	return summary, nil
}

// intro shows what was started, and what the demo's configuration shortens.
func (p *play) intro() {
	t := p.town
	p.timeline.print(`%s  PostgreSQL on port %d, HAProxy (master-worker) with the shop at http://%s,
         teal serve (process %d) with NATS at %s, the API at %s
The demo's own configuration, where a site has minutes and days (%s):
%s
`, clock(time.Now(), p.began), t.postgres.Port(), t.front(), t.daemon.pid(), t.natsURL(), t.path("teal.sock"), t.path("config"), t.shortened())
}

// keep tells what can be tried now.
func (p *play) keep() {
	t := p.town
	p.timeline.print(`
Everything keeps running until Ctrl-C. To try next:
  export TEAL_CONFIG=%[1]s TEAL_NATS=%[2]s TEAL_AUDIENCE=%[3]s
  curl -s http://%[4]s/                     the shop, through HAProxy
  %[5]s status shop                         what teal means and what it sees
  %[5]s rollback shop --reason "to see it"  back to the version before, while it can
  %[5]s release shop v3 --key %[6]s --migrations %[7]s
  %[5]s history shop                        every release and its end
  psql %[8]q -c 'TABLE teal_ledger'
  echo 'show map %[9]s' | socat - %[10]s   (apt-get install socat)
  curl -s http://127.0.0.1:%[11]d/metrics
`, t.path("config"), t.natsURL(), audience, t.front(), t.executable, t.path("ci.pem"), t.path("migrations", "v3"), t.postgres.DSN(app), t.mapFile(), t.haproxy.Socket, t.ports.http)
}
