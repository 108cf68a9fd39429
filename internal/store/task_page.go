package store

import (
	"context"
	"fmt"
	"time"
)

// CountTasks counts a rep's open tasks that are due by a moment.
func CountTasks(ctx context.Context, db DB, ownerID int64, by time.Time) (int, error) {
	var n int
	err := db.QueryRow(ctx, "SELECT count(*) FROM tasks WHERE owner_id = $1 AND due_at <= $2 AND state = 'open'", ownerID, by).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("counting the tasks of user %d: %w", ownerID, err)
	}
	return n, nil
}

// LastTouch is the last thing that happened between a client and us.
type LastTouch struct {
	ClientID int64
	Kind     string
	At       time.Time
	Actor    string
}

// LastTouches returns the last touch of each of the clients who have any.
func LastTouches(ctx context.Context, db DB, clientIDs []int64) (map[int64]LastTouch, error) {
	rows, err := db.Query(ctx, `
		SELECT l.* FROM unnest($1::bigint[]) AS c(id), LATERAL (
			(SELECT t.client_id, t.kind, t.at, t.actor FROM touches t WHERE t.client_id = c.id ORDER BY t.at DESC LIMIT 1)
			UNION ALL
			(SELECT m.client_id, 'sent', m.sent_at, 'seventh' FROM messages m WHERE m.client_id = c.id AND m.state = 'sent' ORDER BY m.at DESC LIMIT 1)
			ORDER BY at DESC LIMIT 1
		) AS l`, anew, clientIDs)
	last, err := all[LastTouch](rows, err)
	if err != nil {
		return nil, fmt.Errorf("loading the last touches of %d clients: %w", len(clientIDs), err)
	}
	found := make(map[int64]LastTouch, len(last))
	for _, t := range last {
		found[t.ClientID] = t
	}
	return found, nil
}

// UsersByID finds users by the rows' ids, in no order.
func UsersByID(ctx context.Context, db DB, ids []int64) ([]User, error) {
	users, err := all[User](db.Query(ctx, "SELECT "+userColumns+" FROM users WHERE id = ANY($1)", ids))
	if err != nil {
		return nil, fmt.Errorf("loading %d users: %w", len(ids), err)
	}
	return users, nil
}
