package migrate

import (
	"time"

	"teal.dev/teal/release"
)

// Row is one line of the ledger: what teal knows of one number in one database.
type Row struct {
	Number   uint64     `json:"number"`
	Track    Track      `json:"track"`
	Name     string     `json:"name"`
	Sum      string     `json:"checksum"`
	Release  release.ID `json:"release"`
	Epoch    uint64     `json:"epoch"`
	XID      string     `json:"xid"` // of the transaction that wrote the row
	State    string     `json:"state"`
	Started  time.Time  `json:"started_at"`
	Finished time.Time  `json:"finished_at,omitzero"`
	Error    string     `json:"error,omitempty"`
}

// Done says that nothing of the number has to run any more.
func (r Row) Done() bool { return r.State == Applied || r.State == Baselined }

// byNumber indexes a ledger.
func byNumber(ledger []Row) map[uint64]Row {
	rows := make(map[uint64]Row, len(ledger))
	for _, r := range ledger {
		rows[r.Number] = r
	}
	return rows
}

// Highest is the highest number that a ledger has as done on a track; 0 = none.
func Highest(ledger []Row, track Track) uint64 {
	var highest uint64
	for _, r := range ledger {
		if r.Track == track && r.Done() {
			highest = max(highest, r.Number)
		}
	}
	return highest
}
