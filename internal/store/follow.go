package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Lag is a version with people who belong in a newer one, or whose sequence ends.
type Lag struct {
	SequenceID int64
	VersionID  int64
	Ending     bool // the sequence ends for all of them
}

// Lags returns the versions that people are to leave: those of the sequences that are
// not current, and of sequences that end.
func Lags(ctx context.Context, db DB, sequenceIDs []int64) ([]Lag, error) {
	lags, err := all[Lag](db.Query(ctx, `
		SELECT s.id AS sequence_id, v.id AS version_id, s.ending FROM sequences s JOIN sequence_versions v ON v.sequence_id = s.id
		WHERE (s.id = ANY($1) AND v.id <> s.version_id OR s.ending)
		  AND EXISTS (SELECT 1 FROM enrollments e WHERE e.version_id = v.id AND e.state <> 'ended')
		ORDER BY v.id`, sequenceIDs))
	if err != nil {
		return nil, fmt.Errorf("looking for people in older versions: %w", err)
	}
	return lags, nil
}

// InVersion is an enrollment in a version.
type InVersion struct {
	EnrollmentID int64
	ClientID     int64
}

// PageOfVersion returns up to limit open enrollments of a version, by id, after the
// one given.
func PageOfVersion(ctx context.Context, db DB, versionID, after int64, limit int) ([]InVersion, error) {
	page, err := all[InVersion](db.Query(ctx, `
		SELECT id AS enrollment_id, client_id FROM enrollments
		WHERE version_id = $1 AND state <> 'ended' AND id > $2 ORDER BY id LIMIT $3`, versionID, after, limit))
	if err != nil {
		return nil, fmt.Errorf("loading enrollments of version %d: %w", versionID, err)
	}
	return page, nil
}

// anchorOf is since when an enrollment's next step waits.
const anchorOf = `coalesce(e.anchor_at, (SELECT max(m.sent_at) FROM messages m WHERE m.enrollment_id = e.id AND m.step <> 'handover'), e.started_at)`

// underWay says that a letter of an enrollment is on its way, or may be: only its
// outcome moves the enrollment on.
const underWay = `(e.next_at IS NULL AND EXISTS (SELECT 1 FROM messages m WHERE m.enrollment_id = e.id AND m.state IN ('planned', 'unconfirmed') AND m.step <> 'handover'))`

// Follower is an enrollment that may go on by another version.
type Follower struct {
	Enrollment
	Since    time.Time // when its next step's delay began
	UnderWay bool      // a letter of it is on its way, or may be
	Held     string    // the step whose letter is held; '' for none
}

// Followers returns those of the enrollments that are open and still in a version.
// The caller holds their clients.
func Followers(ctx context.Context, db DB, versionID int64, enrollmentIDs []int64) ([]Follower, error) {
	rows, err := db.Query(ctx, `
		SELECT e.id, e.client_id, e.sequence_id, s.name, e.version_id, e.state, e.priority, e.last_step, e.next_step, e.next_at, e.waiting, e.waiting_detail,
			e.due_at, e.lanes, e.offer_name, e.offer_expires_at, e.anchor_at, e.started_at, `+anchorOf+`, `+underWay+`,
			coalesce((SELECT min(m.step) FROM messages m WHERE e.next_at IS NULL AND m.enrollment_id = e.id AND m.state = 'held' AND m.step <> 'handover'), '')
		FROM enrollments e JOIN sequences s ON s.id = e.sequence_id
		WHERE e.id = ANY($2) AND e.version_id = $1 AND e.state <> 'ended' ORDER BY e.id`, versionID, enrollmentIDs)
	list, err := scan(rows, err, len(enrollmentIDs), func(f *Follower) []any {
		return []any{
			&f.ID, &f.ClientID, &f.SequenceID, &f.Sequence, &f.VersionID, &f.State, &f.Priority, &f.LastStep, &f.NextStep, &f.NextAt, &f.Waiting, &f.WaitingDetail,
			&f.DueAt, &f.Lanes, &f.OfferName, &f.OfferExpiresAt, &f.AnchorAt, &f.StartedAt, &f.Since, &f.UnderWay, &f.Held,
		}
	})
	if err != nil {
		return nil, fmt.Errorf("loading %d enrollments of version %d: %w", len(enrollmentIDs), versionID, err)
	}
	return list, nil
}

// CarryEnrollments writes enrollments that go on by another version.
func CarryEnrollments(ctx context.Context, db DB, list []Follower) error {
	_, err := db.Exec(ctx, `
		UPDATE enrollments e SET version_id = m.version_id, edited = true, priority = m.priority, last_step = m.last_step, next_step = m.next_step,
			next_at = m.next_at, waiting = m.waiting, waiting_detail = m.waiting_detail, due_at = m.due_at, lanes = m.lanes
		FROM unnest(@id::bigint[], @version_id::bigint[], @priority::int[], @last_step::text[], @next_step::text[], @next_at::timestamptz[], @waiting::text[],
			@waiting_detail::text[], @due_at::timestamptz[], @lanes::text[])
			AS m(id, version_id, priority, last_step, next_step, next_at, waiting, waiting_detail, due_at, lanes)
		WHERE e.id = m.id AND e.state <> 'ended'`, pgx.StrictNamedArgs{
		"id":             column(list, func(f Follower) int64 { return f.ID }),
		"version_id":     column(list, func(f Follower) int64 { return f.VersionID }),
		"priority":       column(list, func(f Follower) int { return f.Priority }),
		"last_step":      column(list, func(f Follower) string { return f.LastStep }),
		"next_step":      column(list, func(f Follower) string { return f.NextStep }),
		"next_at":        column(list, func(f Follower) *time.Time { return f.NextAt }),
		"waiting":        column(list, func(f Follower) string { return f.Waiting }),
		"waiting_detail": column(list, func(f Follower) string { return f.WaitingDetail }),
		"due_at":         column(list, func(f Follower) *time.Time { return f.DueAt }),
		"lanes":          column(list, func(f Follower) string { return f.Lanes }),
	})
	if err != nil {
		return fmt.Errorf("taking %d enrollments to another version: %w", len(list), err)
	}
	return nil
}

// RenameTasks gives the open tasks of enrollments' steps the steps' new names.
func RenameTasks(ctx context.Context, db DB, was []StepRef, now []string) error {
	_, err := db.Exec(ctx, `
		UPDATE tasks t SET step = r.now FROM unnest($1::bigint[], $2::text[], $3::text[]) AS r(enrollment_id, was, now)
		WHERE t.enrollment_id = r.enrollment_id AND t.step = r.was AND t.state = 'open'`,
		column(was, func(s StepRef) int64 { return s.EnrollmentID }), column(was, func(s StepRef) string { return s.Step }), now)
	if err != nil {
		return fmt.Errorf("renaming the steps of %d tasks: %w", len(was), err)
	}
	return nil
}

// DropSteps cancels what waits at steps that are gone: open tasks, and letters that
// are held.
func DropSteps(ctx context.Context, db DB, steps []StepRef, now time.Time) error {
	const reason = "the step is gone from the sequence"
	ids, names := column(steps, func(s StepRef) int64 { return s.EnrollmentID }), column(steps, func(s StepRef) string { return s.Step })
	_, err := db.Exec(ctx, `
		WITH gone AS (SELECT * FROM unnest($1::bigint[], $2::text[]) AS g(enrollment_id, step)),
		letters AS (
			UPDATE messages m SET state = 'cancelled', reason = $3, pooled = false FROM gone g
			WHERE m.enrollment_id = g.enrollment_id AND m.step = g.step AND m.state = 'held' RETURNING m.id
		), put_off AS (
			DELETE FROM deferred WHERE message_id IN (SELECT id FROM letters)
		)
		UPDATE tasks t SET state = 'cancelled', closed_by = 'seventh', note = $3, closed_at = $4 FROM gone g
		WHERE t.enrollment_id = g.enrollment_id AND t.step = g.step AND t.state = 'open' AND t.kind <> 'notice'`, ids, names, reason, now)
	if err != nil {
		return fmt.Errorf("dropping %d steps that are gone: %w", len(steps), err)
	}
	return nil
}

// DoneSteps returns the steps of enrollments that were done before, under the names
// that they had then: a letter was written, something decided, a task closed.
func DoneSteps(ctx context.Context, db DB, enrollmentIDs []int64) ([]StepRef, error) {
	done, err := all[StepRef](db.Query(ctx, `
		SELECT enrollment_id, step FROM messages WHERE enrollment_id = ANY($1)
		UNION SELECT enrollment_id, step FROM decisions WHERE enrollment_id = ANY($1)
		UNION SELECT enrollment_id, step FROM tasks WHERE enrollment_id = ANY($1) AND state <> 'open'`, enrollmentIDs))
	if err != nil {
		return nil, fmt.Errorf("loading steps that %d enrollments have done: %w", len(enrollmentIDs), err)
	}
	return done, nil
}

// VersionsThatEdit returns the versions of a sequence up to a number that say what
// became of steps of the versions before: renamed_from, replace_with.
func VersionsThatEdit(ctx context.Context, db DB, sequenceID int64, upTo int) ([]SequenceVersion, error) {
	versions, err := all[SequenceVersion](db.Query(ctx, "SELECT"+versionColumns+`
		WHERE v.sequence_id = $1 AND v.number <= $2 AND (v.source LIKE '%renamed_from%' OR v.source LIKE '%replace_with%') ORDER BY v.number`, sequenceID, upTo))
	if err != nil {
		return nil, fmt.Errorf("loading edits of sequence %d: %w", sequenceID, err)
	}
	return versions, nil
}

// VersionsOf returns all versions of a sequence, the first one first.
func VersionsOf(ctx context.Context, db DB, name string) ([]SequenceVersion, error) {
	versions, err := all[SequenceVersion](db.Query(ctx, "SELECT"+versionColumns+"WHERE s.name = $1 ORDER BY v.number", name))
	if err != nil {
		return nil, fmt.Errorf("loading versions of %q: %w", name, err)
	}
	return versions, nil
}

// EndRetired has whoever is still in a sequence that was retired end; one that is in
// use again goes on.
func EndRetired(ctx context.Context, db DB, end bool) error {
	_, err := db.Exec(ctx, "UPDATE sequences SET ending = version_id IS NULL AND (ending OR $1) WHERE ending <> (version_id IS NULL AND (ending OR $1))", end)
	if err != nil {
		return fmt.Errorf("ending retired sequences: %w", err)
	}
	return nil
}

// WakeWithoutLetters has the planner look at everybody in older versions of sequences
// who has run out of letters.
func WakeWithoutLetters(ctx context.Context, db DB, sequences []string, now time.Time) error {
	_, err := db.Exec(ctx, `
		UPDATE enrollments e SET next_at = $2 FROM sequences s
		WHERE s.id = e.sequence_id AND s.name = ANY($1) AND e.version_id <> s.version_id AND e.state = 'active' AND e.waiting = 'letters'`, sequences, now)
	if err != nil {
		return fmt.Errorf("waking who has run out of letters: %w", err)
	}
	return nil
}
