package daemontest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/daemon"
	"teal.dev/teal/release"
)

func examined(t *testing.T, r launcherRun) {
	examiner, able := r.launcher.(daemon.Examiner)
	if !able {
		return
	}
	require.NotContains(t, examiner.Kinds(), "a kind of tomorrow")
	require.Contains(t, examiner.Kinds(), r.Green.Artifact.Kind)
	unseen := r.Green
	unseen.Artifact.Digest = ""
	digest, err := examiner.Digest(unseen)
	require.NoError(t, err)
	require.Equal(t, r.Green.Artifact.Digest, digest)
	foreign := r.Green
	foreign.Artifact.Kind = "a kind of tomorrow"
	_, err = examiner.Digest(foreign)
	requireFault(t, err, release.Permanent, "artifact_kind")
	if r.Change == nil {
		return
	}
	undo := r.Change(t, r.Green)
	_, err = examiner.Digest(r.Green)
	requireFault(t, err, release.Permanent, "artifact_changed")
	now, err := examiner.Digest(unseen)
	require.NoError(t, err)
	require.NotEqual(t, digest, now)
	undo()
	r.empty(t, release.A)
}

func digestIsLearnt(t *testing.T, r launcherRun) {
	if _, able := r.launcher.(daemon.Examiner); !able || r.Change == nil {
		return
	}
	plan := r.Green
	plan.Artifact.Digest = ""
	r.start(t, release.A, plan)
	undo := r.Change(t, plan)
	r.launcher = r.Open(t)
	seen, err := r.launcher.Observe(t.Context(), release.A)
	require.NoError(t, err)
	require.Equal(t, r.Green.Artifact.Digest, seen.Digest, "of what was started, not of what is there now")
	require.Contains(t, seen.Problem, "artifact_changed")
	undo()
}

func recipeIsKept(t *testing.T, r launcherRun) {
	if r.Configure == nil {
		return
	}
	r.start(t, release.A, r.Green)
	r.Configure(t)
	r.launcher = r.Open(t)
	seen, err := r.launcher.Observe(t.Context(), release.A)
	require.NoError(t, err)
	require.Empty(t, seen.Problem, "what the config says now concerns the next version")
	digest, err := r.launcher.(daemon.Examiner).Digest(r.Green)
	require.NoError(t, err)
	require.Equal(t, r.Green.Artifact.Digest, digest)
	r.stop(t, release.A, launchLimit)
	r.start(t, release.A, r.Green)
}
