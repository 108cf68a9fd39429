package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Standing is how many people stand at one step of one version of a sequence.
type Standing struct {
	Sequence  string
	VersionID int64
	Number    int // of the version
	Step      string
	Last      string // the step done last, of who is in the middle of a repeat, or behind the last step
	Waiting   string
	UnderWay  bool // a letter of theirs is on its way, or may be
	People    int
}

const lastIfNeeded = `CASE WHEN e.next_step IN ('', e.last_step) THEN e.last_step ELSE '' END`

// StandingIn counts the people who are under way in sequences, by where they stand.
func StandingIn(ctx context.Context, db DB, sequences []string) ([]Standing, error) {
	places, err := all[Standing](db.Query(ctx, `
		SELECT s.name AS sequence, v.id AS version_id, v.number, e.next_step AS step, `+lastIfNeeded+` AS last, e.waiting, `+underWay+` AS under_way, count(*) AS people
		FROM enrollments e JOIN sequence_versions v ON v.id = e.version_id JOIN sequences s ON s.id = v.sequence_id
		WHERE s.name = ANY($1) AND e.state <> 'ended' GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 3, 4, 5, 6, 7`, anew, sequences))
	if err != nil {
		return nil, fmt.Errorf("counting who is under way: %w", err)
	}
	return places, nil
}

// Stander is somebody who waits for the date of a step, with what a new date
// depends on.
type Stander struct {
	VersionID int64
	Step      string
	Last      string // as in Standing
	ClientID  int64
	Category  string
	TimeZone  string
	Owner     string    // his rep's e-mail
	AnchorAt  time.Time // since when the step waits
	NextAt    time.Time
}

// StandersAt tells about everybody who waits for the date of one of the steps of a
// version, one after the other.
func StandersAt(ctx context.Context, db DB, versionID int64, steps []string, each func(*Stander) error) error {
	rows, err := db.Query(ctx, `
		SELECT e.version_id, e.next_step, `+lastIfNeeded+`, e.client_id, c.category, c.time_zone, coalesce(o.email, ''), `+anchorOf+`, e.next_at
		FROM enrollments e JOIN clients c ON c.id = e.client_id LEFT JOIN users o ON o.id = c.owner_id
		WHERE e.version_id = $1 AND e.state <> 'ended' AND e.next_step = ANY($2) AND e.waiting = '' AND e.next_at IS NOT NULL`, anew, versionID, steps)
	if err != nil {
		return fmt.Errorf("looking who waits at steps of version %d: %w", versionID, err)
	}
	var s Stander
	_, err = pgx.ForEachRow(rows, []any{&s.VersionID, &s.Step, &s.Last, &s.ClientID, &s.Category, &s.TimeZone, &s.Owner, &s.AnchorAt, &s.NextAt}, func() error { return each(&s) })
	if err != nil {
		return fmt.Errorf("looking who waits at steps of version %d: %w", versionID, err)
	}
	return nil
}

// CountNewcomers counts the clients who would be enrolled in a sequence by themselves:
// a condition picks them, as FilterSQL makes it, they may be mailed, and have no open
// enrollment in it. Whoever was in it before counts if he may start again.
func CountNewcomers(ctx context.Context, db DB, sequence string, consents []string, again bool, where string, args []any) (int, error) {
	n := len(args)
	var count int
	err := db.QueryRow(ctx, fmt.Sprintf(`
		SELECT count(*) %s
		WHERE (%s) AND c.address <> '' AND c.stage <> 'not_target' AND c.consent_basis = ANY($%d)
		  AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.address = c.address AND x.scope IN ('', $%d))
		  AND NOT EXISTS (SELECT 1 FROM enrollments e JOIN sequences s ON s.id = e.sequence_id
			WHERE e.client_id = c.id AND s.name = $%d AND (e.state <> 'ended' OR NOT $%d OR e.end_reason = 'manual'))`,
		clientTables, where, n+1, n+2, n+2, n+3), append(append([]any{anew}, args...), consents, sequence, again)...).Scan(&count)
	if err != nil {
		return 0, fmt.Errorf("counting who would enter %q: %w", sequence, err)
	}
	return count, nil
}

// CountOutside counts the people under way in a sequence whom a condition does not
// pick, and another did.
func CountOutside(ctx context.Context, db DB, sequence, before, now string, args []any) (int, error) {
	var count int
	err := db.QueryRow(ctx, fmt.Sprintf(`
		SELECT count(*) %s JOIN enrollments e ON e.client_id = c.id JOIN sequences s ON s.id = e.sequence_id
		WHERE s.name = $%d AND e.state <> 'ended' AND (%s) AND NOT (%s)`, clientTables, len(args)+1, before, now),
		append(append([]any{anew}, args...), sequence)...).Scan(&count)
	if err != nil {
		return 0, fmt.Errorf("counting who has left the audience of %q: %w", sequence, err)
	}
	return count, nil
}

// VersionPeople is a version of a sequence and how many people are under way in it.
type VersionPeople struct {
	Number      int
	PublishedAt time.Time
	Current     bool
	People      int
}

// PeopleByVersion returns the versions of a sequence that people are under way in, and
// the current one, the newest first.
func PeopleByVersion(ctx context.Context, db DB, sequence string) ([]VersionPeople, error) {
	list, err := all[VersionPeople](db.Query(ctx, `
		SELECT v.number, p.published_at, v.id IS NOT DISTINCT FROM s.version_id AS current, n.people
		FROM sequences s JOIN sequence_versions v ON v.sequence_id = s.id JOIN publications p ON p.id = v.publication_id,
			LATERAL (SELECT count(*) AS people FROM enrollments e WHERE e.version_id = v.id AND e.state <> 'ended') AS n
		WHERE s.name = $1 AND (n.people > 0 OR v.id = s.version_id) ORDER BY v.number DESC`, sequence))
	if err != nil {
		return nil, fmt.Errorf("counting people in the versions of %q: %w", sequence, err)
	}
	return list, nil
}
