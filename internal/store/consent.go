package store

import (
	"context"
	"fmt"
	"time"
)

// ConsentVersion is the ground for mailing a client as it was recorded at some time.
type ConsentVersion struct {
	Basis       string // '': it was withdrawn
	Source      string
	At          *time.Time // when the client gave it, as the CRM says
	TextVersion string
	Evidence    string
	RecordedAt  time.Time
}

// ConsentsOf returns all grounds that were ever recorded for a client, the first one
// first. The database writes them with each change of a client (migration 021).
func ConsentsOf(ctx context.Context, db DB, clientID int64) ([]ConsentVersion, error) {
	list, err := all[ConsentVersion](db.Query(ctx, `
		SELECT basis, source, at, text_version, evidence, recorded_at FROM consents WHERE client_id = $1 ORDER BY id`, clientID))
	if err != nil {
		return nil, fmt.Errorf("loading the consents of client %d: %w", clientID, err)
	}
	return list, nil
}
