package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Reply is a letter of a client, or of his machine, that answers one of ours.
type Reply struct {
	At         time.Time
	MessageID  *int64 // the letter of ours
	Data       map[string]any
	EvidenceID *int64
}

// IsAnswered reports whether an answer, by its key, is in the ledger of a client.
func IsAnswered(ctx context.Context, db DB, clientID int64, key string) (bool, error) {
	var known bool
	err := db.QueryRow(ctx, `
		SELECT EXISTS (SELECT 1 FROM touches WHERE client_id = $1 AND data->>'answer' = $2 AND kind IN ('replied', 'auto_replied'))`, clientID, key).Scan(&known)
	if err != nil {
		return false, fmt.Errorf("looking for an answer of client %d: %w", clientID, err)
	}
	return known, nil
}

const answerColumns = "SELECT at, message_id, data, (data->>'evidence')::bigint AS evidence_id FROM touches "

// AnswersOfTask returns the answers that a task is about, the latest first.
func AnswersOfTask(ctx context.Context, db DB, clientID, taskID int64) ([]Reply, error) {
	list, err := all[Reply](db.Query(ctx, answerColumns+`
		WHERE client_id = $1 AND kind = 'replied' AND (data->>'task')::bigint = $2 ORDER BY at DESC, data->>'answer' DESC, id DESC LIMIT 20`, clientID, taskID))
	if err != nil {
		return nil, fmt.Errorf("loading the answers of task %d: %w", taskID, err)
	}
	return list, nil
}

// LettersAnswered maps tasks of the clients to the letter that the latest answer to each is about,
// where that is known.
func LettersAnswered(ctx context.Context, db DB, clientIDs, taskIDs []int64) (map[int64]int64, error) {
	rows, err := db.Query(ctx, `
		SELECT DISTINCT ON (k.id) k.id, t.message_id FROM touches t JOIN unnest($2::bigint[]) AS k (id) ON t.data->>'task' = k.id::text
		WHERE t.client_id = ANY($1) AND t.kind = 'replied' AND t.message_id IS NOT NULL ORDER BY k.id, t.at DESC, t.id DESC`, clientIDs, taskIDs)
	if err != nil {
		return nil, fmt.Errorf("looking for the letters that %d tasks are about: %w", len(taskIDs), err)
	}
	letters := make(map[int64]int64)
	var task, letter int64
	if _, err := pgx.ForEachRow(rows, []any{&task, &letter}, func() error { letters[task] = letter; return nil }); err != nil {
		return nil, fmt.Errorf("looking for the letters that %d tasks are about: %w", len(taskIDs), err)
	}
	return letters, nil
}

// LastAutomatic returns a client's latest automatic answer; nil if there is none.
func LastAutomatic(ctx context.Context, db DB, clientID int64) (*Reply, error) {
	list, err := all[Reply](db.Query(ctx, answerColumns+`
		WHERE client_id = $1 AND kind = 'auto_replied' ORDER BY at DESC, data->>'answer' DESC, id DESC LIMIT 1`, clientID))
	if err != nil {
		return nil, fmt.Errorf("loading the last automatic answer of client %d: %w", clientID, err)
	}
	if len(list) == 0 {
		return nil, nil
	}
	return &list[0], nil
}

// Signs are what tells whether a person reads a client's letters.
type Signs struct {
	RepliedAt *time.Time // the last human reply
	HumanAt   *time.Time // the last time a person opened, clicked or replied
	Automatic int        // automatic answers since then
}

// SignsOf returns the signs of a client.
func SignsOf(ctx context.Context, db DB, clientID int64) (Signs, error) {
	s, err := one[Signs](db.Query(ctx, `
		WITH t AS (SELECT kind, actor, at FROM touches WHERE client_id = $1 AND kind IN ('opened', 'clicked', 'replied', 'auto_replied')),
		h AS (SELECT max(at) AS at FROM t WHERE kind = 'replied' OR kind IN ('opened', 'clicked') AND actor = 'human')
		SELECT (SELECT max(at) FROM t WHERE kind = 'replied') AS replied_at, h.at AS human_at,
			(SELECT count(*) FROM t WHERE kind = 'auto_replied' AND (h.at IS NULL OR t.at > h.at))::int AS automatic FROM h`, clientID))
	if err != nil {
		return s, fmt.Errorf("looking for signs of client %d: %w", clientID, err)
	}
	return s, nil
}

// Awaited is a client who waits for an answer to what he wrote.
type Awaited struct {
	ClientID int64
	Company  string // its key, '' for none
	Owner    string // the address of the rep who is to write it; '' for nobody
}

// AwaitedAnswers returns who waits for an answer, of the clients given and of companies,
// by their keys.
func AwaitedAnswers(ctx context.Context, db DB, clientIDs []int64, companies []string) ([]Awaited, error) {
	list, err := all[Awaited](db.Query(ctx, `
		SELECT c.id AS client_id, coalesce(company_key(c.company_id, c.address), '') AS company, coalesce(o.email, '') AS owner
		FROM tasks t JOIN clients c ON c.id = t.client_id LEFT JOIN users o ON o.id = t.owner_id
		WHERE t.state = 'open' AND t.about = 'answer' AND (c.id = ANY($1) OR company_key(c.company_id, c.address) = ANY($2)) ORDER BY t.id`, anew, clientIDs, companies))
	if err != nil {
		return nil, fmt.Errorf("looking which of %d clients wait for an answer: %w", len(clientIDs), err)
	}
	return list, nil
}

// HoldAwaited holds the clients at companies who wait for an answer, so that it is not
// given while what waits for it is held. Those who are being changed are left out.
func HoldAwaited(ctx context.Context, tx pgx.Tx, companies []string) ([]int64, error) {
	rows, err := tx.Query(ctx, `
		SELECT c.id FROM clients c WHERE company_key(c.company_id, c.address) = ANY($1)
		  AND EXISTS (SELECT 1 FROM tasks t WHERE t.client_id = c.id AND t.about = 'answer' AND t.state = 'open') ORDER BY c.id FOR SHARE OF c SKIP LOCKED`, anew, companies)
	if err != nil {
		return nil, fmt.Errorf("holding who waits for an answer: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("holding who waits for an answer: %w", err)
	}
	return ids, nil
}

// Colleagues returns clients of a company, by its key, who are under way in a
// sequence: up to limit, those after an id in front.
func Colleagues(ctx context.Context, db DB, company string, after int64, limit int) ([]Client, error) {
	clients, err := all[Client](db.Query(ctx, "SELECT"+clientColumns+clientTables+`
		WHERE company_key(c.company_id, c.address) = $1 AND c.id > $2
		  AND EXISTS (SELECT 1 FROM enrollments e WHERE e.client_id = c.id AND e.state = 'active') ORDER BY c.id LIMIT $3`, anew, company, after, limit))
	if err != nil {
		return nil, fmt.Errorf("looking for colleagues: %w", err)
	}
	return clients, nil
}

// WakeAnswered has enrollments that wait for an answer planned anew, of clients and of
// companies, by their keys. Those for whom somebody else waits still, the planner holds
// again. detail marks them until they are dated.
func WakeAnswered(ctx context.Context, db DB, clientIDs []int64, companies []string, detail string, now time.Time) error {
	_, err := db.Exec(ctx, `
		WITH woken AS (
			UPDATE enrollments e SET waiting = 'resumed', waiting_detail = @detail, due_at = NULL,
				next_at = CASE WHEN EXISTS (SELECT 1 FROM messages m WHERE m.enrollment_id = e.id AND m.state IN ('held', 'planned') AND m.step <> 'handover') THEN NULL ELSE @now::timestamptz END
			WHERE e.state = 'active' AND e.next_at IS NULL AND e.waiting = 'reply'
			  AND e.client_id = ANY(ARRAY(SELECT unnest(@client_ids::bigint[]) UNION SELECT id FROM clients c WHERE company_key(c.company_id, c.address) = ANY(@companies)))
			RETURNING id
		), freed AS (
			UPDATE messages SET state = 'planned', reason = '', chunk_id = NULL WHERE enrollment_id IN (SELECT id FROM woken) AND state = 'held' RETURNING id
		)
		INSERT INTO deferred (message_id, until) SELECT id, @now FROM freed ON CONFLICT (message_id) DO NOTHING`, pgx.StrictNamedArgs{
		"client_ids": clientIDs, "companies": companies, "detail": detail, "now": now,
	})
	if err != nil {
		return fmt.Errorf("waking what waits for an answer: %w", err)
	}
	return nil
}
