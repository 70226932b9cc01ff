package release

import "time"

// fresh reports whether a job has ended and its result has not been dealt with.
func fresh(lane *Lane, job Job) bool {
	return job.Kind != "" && !job.Running && job.Ended.After(lane.Handled)
}

// failed is the fault of a job that has just ended badly, or nil.
func (t *turn) failed(lane *Lane, job Job) *Fault {
	if !fresh(lane, job) {
		return nil
	}
	return job.Fault
}

// handled marks a job's result as dealt with.
func handled(lane *Lane, job Job) {
	lane.Handled = later(lane.Handled, job.Ended)
}

// retry marks a failed job as dealt with and sets the time of the next try, with back-off.
func (t *turn) retry(lane *Lane, job Job, limit time.Duration) {
	handled(lane, job)
	lane.Tries++
	lane.Next = t.o.Now.Add(backoff(lane.Tries, 500*time.Millisecond, limit))
}

// mine reports whether a job belongs to a release and is of a kind.
func mine(job Job, kind Kind, id ID) bool { return job.Kind == kind && job.Release == id }

// limits are the numbers of a release: those it began with, or stricter ones of today.
func (t *turn) limits(r *Release) Limits { return Stricter(r.Limits, t.l) }
