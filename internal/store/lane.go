package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Lane is what letters share and a rate is counted for: a sender, by his address,
// or a mail provider.
type Lane struct {
	Lane     string
	FreeAt   *time.Time
	Promised map[string]time.Time
}

// LaneDay is how much of a lane's calendar day is used up by letters of a priority.
type LaneDay struct {
	Lane     string
	Day      time.Time // midnight UTC of that date
	Priority int
	Released int
	Promised int
}

// LoadLanes returns what is known of lanes, and of their days from a date on.
func LoadLanes(ctx context.Context, db DB, names []string, from time.Time) ([]Lane, []LaneDay, error) {
	lanes, err := all[Lane](db.Query(ctx, "SELECT lane, free_at, promised FROM lanes WHERE lane = ANY($1)", names))
	if err != nil {
		return nil, nil, fmt.Errorf("loading %d lanes: %w", len(names), err)
	}
	days, err := all[LaneDay](db.Query(ctx, `
		SELECT lane, day::timestamp AT TIME ZONE 'UTC' AS day, priority, released, promised FROM lane_days
		WHERE lane = ANY($1) AND day >= $2::date`, names, from))
	if err != nil {
		return nil, nil, fmt.Errorf("loading the days of %d lanes: %w", len(names), err)
	}
	return lanes, days, nil
}

// SaveLanes stores lanes and days as the planner leaves them. It holds the
// planner's lock, so nobody else counts meanwhile.
func SaveLanes(ctx context.Context, db DB, lanes []Lane, days []LaneDay) error {
	if len(lanes) > 0 {
		_, err := db.Exec(ctx, `
			INSERT INTO lanes (lane, free_at, promised) SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::jsonb[])
			ON CONFLICT (lane) DO UPDATE SET free_at = excluded.free_at, promised = excluded.promised`,
			column(lanes, func(l Lane) string { return l.Lane }),
			column(lanes, func(l Lane) *time.Time { return l.FreeAt }),
			column(lanes, func(l Lane) string { return laneText(l.Promised) }))
		if err != nil {
			return fmt.Errorf("storing %d lanes: %w", len(lanes), err)
		}
	}
	if len(days) == 0 {
		return nil
	}
	_, err := db.Exec(ctx, `
		INSERT INTO lane_days (lane, day, priority, released, promised)
		SELECT * FROM unnest($1::text[], $2::date[], $3::int[], $4::int[], $5::int[])
		ON CONFLICT (lane, day, priority) DO UPDATE SET released = excluded.released, promised = excluded.promised`,
		column(days, func(d LaneDay) string { return d.Lane }),
		column(days, func(d LaneDay) time.Time { return d.Day }),
		column(days, func(d LaneDay) int { return d.Priority }),
		column(days, func(d LaneDay) int { return d.Released }),
		column(days, func(d LaneDay) int { return d.Promised }))
	if err != nil {
		return fmt.Errorf("storing %d days of lanes: %w", len(days), err)
	}
	return nil
}

func laneText(promised map[string]time.Time) string {
	text, err := json.Marshal(promised)
	if err != nil || promised == nil {
		return "{}" // times always have a form
	}
	return string(text)
}

// RecountPromises counts anew what is promised from a date on, by the enrollments
// that wait for it: some have ended, or were paused, since. Days long gone are
// forgotten.
func RecountPromises(ctx context.Context, tx pgx.Tx, from time.Time, zone string) error {
	_, err := tx.Exec(ctx, `
		WITH counted AS (
			SELECT lane, (e.next_at AT TIME ZONE @zone)::date AS day, e.priority, count(*)::int AS promised
			FROM enrollments e CROSS JOIN LATERAL unnest(string_to_array(e.lanes, ' ')) AS lane
			WHERE e.lanes <> '' AND e.state = 'active' AND e.next_at IS NOT NULL AND (e.next_at AT TIME ZONE @zone)::date >= @from::date
			GROUP BY 1, 2, 3
		), gone AS (
			UPDATE lane_days d SET promised = 0 WHERE d.promised <> 0 AND d.day >= @from::date
			  AND NOT EXISTS (SELECT 1 FROM counted c WHERE c.lane = d.lane AND c.day = d.day AND c.priority = d.priority)
		), old AS (
			DELETE FROM lane_days WHERE day < @from::date - 40
		)
		INSERT INTO lane_days AS d (lane, day, priority, promised) SELECT lane, day, priority, promised FROM counted
		ON CONFLICT (lane, day, priority) DO UPDATE SET promised = excluded.promised WHERE d.promised <> excluded.promised`,
		pgx.StrictNamedArgs{"from": from, "zone": zone})
	if err != nil {
		return fmt.Errorf("recounting promises: %w", err)
	}
	return nil
}

// OpenLetters counts the letters in chunks of each of the senders.
func OpenLetters(ctx context.Context, db DB, senders []string) (map[string]int, error) {
	rows, err := db.Query(ctx, "SELECT lower(sender), sum(cardinality(message_ids))::int FROM chunks WHERE lower(sender) = ANY($1) GROUP BY 1", senders)
	if err != nil {
		return nil, fmt.Errorf("counting open letters: %w", err)
	}
	open := make(map[string]int)
	var sender string
	var n int
	if _, err := pgx.ForEachRow(rows, []any{&sender, &n}, func() error { open[sender] = n; return nil }); err != nil {
		return nil, fmt.Errorf("counting open letters: %w", err)
	}
	return open, nil
}

// PaceChunk says how fast a chunk's letters may go, in letters a second.
func PaceChunk(ctx context.Context, db DB, chunk int64, perSecond float64) error {
	if _, err := db.Exec(ctx, "UPDATE chunks SET per_second = $2 WHERE id = $1", chunk, perSecond); err != nil {
		return fmt.Errorf("pacing chunk %d: %w", chunk, err)
	}
	return nil
}

// SlowLane makes a lane slower than perSecond or what it has recovered to, unless
// that was done a moment ago: half of it.
func SlowLane(ctx context.Context, db DB, lane string, perSecond, least float64, now, lately time.Time) error {
	_, err := db.Exec(ctx, `
		INSERT INTO lanes AS l (lane, slow, slowed_at) VALUES ($1, greatest($2::float8 / 2, $3::float8), $4)
		ON CONFLICT (lane) DO UPDATE SET slow = excluded.slow, slowed_at = excluded.slowed_at
		WHERE l.slowed_at IS NULL OR l.slowed_at < $5`, lane, perSecond, least, now, lately)
	if err != nil {
		return fmt.Errorf("slowing down %s: %w", lane, err)
	}
	return nil
}
