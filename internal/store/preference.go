package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Preference is what a client has asked for instead of no letters at all.
type Preference struct {
	ClientID int64
	// LettersEvery is the least time between two automated letters to him, of whatever
	// sequences: a duration as sequences.ParseDuration reads it.
	LettersEvery string
	NotedAt      time.Time
	MessageID    *int64 // by which letter
}

// Preferences returns those of the clients, by client.
func Preferences(ctx context.Context, db DB, clientIDs []int64) (map[int64]Preference, error) {
	list, err := all[Preference](db.Query(ctx, "SELECT client_id, letters_every, noted_at, message_id FROM preferences WHERE client_id = ANY($1)", anew, clientIDs))
	if err != nil {
		return nil, fmt.Errorf("loading preferences of %d clients: %w", len(clientIDs), err)
	}
	if len(list) == 0 {
		return nil, nil
	}
	by := make(map[int64]Preference, len(list))
	for _, p := range list {
		by[p.ClientID] = p
	}
	return by, nil
}

// PreferenceOf returns a client's preference; nil without one.
func PreferenceOf(ctx context.Context, db DB, clientID int64) (*Preference, error) {
	p, err := one[Preference](db.Query(ctx, "SELECT client_id, letters_every, noted_at, message_id FROM preferences WHERE client_id = $1", clientID))
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("loading the preference of client %d: %w", clientID, err)
	}
	return &p, nil
}

// SavePreference writes a client's preference, in the place of the one before.
func SavePreference(ctx context.Context, db DB, p Preference) error {
	_, err := db.Exec(ctx, `
		INSERT INTO preferences (client_id, letters_every, noted_at, message_id) VALUES ($1, $2, $3, $4)
		ON CONFLICT (client_id) DO UPDATE SET letters_every = excluded.letters_every, noted_at = excluded.noted_at, message_id = excluded.message_id`,
		p.ClientID, p.LettersEvery, p.NotedAt, p.MessageID)
	if err != nil {
		return fmt.Errorf("writing the preference of client %d: %w", p.ClientID, err)
	}
	return nil
}

// DeletePreference removes a client's preference and reports whether there was one.
func DeletePreference(ctx context.Context, db DB, clientID int64) (bool, error) {
	tag, err := db.Exec(ctx, "DELETE FROM preferences WHERE client_id = $1", clientID)
	if err != nil {
		return false, fmt.Errorf("removing the preference of client %d: %w", clientID, err)
	}
	return tag.RowsAffected() > 0, nil
}

// GoneLetter is a letter that a client has had, or that is on its way.
type GoneLetter struct {
	ClientID  int64
	MessageID int64
	At        time.Time // of one on its way: now
}

// GoneLetters returns letters to clients that are on their way, and of those that went
// the last one. What the planner still has to decide about is neither.
func GoneLetters(ctx context.Context, db DB, clientIDs []int64, now time.Time) ([]GoneLetter, error) {
	list, err := all[GoneLetter](db.Query(ctx, `
		SELECT client_id, id AS message_id, $2::timestamptz AS at FROM messages WHERE client_id = ANY($1) AND state = 'planned' AND chunk_id IS NOT NULL
		UNION ALL
		SELECT client_id, message_id, at FROM (
			SELECT DISTINCT ON (client_id) client_id, id AS message_id, coalesce(sent_at, at) AS at FROM messages
			WHERE client_id = ANY($1) AND state IN ('sent', 'unconfirmed') ORDER BY client_id, coalesce(sent_at, at) DESC
		) AS last`, clientIDs, now))
	if err != nil {
		return nil, fmt.Errorf("finding the last letters to %d clients: %w", len(clientIDs), err)
	}
	return list, nil
}

// EndWait gives enrollments of a client whose date waits for something that is over the
// date back that they had. What is past due is decided anew at once.
func EndWait(ctx context.Context, db DB, clientID int64, waiting string, now time.Time) error {
	_, err := db.Exec(ctx, `
		UPDATE enrollments SET next_at = greatest(due_at, $3), waiting = CASE WHEN due_at > $3 THEN '' ELSE waiting END,
			waiting_detail = CASE WHEN due_at > $3 THEN '' ELSE waiting_detail END, due_at = CASE WHEN due_at > $3 THEN NULL ELSE due_at END
		WHERE client_id = $1 AND state = 'active' AND waiting = $2 AND next_at IS NOT NULL`, clientID, waiting, now)
	if err != nil {
		return fmt.Errorf("ending what client %d waits for: %w", clientID, err)
	}
	return nil
}
