package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Enrollment is a row of enrollments with the names that people know.
type Enrollment struct {
	ID             int64
	ClientID       int64
	Client         string // external id
	SequenceID     int64
	Sequence       string
	VersionID      int64
	State          string
	Origin         string
	Priority       int
	LastStep       string
	NextStep       string
	NextAt         *time.Time
	Waiting        string
	WaitingDetail  string     // whose limit it waits for
	DueAt          *time.Time // when the step was due before it was moved
	Lanes          string     // where room is promised to it on the day of NextAt
	OfferName      string
	OfferExpiresAt *time.Time
	AnchorAt       *time.Time // when the step before was done
	StartedAt      time.Time
	EndedAt        *time.Time
	EndReason      *string
	Edited         bool // it was taken to a newer version on its way
}

const enrollmentColumns = `
	e.id, e.client_id, c.external_id AS client, e.sequence_id, s.name AS sequence, e.version_id, e.state, e.origin, e.priority,
	e.last_step, e.next_step, e.next_at, e.waiting, e.waiting_detail, e.due_at, e.lanes, e.offer_name, e.offer_expires_at, e.anchor_at, e.started_at, e.ended_at, e.end_reason, e.edited
	FROM enrollments e JOIN sequences s ON s.id = e.sequence_id JOIN clients c ON c.id = e.client_id `

// EnrollmentByID finds an enrollment.
func EnrollmentByID(ctx context.Context, db DB, id int64) (Enrollment, error) {
	e, err := one[Enrollment](db.Query(ctx, "SELECT"+enrollmentColumns+"WHERE e.id = $1", id))
	if err != nil {
		return e, fmt.Errorf("loading enrollment %d: %w", id, err)
	}
	return e, nil
}

// EnrollmentFilter narrows a list; zero fields do not.
type EnrollmentFilter struct {
	Client   string
	Sequence string
	State    string
	Before   int64 // id of the last row of the page before
	Limit    int
}

// ListEnrollments returns enrollments, newest first.
func ListEnrollments(ctx context.Context, db DB, f EnrollmentFilter) ([]Enrollment, error) {
	list, err := all[Enrollment](db.Query(ctx, "SELECT"+enrollmentColumns+`
		WHERE (@client = '' OR c.external_id = @client) AND (@sequence = '' OR s.name = @sequence)
		  AND (@state = '' OR e.state = @state) AND (@before::bigint = 0 OR e.id < @before)
		ORDER BY e.id DESC LIMIT @limit`, pgx.StrictNamedArgs{
		"client": f.Client, "sequence": f.Sequence, "state": f.State, "before": f.Before, "limit": f.Limit,
	}))
	if err != nil {
		return nil, fmt.Errorf("listing enrollments: %w", err)
	}
	return list, nil
}

// OpenEnrollments returns the enrollments of the clients that have not ended.
func OpenEnrollments(ctx context.Context, db DB, clientIDs []int64) ([]Enrollment, error) {
	list, err := all[Enrollment](db.Query(ctx, "SELECT"+enrollmentColumns+`
		WHERE e.client_id = ANY($1) AND e.state <> 'ended' ORDER BY e.id`, anew, clientIDs))
	if err != nil {
		return nil, fmt.Errorf("loading open enrollments: %w", err)
	}
	return list, nil
}

// LastEnded returns, for each of the clients and every sequence, the enrollment
// that ended last.
func LastEnded(ctx context.Context, db DB, clientIDs []int64) ([]Enrollment, error) {
	list, err := all[Enrollment](db.Query(ctx, "SELECT DISTINCT ON (e.client_id, e.sequence_id)"+enrollmentColumns+`
		WHERE e.client_id = ANY($1) AND e.state = 'ended' ORDER BY e.client_id, e.sequence_id, e.ended_at DESC`, anew, clientIDs))
	if err != nil {
		return nil, fmt.Errorf("loading ended enrollments: %w", err)
	}
	return list, nil
}

// InsertEnrollments starts enrollments and returns the ids of the clients for
// whom it did: whoever has an open one in that sequence is left out.
func InsertEnrollments(ctx context.Context, db DB, list []Enrollment) ([]int64, error) {
	rows, err := db.Query(ctx, `
		INSERT INTO enrollments (client_id, sequence_id, version_id, origin, priority, last_step, next_step, next_at, started_at, anchor_at)
		SELECT i.*, i.started_at FROM unnest(@client_id::bigint[], @sequence_id::bigint[], @version_id::bigint[], @origin::text[], @priority::int[],
			@last_step::text[], @next_step::text[], @next_at::timestamptz[], @started_at::timestamptz[])
			AS i(client_id, sequence_id, version_id, origin, priority, last_step, next_step, next_at, started_at)
		ON CONFLICT (client_id, sequence_id) WHERE state <> 'ended' DO NOTHING
		RETURNING client_id`, pgx.StrictNamedArgs{
		"client_id":   column(list, func(e Enrollment) int64 { return e.ClientID }),
		"sequence_id": column(list, func(e Enrollment) int64 { return e.SequenceID }),
		"version_id":  column(list, func(e Enrollment) int64 { return e.VersionID }),
		"origin":      column(list, func(e Enrollment) string { return e.Origin }),
		"priority":    column(list, func(e Enrollment) int { return e.Priority }),
		"last_step":   column(list, func(e Enrollment) string { return e.LastStep }),
		"next_step":   column(list, func(e Enrollment) string { return e.NextStep }),
		"next_at":     column(list, func(e Enrollment) *time.Time { return e.NextAt }),
		"started_at":  column(list, func(e Enrollment) time.Time { return e.StartedAt }),
	})
	if err != nil {
		return nil, fmt.Errorf("enrolling %d clients: %w", len(list), err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("enrolling %d clients: %w", len(list), err)
	}
	return ids, nil
}

// Move is where an enrollment goes next.
type Move struct {
	EnrollmentID   int64
	LastStep       string
	NextStep       string
	NextAt         *time.Time
	Waiting        string
	WaitingDetail  string
	DueAt          *time.Time
	Lanes          string
	OfferName      string
	OfferExpiresAt *time.Time
	// AnchorAt is when LastStep was done; nil if the enrollment stays where it is.
	AnchorAt *time.Time
}

// MoveEnrollments writes moves of enrollments that have not ended.
func MoveEnrollments(ctx context.Context, db DB, moves []Move) error {
	_, err := db.Exec(ctx, `
		UPDATE enrollments e SET last_step = m.last_step, next_step = m.next_step, next_at = m.next_at, waiting = m.waiting,
			waiting_detail = m.waiting_detail, due_at = m.due_at, lanes = m.lanes, offer_name = m.offer_name, offer_expires_at = m.offer_expires_at,
			anchor_at = coalesce(m.anchor_at, e.anchor_at)
		FROM unnest(@id::bigint[], @last_step::text[], @next_step::text[], @next_at::timestamptz[], @waiting::text[],
			@waiting_detail::text[], @due_at::timestamptz[], @lanes::text[], @offer_name::text[], @offer_expires_at::timestamptz[], @anchor_at::timestamptz[])
			AS m(id, last_step, next_step, next_at, waiting, waiting_detail, due_at, lanes, offer_name, offer_expires_at, anchor_at)
		WHERE e.id = m.id AND e.state <> 'ended'`, pgx.StrictNamedArgs{
		"id":               column(moves, func(m Move) int64 { return m.EnrollmentID }),
		"last_step":        column(moves, func(m Move) string { return m.LastStep }),
		"next_step":        column(moves, func(m Move) string { return m.NextStep }),
		"next_at":          column(moves, func(m Move) *time.Time { return m.NextAt }),
		"waiting":          column(moves, func(m Move) string { return m.Waiting }),
		"waiting_detail":   column(moves, func(m Move) string { return m.WaitingDetail }),
		"due_at":           column(moves, func(m Move) *time.Time { return m.DueAt }),
		"lanes":            column(moves, func(m Move) string { return m.Lanes }),
		"offer_name":       column(moves, func(m Move) string { return m.OfferName }),
		"offer_expires_at": column(moves, func(m Move) *time.Time { return m.OfferExpiresAt }),
		"anchor_at":        column(moves, func(m Move) *time.Time { return m.AnchorAt }),
	})
	if err != nil {
		return fmt.Errorf("moving %d enrollments: %w", len(moves), err)
	}
	return nil
}

// PutUnderWay notes that a letter of each of the enrollments is under way: nothing
// dates or delays their step any more.
func PutUnderWay(ctx context.Context, db DB, ids []int64) error {
	_, err := db.Exec(ctx, `
		UPDATE enrollments SET next_at = NULL, waiting = '', waiting_detail = '', due_at = NULL, lanes = ''
		WHERE id = ANY($1) AND state <> 'ended'`, ids)
	if err != nil {
		return fmt.Errorf("putting %d enrollments under way: %w", len(ids), err)
	}
	return nil
}

// EndEnrollments ends those of the enrollments that have not ended and returns
// their clients. Letters that are not on the wire are cancelled, and so are calls and
// tasks. The caller holds the locks of the clients' addresses, unless no letter of
// theirs is under way.
func EndEnrollments(ctx context.Context, db DB, ids []int64, reason string, now time.Time) ([]int64, error) {
	rows, err := db.Query(ctx, `
		UPDATE enrollments SET state = 'ended', ended_at = $3, end_reason = $2, next_at = NULL, waiting = ''
		WHERE id = ANY($1) AND state <> 'ended' RETURNING client_id`, ids, reason, now)
	if err != nil {
		return nil, fmt.Errorf("ending enrollments: %w", err)
	}
	clients, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("ending enrollments: %w", err)
	}
	if err := StopMessages(ctx, db, ids, "cancelled", reason); err != nil {
		return nil, err
	}
	if _, err := db.Exec(ctx, cancelTasks, ids, reason, now); err != nil {
		return nil, fmt.Errorf("cancelling tasks of ended enrollments: %w", err)
	}
	return clients, nil
}

// PauseEnrollment pauses an active enrollment; its letters that are not on the
// wire are held. The caller holds the lock of the client's address.
func PauseEnrollment(ctx context.Context, db DB, id int64) error {
	_, err := db.Exec(ctx, "UPDATE enrollments SET state = 'paused' WHERE id = $1 AND state = 'active'", id)
	if err != nil {
		return fmt.Errorf("pausing enrollment %d: %w", id, err)
	}
	return StopMessages(ctx, db, []int64{id}, "held", "paused")
}

// ResumeEnrollment makes a paused enrollment active; held letters are due at once.
func ResumeEnrollment(ctx context.Context, db DB, id int64, now time.Time) error {
	_, err := db.Exec(ctx, "UPDATE enrollments SET state = 'active' WHERE id = $1 AND state = 'paused'", id)
	if err != nil {
		return fmt.Errorf("resuming enrollment %d: %w", id, err)
	}
	return freeMessages(ctx, db, []int64{id}, now)
}

// WakeEnrollments lets enrollments of the clients that wait for one of the given
// things be planned anew.
func WakeEnrollments(ctx context.Context, db DB, clientIDs []int64, waiting []string, now time.Time) error {
	if len(clientIDs) == 0 {
		return nil
	}
	if _, err := db.Exec(ctx, wakeEnrollments, anew, clientIDs, waiting, now); err != nil {
		return fmt.Errorf("waking enrollments: %w", err)
	}
	return nil
}

// LookAgain has the planner decide anew about enrollments of the clients that wait
// for one of the given things; they wait on if nothing has changed.
func LookAgain(ctx context.Context, db DB, clientIDs []int64, waiting []string, now time.Time) error {
	_, err := db.Exec(ctx, `
		UPDATE enrollments SET next_at = $3 WHERE client_id = ANY($1) AND state = 'active' AND next_at IS NULL AND waiting = ANY($2)
		  AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.enrollment_id = enrollments.id AND m.state IN ('held', 'planned') AND m.step <> 'handover')`, anew, clientIDs, waiting, now)
	if err != nil {
		return fmt.Errorf("looking again at what waits: %w", err)
	}
	return nil
}

// A letter that was held is planned anew by itself: its enrollment then has no date.
const wakeEnrollments = `
	WITH woken AS (
		UPDATE enrollments e SET waiting = 'resumed',
			next_at = CASE WHEN EXISTS (SELECT 1 FROM messages m WHERE m.enrollment_id = e.id AND m.state IN ('held', 'planned') AND m.step <> 'handover') THEN NULL ELSE $3::timestamptz END
		WHERE client_id = ANY($1::bigint[]) AND state = 'active' AND next_at IS NULL AND waiting = ANY($2::text[]) RETURNING id
	), freed AS (
		UPDATE messages SET state = 'planned', reason = '', chunk_id = NULL WHERE enrollment_id IN (SELECT id FROM woken) AND state = 'held' RETURNING id
	)
	INSERT INTO deferred (message_id, until) SELECT id, $3 FROM freed ON CONFLICT (message_id) DO NOTHING`

// freeMessages lets held letters be planned anew.
func freeMessages(ctx context.Context, db DB, enrollmentIDs []int64, now time.Time) error {
	_, err := db.Exec(ctx, `
		WITH freed AS (
			UPDATE messages SET state = 'planned', reason = '', chunk_id = NULL WHERE enrollment_id = ANY($1) AND state = 'held' RETURNING id
		)
		INSERT INTO deferred (message_id, until) SELECT id, $2 FROM freed ON CONFLICT (message_id) DO NOTHING`, enrollmentIDs, now)
	if err != nil {
		return fmt.Errorf("freeing held letters: %w", err)
	}
	return nil
}

// StopMessages gives letters that are planned and not on the wire another state.
func StopMessages(ctx context.Context, db DB, enrollmentIDs []int64, state, reason string) error {
	_, err := db.Exec(ctx, `
		WITH stopped AS (
			UPDATE messages m SET state = $2, reason = $3, pooled = m.pooled AND $2 <> 'cancelled'
			WHERE m.enrollment_id = ANY($1) AND m.state IN ('planned', 'held')
			  AND NOT `+onTheWire+`
			RETURNING id
		)
		DELETE FROM deferred WHERE message_id IN (SELECT id FROM stopped)`, enrollmentIDs, state, reason)
	if err != nil {
		return fmt.Errorf("stopping letters: %w", err)
	}
	return nil
}

// HoldEnrollment notes what an enrollment whose letter is held waits for.
func HoldEnrollment(ctx context.Context, db DB, id int64, waiting string) error {
	_, err := db.Exec(ctx, "UPDATE enrollments SET waiting = $2, next_at = NULL WHERE id = $1 AND state <> 'ended'", id, waiting)
	if err != nil {
		return fmt.Errorf("holding enrollment %d: %w", id, err)
	}
	return nil
}
