package store

import (
	"context"
	"fmt"
	"time"
)

// PlaceCount is how many enrollments stand at the same place of a version.
type PlaceCount struct {
	VersionID int64
	Step      string
	Had       int // letters of the step, a repeat, that they have had
	Category  string
	Day       time.Time // at which the step is due, in UTC
	Waiting   string
	People    int
}

// CountPlaces counts those who are under way by where they stand and the day on which
// it goes on. A step that is due, or has no date, counts as of now.
func CountPlaces(ctx context.Context, db DB, now time.Time) ([]PlaceCount, error) {
	list, err := all[PlaceCount](db.Query(ctx, `
		SELECT p.version_id, p.step, p.had, c.category, p.day::timestamp AT TIME ZONE 'UTC' AS day, p.waiting, count(*)::int AS people
		FROM (
			SELECT e.client_id, e.version_id, e.next_step AS step, (greatest(e.next_at, $1) AT TIME ZONE 'UTC')::date AS day,
				CASE WHEN e.waiting = 'letters' THEN e.waiting ELSE '' END AS waiting,
				CASE WHEN e.next_step = e.last_step
					THEN (SELECT count(*) FROM messages m WHERE m.enrollment_id = e.id AND m.step = e.next_step AND m.state <> 'cancelled')::int ELSE 0 END AS had
			FROM enrollments e WHERE e.state <> 'ended'
		) AS p JOIN clients c ON c.id = p.client_id
		GROUP BY p.version_id, p.step, p.had, c.category, p.day, p.waiting`, now))
	if err != nil {
		return nil, fmt.Errorf("counting who stands where: %w", err)
	}
	return list, nil
}
