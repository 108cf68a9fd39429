package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Decision is what was decided at a step that sends no letter.
type Decision struct {
	EnrollmentID int64
	ClientID     int64
	Step         string
	Kind         string
	Outcome      string
	At           time.Time
	Data         map[string]any
}

// InsertDecisions writes decisions. A step of an enrollment is decided once: a
// decision that is there already stays.
func InsertDecisions(ctx context.Context, db DB, list []Decision) error {
	_, err := db.Exec(ctx, `
		INSERT INTO decisions (enrollment_id, client_id, step, kind, outcome, at, data)
		SELECT * FROM unnest(@enrollment_id::bigint[], @client_id::bigint[], @step::text[], @kind::text[], @outcome::text[], @at::timestamptz[], @data::jsonb[])
		ON CONFLICT (enrollment_id, step) DO NOTHING`, pgx.StrictNamedArgs{
		"enrollment_id": column(list, func(d Decision) int64 { return d.EnrollmentID }),
		"client_id":     column(list, func(d Decision) int64 { return d.ClientID }),
		"step":          column(list, func(d Decision) string { return d.Step }),
		"kind":          column(list, func(d Decision) string { return d.Kind }),
		"outcome":       column(list, func(d Decision) string { return d.Outcome }),
		"at":            column(list, func(d Decision) time.Time { return d.At }),
		"data":          column(list, func(d Decision) string { return jsonText(d.Data, "{}") }),
	})
	if err != nil {
		return fmt.Errorf("writing %d decisions: %w", len(list), err)
	}
	return nil
}

// DecisionsOf returns the decisions of enrollments, the first ones first.
func DecisionsOf(ctx context.Context, db DB, enrollmentIDs []int64) ([]Decision, error) {
	list, err := all[Decision](db.Query(ctx, `
		SELECT enrollment_id, client_id, step, kind, outcome, at, data FROM decisions WHERE enrollment_id = ANY($1) ORDER BY at, id`, enrollmentIDs))
	if err != nil {
		return nil, fmt.Errorf("loading decisions: %w", err)
	}
	return list, nil
}

// BranchResult is what came of those who took one branch of a split. People are
// enrollments; opens are by humans.
type BranchResult struct {
	Step    string
	Branch  string
	People  int
	Sent    int // letters, after the split
	Opened  int // people who opened one of those
	Clicked int // people who clicked in one of those
	Replied int // people who replied since
	// Purchased are people who bought since.
	Purchased int
	Ended     map[string]int
}

// BranchResults returns the results of a sequence's splits, branch by branch. A
// branch that nobody took is not there.
func BranchResults(ctx context.Context, db DB, sequence string) ([]BranchResult, error) {
	list, err := all[BranchResult](db.Query(ctx, `
		WITH taken AS (
			SELECT d.step, d.outcome AS branch, d.enrollment_id, d.client_id, d.at, e.state, e.end_reason, e.ended_at
			FROM sequences s JOIN enrollments e ON e.sequence_id = s.id JOIN decisions d ON d.enrollment_id = e.id AND d.kind = 'split'
			WHERE s.name = $1
		), each AS (
			SELECT t.step, t.branch, t.end_reason,
				(SELECT count(*) FROM messages m WHERE m.enrollment_id = t.enrollment_id AND m.state = 'sent' AND m.sent_at >= t.at) AS sent,
				EXISTS (SELECT 1 FROM messages m JOIN touches o ON o.message_id = m.id AND o.kind = 'opened' AND o.actor = 'human'
					WHERE m.enrollment_id = t.enrollment_id AND m.sent_at >= t.at) AS opened,
				EXISTS (SELECT 1 FROM messages m JOIN touches o ON o.message_id = m.id AND o.kind = 'clicked' AND o.actor = 'human'
					WHERE m.enrollment_id = t.enrollment_id AND m.sent_at >= t.at) AS clicked,
				EXISTS (SELECT 1 FROM touches o WHERE o.client_id = t.client_id AND o.kind = 'replied' AND o.at >= t.at
					AND (t.ended_at IS NULL OR o.at <= t.ended_at)) AS replied,
				EXISTS (SELECT 1 FROM touches o WHERE o.client_id = t.client_id AND o.kind = 'purchase' AND o.at >= t.at
					AND (t.ended_at IS NULL OR o.at <= t.ended_at)) AS purchased
			FROM taken t
		), endings AS (
			SELECT step, branch, jsonb_object_agg(end_reason, n) AS ended
			FROM (SELECT step, branch, end_reason, count(*) AS n FROM each WHERE end_reason IS NOT NULL GROUP BY step, branch, end_reason) AS x GROUP BY step, branch
		)
		SELECT step, branch, count(*)::int AS people, sum(sent)::int AS sent, count(*) FILTER (WHERE opened)::int AS opened,
			count(*) FILTER (WHERE clicked)::int AS clicked, count(*) FILTER (WHERE replied)::int AS replied, count(*) FILTER (WHERE purchased)::int AS purchased,
			coalesce((SELECT ended FROM endings x WHERE x.step = each.step AND x.branch = each.branch), '{}') AS ended
		FROM each GROUP BY step, branch ORDER BY step, branch`, sequence))
	if err != nil {
		return nil, fmt.Errorf("adding up the splits of %s: %w", sequence, err)
	}
	return list, nil
}
