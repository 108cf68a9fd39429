package store

import (
	"time"

	"github.com/jackc/pgx/v5"
)

// settleSent is settle for letters that were accepted, which almost all are: less
// than half the work. It removes transmissions that are settled with it, too. The
// chunks are held by an earlier statement.
const settleSent = `
	WITH settled AS (
		UPDATE messages m SET state = 'sent', reason = '', response = r.response, fence = r.fence, sent_at = r.at,
			attempts = m.attempts + CASE WHEN m.state = 'unconfirmed' THEN 0 ELSE 1 END,
			at = CASE WHEN r.at > m.at + interval '1 minute' THEN r.at ELSE m.at END, content_id = r.content_id, content_place = r.place
		FROM unnest(@message_id::bigint[], @chunk_id::bigint[], @fence::bigint[], @at::timestamptz[], @response::text[], @content_id::bigint[], @place::int[],
			@last_step::text[], @next_step::text[], @next_at::timestamptz[], @waiting::text[], @end_reason::text[])
			AS r(message_id, chunk_id, fence, at, response, content_id, place, last_step, next_step, next_at, waiting, end_reason)
			LEFT JOIN chunks k ON k.id = r.chunk_id
		WHERE m.id = r.message_id AND m.chunk_id = r.chunk_id
		  AND ((m.state = 'planned' AND k.fence = r.fence) OR (m.state = 'unconfirmed' AND m.fence = r.fence))
		RETURNING m.enrollment_id, r.at, r.last_step, r.next_step, r.next_at, r.waiting, r.end_reason
	), closed AS (
		DELETE FROM transmissions WHERE id = ANY(@closed::bigint[])
	)
	UPDATE enrollments e SET last_step = s.last_step, next_step = s.next_step, next_at = s.next_at, waiting = s.waiting, anchor_at = s.at,
		state = CASE WHEN s.end_reason <> '' THEN 'ended' ELSE e.state END,
		ended_at = CASE WHEN s.end_reason <> '' THEN s.at END,
		end_reason = CASE WHEN s.end_reason <> '' THEN s.end_reason END
	FROM settled s WHERE e.id = s.enrollment_id AND e.state <> 'ended'`

func sentArgs(list []Settlement, closed []int64) pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{
		"closed":     closed,
		"message_id": column(list, func(s Settlement) int64 { return s.MessageID }),
		"chunk_id":   column(list, func(s Settlement) int64 { return s.ChunkID }),
		"fence":      column(list, func(s Settlement) int64 { return s.Fence }),
		"at":         column(list, func(s Settlement) time.Time { return s.At }),
		"response":   column(list, func(s Settlement) string { return s.Response }),
		"content_id": column(list, func(s Settlement) int64 { return s.ContentID }),
		"place":      column(list, func(s Settlement) int { return s.Place }),
		"last_step":  column(list, func(s Settlement) string { return s.LastStep }),
		"next_step":  column(list, func(s Settlement) string { return s.NextStep }),
		"next_at":    column(list, func(s Settlement) *time.Time { return s.NextAt }),
		"waiting":    column(list, func(s Settlement) string { return s.Waiting }),
		"end_reason": column(list, func(s Settlement) string { return s.EndReason }),
	}
}
