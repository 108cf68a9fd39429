package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// noteUnconfirmed lists letters whose ids and moments a CTE named doubtful has: nobody
// knows whether they arrived. Who looks first looks for evidence that came before.
const noteUnconfirmed = `
	INSERT INTO unconfirmed AS u (message_id, since, look_at) SELECT id, at, look_at FROM doubtful
	ON CONFLICT (message_id) DO UPDATE SET since = excluded.since, look_at = excluded.look_at, open = true`

// ToLookAt is an unconfirmed letter whose moment has come.
type ToLookAt struct {
	MessageID int64
	ClientID  int64 // 0: it is gone, with its client
	LookAt    time.Time
}

// UnconfirmedDue returns up to limit letters to look at by now. There are none while the
// restore guard keeps letters back.
func UnconfirmedDue(ctx context.Context, db DB, limit int) ([]ToLookAt, error) {
	list, err := all[ToLookAt](db.Query(ctx, `
		SELECT u.message_id, coalesce(m.client_id, 0) AS client_id, u.look_at FROM unconfirmed u LEFT JOIN messages m ON m.id = u.message_id
		WHERE u.look_at <= business_now() AND NOT EXISTS (SELECT 1 FROM guard WHERE tripped_at IS NOT NULL AND confirmed_at IS NULL)
		ORDER BY u.look_at, u.message_id LIMIT $1`, limit))
	if err != nil {
		return nil, fmt.Errorf("finding unconfirmed letters to look at: %w", err)
	}
	return list, nil
}

// Unconfirmed is a letter of which nobody knows whether it arrived.
type Unconfirmed struct {
	MessageID    int64
	EnrollmentID int64
	ClientID     int64
	Step         string
	Occurrence   int
	Since        time.Time
	Resent       int
	SentAt       time.Time // when it went, if it did
	Reason       string
	Doubt        bool   // a restore has put it in doubt
	Again        bool   // it was decided that it goes again, and it has not yet
	Evidence     string // what shows that it arrived: the kind of a touch, '' without one
}

// LockUnconfirmed loads and locks a letter that is unconfirmed, or was, and has not gone
// again yet; ErrNotFound if it is neither. The caller holds the lock of its address.
func LockUnconfirmed(ctx context.Context, tx pgx.Tx, messageID int64) (Unconfirmed, error) {
	// Two statements: what is known by the first may be from before its lock.
	if _, err := tx.Exec(ctx, "SELECT 1 FROM messages WHERE id = $1 FOR UPDATE", messageID); err != nil {
		return Unconfirmed{}, fmt.Errorf("locking message %d: %w", messageID, err)
	}
	u, err := one[Unconfirmed](tx.Query(ctx, `
		SELECT m.id AS message_id, m.enrollment_id, m.client_id, m.step, m.occurrence, coalesce(u.since, m.sent_at, m.due_at) AS since, coalesce(u.resent, 0) AS resent,
			coalesce(m.sent_at, m.due_at) AS sent_at, m.reason, m.reason = $2 AS doubt, m.state <> 'unconfirmed' AS again,
			coalesce((
				SELECT t.kind FROM ( -- each part has an index
					SELECT kind, at, id FROM touches WHERE message_id = m.id AND kind IN ('delivered', 'bounced', 'complained', 'unsubscribed')
					UNION ALL
					SELECT kind, at, id FROM touches WHERE message_id = m.id AND kind IN ('opened', 'clicked') AND actor = 'human'
					UNION ALL
					SELECT kind, at, id FROM touches WHERE client_id = m.client_id AND message_id = m.id AND kind IN ('replied', 'auto_replied')
				) AS t ORDER BY t.at, t.id LIMIT 1
			), '') AS evidence
		FROM messages m LEFT JOIN unconfirmed u ON u.message_id = m.id 
		WHERE m.id = $1 AND (m.state = 'unconfirmed' OR m.state IN ('planned', 'held') AND u.closings <> '[]' AND NOT `+onTheWire+`)`, messageID, doubtReason))
	if err != nil {
		return u, fmt.Errorf("loading unconfirmed message %d: %w", messageID, err)
	}
	return u, nil
}

// LookLater has a letter looked at again at a moment, or, with nil, not by itself.
func LookLater(ctx context.Context, db DB, messageID int64, at *time.Time) error {
	if _, err := db.Exec(ctx, "UPDATE unconfirmed SET look_at = $2 WHERE message_id = $1", messageID, at); err != nil {
		return fmt.Errorf("dating the next look at message %d: %w", messageID, err)
	}
	return nil
}

// SettledMeanwhile notes that a letter is not unconfirmed any more, or gone: its outcome
// came late.
func SettledMeanwhile(ctx context.Context, db DB, messageID int64) error {
	_, err := db.Exec(ctx, `
		WITH there AS (SELECT id FROM messages WHERE id = $1), gone AS (
			DELETE FROM unconfirmed WHERE message_id = $1 AND NOT EXISTS (SELECT 1 FROM there)
		)
		UPDATE unconfirmed SET open = false, look_at = NULL WHERE message_id = $1 AND EXISTS (SELECT 1 FROM there)`, messageID)
	if err != nil {
		return fmt.Errorf("noting that message %d is settled: %w", messageID, err)
	}
	return nil
}

// Verdict is what somebody decides about an unconfirmed letter.
type Verdict struct {
	MessageID int64
	State     string // sent, failed, or planned: it goes again; held: so, once its enrollment is resumed
	Reason    string // for people
	Response  string // "evidence: …"; '' keeps the mail server's words
	As        string
	By        string
	Note      string
	Resent    bool // the sequence has it sent again
	At        time.Time
}

// Decide writes a verdict about a letter that LockUnconfirmed returned. One that goes
// again keeps its row, and so its Message-ID.
func Decide(ctx context.Context, tx pgx.Tx, v Verdict) error {
	_, err := tx.Exec(ctx, `
		WITH decided AS (
			UPDATE messages SET state = @state, reason = @reason, response = CASE WHEN @response = '' THEN response ELSE @response END,
				sent_at = CASE WHEN @state IN ('sent', 'failed') THEN coalesce(sent_at, due_at) END, pooled = pooled AND @state <> 'failed',
				chunk_id = CASE WHEN @state IN ('planned', 'held') THEN NULL ELSE chunk_id END
			WHERE id = @message_id AND state IN ('unconfirmed', 'planned', 'held') RETURNING id
		), unqueued AS (
			DELETE FROM deferred WHERE message_id IN (SELECT id FROM decided) AND @state <> 'planned'
		), queued AS (
			INSERT INTO deferred (message_id, until) SELECT id, @at FROM decided WHERE @state = 'planned'
			ON CONFLICT (message_id) DO UPDATE SET until = excluded.until
		)
		INSERT INTO unconfirmed AS u (message_id, since, open, resent, closings)
		SELECT id, @at, false, CASE WHEN @resent THEN 1 ELSE 0 END, jsonb_build_array(jsonb_build_object('at', @at::timestamptz, 'as', @as::text, 'by', @by::text, 'note', @note::text)) FROM decided
		ON CONFLICT (message_id) DO UPDATE SET open = false, look_at = NULL, resent = u.resent + excluded.resent, closings = u.closings || excluded.closings`, pgx.StrictNamedArgs{
		"message_id": v.MessageID, "state": v.State, "reason": v.Reason, "response": v.Response, "as": v.As, "by": v.By, "note": v.Note, "resent": v.Resent, "at": v.At,
	})
	if err != nil {
		return fmt.Errorf("deciding about message %d: %w", v.MessageID, err)
	}
	return nil
}

// LetGo lets an enrollment that an unconfirmed letter held go on with that letter.
func LetGo(ctx context.Context, db DB, enrollmentID int64) error {
	if _, err := db.Exec(ctx, "UPDATE enrollments SET waiting = '' WHERE id = $1 AND waiting = 'unconfirmed'", enrollmentID); err != nil {
		return fmt.Errorf("letting enrollment %d go: %w", enrollmentID, err)
	}
	return nil
}

// WakeDoubtful lets an enrollment go on that a letter out of turn held, unless another
// letter does, too.
func WakeDoubtful(ctx context.Context, db DB, enrollmentID int64, now time.Time) error {
	_, err := db.Exec(ctx, `
		UPDATE enrollments SET waiting = 'resumed', next_at = $2 WHERE id = $1 AND waiting = 'unconfirmed' AND state = 'active'
		  AND NOT EXISTS (SELECT 1 FROM messages WHERE enrollment_id = $1 AND state = 'unconfirmed')`, enrollmentID, now)
	if err != nil {
		return fmt.Errorf("waking enrollment %d: %w", enrollmentID, err)
	}
	return nil
}

// Closing is one decision about a letter that was unconfirmed.
type Closing struct {
	At   time.Time `json:"at"`
	As   string    `json:"as"`
	By   string    `json:"by"`
	Note string    `json:"note"`
}

// ClosingsOf returns what was decided about a letter, the first decision first.
func ClosingsOf(ctx context.Context, db DB, messageID int64) ([]Closing, error) {
	rows, err := db.Query(ctx, `
		SELECT (c->>'at')::timestamptz, c->>'as', c->>'by', c->>'note' FROM unconfirmed, jsonb_array_elements(closings) WITH ORDINALITY AS j(c, i)
		WHERE message_id = $1 ORDER BY i`, messageID)
	if err != nil {
		return nil, fmt.Errorf("loading decisions about message %d: %w", messageID, err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Closing])
	if err != nil {
		return nil, fmt.Errorf("loading decisions about message %d: %w", messageID, err)
	}
	return list, nil
}

// UnconfirmedFilter narrows a list of unconfirmed letters; zero fields do not.
type UnconfirmedFilter struct {
	Sequence string
	Sender   string     // by address
	Before   *time.Time // they became unconfirmed before
	After    int64      // the id of the last one of the page before
	Limit    int
}

// OpenUnconfirmed is a letter that waits for somebody to decide.
type OpenUnconfirmed struct {
	MessageID int64
	ClientID  int64
	Client    string // external id
	Name      string
	Sequence  string
	Step      string
	Sender    string
	Subject   string
	Reason    string
	Since     time.Time
	LookAt    *time.Time
	VersionID int64 // of the sequence that sent it
	Resent    int   // how often it went again by itself
	Doubt     bool  // a restore put it in doubt
	Ended     bool  // its sequence is over for this client
}

// ListUnconfirmed returns letters that wait for somebody to decide, by id.
func ListUnconfirmed(ctx context.Context, db DB, f UnconfirmedFilter) ([]OpenUnconfirmed, error) {
	list, err := all[OpenUnconfirmed](db.Query(ctx, `
		SELECT u.message_id, m.client_id, c.external_id AS client, concat_ws(' ', nullif(c.first_name, ''), nullif(c.last_name, '')) AS name, s.name AS sequence, m.step, m.sender,
			coalesce(said.subjects[m.content_place], m.subject) AS subject, m.reason, u.since, u.look_at, e.version_id, u.resent, m.reason = @doubt AS doubt, e.state = 'ended' AS ended
		FROM unconfirmed u JOIN messages m ON m.id = u.message_id AND m.state = 'unconfirmed' JOIN clients c ON c.id = m.client_id
		JOIN enrollments e ON e.id = m.enrollment_id JOIN sequences s ON s.id = e.sequence_id LEFT JOIN contents said ON said.id = m.content_id
		WHERE u.open AND u.message_id > @after AND (@sequence = '' OR s.name = @sequence) AND (@sender = '' OR lower(m.sender) = lower(@sender))
		  AND (@before::timestamptz IS NULL OR u.since < @before)
		ORDER BY u.message_id LIMIT @limit`, pgx.StrictNamedArgs{
		"sequence": f.Sequence, "sender": f.Sender, "before": f.Before, "after": f.After, "limit": f.Limit, "doubt": doubtReason,
	}))
	if err != nil {
		return nil, fmt.Errorf("listing unconfirmed letters: %w", err)
	}
	return list, nil
}

// CountUnconfirmed counts letters that wait for somebody to decide.
func CountUnconfirmed(ctx context.Context, db DB) (n int, err error) {
	err = db.QueryRow(ctx, "SELECT count(*) FROM unconfirmed u JOIN messages m ON m.id = u.message_id AND m.state = 'unconfirmed' WHERE u.open").Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("counting unconfirmed letters: %w", err)
	}
	return n, nil
}
