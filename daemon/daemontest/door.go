package daemontest

import (
	"context"
	"time"
)

// Attempt counts a try to judge a message.
func (m *Memory) Attempt(ctx context.Context, stream uint64, by int) (int, error) {
	if err := m.Hook.run(ctx, "attempt"); err != nil {
		return 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.attempts[stream] = max(0, m.attempts[stream]+by)
	return m.attempts[stream], nil
}

// Quarantine keeps what could not be judged.
func (m *Memory) Quarantine(ctx context.Context, stream uint64, _ string, _ []byte, why string, _ time.Time) error {
	if err := m.Hook.run(ctx, "quarantine"); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.poison[stream] = why
	return nil
}

// Quarantined says why a message lies in quarantine; "" = it does not.
func (m *Memory) Quarantined(stream uint64) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.poison[stream]
}

// Horizon is the app's horizon; false = not set.
func (m *Memory) Horizon(ctx context.Context, app string) (uint64, bool, error) {
	if err := m.Hook.run(ctx, "horizon"); err != nil {
		return 0, false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	n, ok := m.horizons[app]
	return n, ok, nil
}

// SetHorizon sets it once.
func (m *Memory) SetHorizon(ctx context.Context, app string, stream uint64) error {
	if err := m.Hook.run(ctx, "sethorizon"); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.horizons[app]; !ok {
		m.horizons[app] = stream
	}
	return nil
}

// MaxSequence is the highest sequence of an accepted release of the app; false = none had one.
func (m *Memory) MaxSequence(ctx context.Context, app string) (int64, bool, error) {
	if err := m.Hook.run(ctx, "maxsequence"); err != nil {
		return 0, false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var most int64
	var any bool
	for _, k := range m.accepted {
		if k.App == app && k.Outcome.Type == "accepted" && k.Sequence != 0 {
			most, any = max(most, k.Sequence), true
		}
	}
	return most, any, nil
}

// HighestIngested is the highest sequence of the stream that has a verdict.
func (m *Memory) HighestIngested(ctx context.Context) (uint64, error) {
	if err := m.Hook.run(ctx, "highest"); err != nil {
		return 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var most uint64
	for _, k := range m.accepted {
		most = max(most, k.Stream)
	}
	for stream := range m.poison {
		most = max(most, stream)
	}
	return most, nil
}
