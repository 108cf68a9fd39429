package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// matchesSearch is the condition that a client's row contains what is searched for.
const matchesSearch = `(@search = '' OR strpos(lower(concat_ws(' ', c.external_id, c.first_name, c.last_name, c.email, c.company)), lower(@search)) > 0)`

// TouchKinds returns the kinds of touches that there are, for a filter to offer.
func TouchKinds(ctx context.Context, db DB) ([]string, error) {
	// Kinds are few and have no index: the newest touches show those in use.
	rows, err := db.Query(ctx, "SELECT DISTINCT kind FROM (SELECT kind FROM touches ORDER BY at DESC LIMIT 20000) AS recent ORDER BY kind")
	if err != nil {
		return nil, fmt.Errorf("listing kinds of touches: %w", err)
	}
	kinds, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("listing kinds of touches: %w", err)
	}
	return kinds, nil
}

// ClientRow is a client in a list, with the enrollment that goes on first.
type ClientRow struct {
	ExternalID string
	Email      string
	Name       string
	Company    string
	Category   string
	Stage      string
	Owner      string
	OwnerName  string
	Suppressed bool
	Sequence   string // '' without an open enrollment
	State      string
	Waiting    string
	NextAt     *time.Time
	Sort       string // with ExternalID the cursor
}

// ClientRowFilter narrows the list; zero fields do not.
type ClientRowFilter struct {
	Search   string
	Category string
	Owner    string // e-mail
	// After is the sort key and external id of the last row of the page before.
	After   string
	AfterID string
	Limit   int
}

// ListClientRows returns clients by name.
func ListClientRows(ctx context.Context, db DB, f ClientRowFilter) ([]ClientRow, error) {
	rows, err := all[ClientRow](db.Query(ctx, `
		WITH named AS (
			SELECT c.id, c.external_id, c.email, c.address, c.company, c.category, c.stage, o.email AS owner, o.name AS owner_name, concat_ws(' ', nullif(c.first_name, ''), nullif(c.last_name, '')) AS name,
				lower(concat_ws(' ', nullif(c.first_name, ''), nullif(c.last_name, ''))) AS sort
			FROM clients c LEFT JOIN users o ON o.id = c.owner_id
			WHERE `+matchesSearch+` AND (@category = '' OR c.category = @category) AND (@owner = '' OR o.email = @owner)
		), page AS (
			SELECT * FROM named WHERE @after_id = '' OR (sort, external_id) > (@after, @after_id) ORDER BY sort, external_id LIMIT @limit
		)
		SELECT p.external_id, p.email, p.name, p.company, p.category, p.stage, coalesce(p.owner, '') AS owner, coalesce(p.owner_name, '') AS owner_name,
			EXISTS (SELECT 1 FROM suppressions x WHERE x.address = p.address AND x.scope = '' AND p.address <> '') AS suppressed,
			coalesce(n.sequence, '') AS sequence, coalesce(n.state, '') AS state, coalesce(n.waiting, '') AS waiting, n.next_at, p.sort
		FROM page p LEFT JOIN LATERAL (
			SELECT s.name AS sequence, e.state, e.waiting, e.next_at FROM enrollments e JOIN sequences s ON s.id = e.sequence_id
			WHERE e.client_id = p.id AND e.state <> 'ended'
			ORDER BY e.state = 'active' DESC, e.next_at NULLS LAST, e.priority DESC LIMIT 1
		) AS n ON true
		ORDER BY p.sort, p.external_id`, pgx.StrictNamedArgs{
		"search": f.Search, "category": f.Category, "owner": f.Owner, "after": f.After, "after_id": f.AfterID, "limit": f.Limit,
	}))
	if err != nil {
		return nil, fmt.Errorf("listing clients: %w", err)
	}
	return rows, nil
}

// PeopleCount is how many enrollments of a sequence are in one place: an open
// one at the step that comes next, an ended one at its reason.
type PeopleCount struct {
	Sequence string
	State    string
	Place    string
	People   int
}

// CountPeople counts the enrollments of all sequences.
func CountPeople(ctx context.Context, db DB) ([]PeopleCount, error) {
	counts, err := all[PeopleCount](db.Query(ctx, `
		SELECT s.name AS sequence, e.state, CASE e.state WHEN 'ended' THEN e.end_reason ELSE e.next_step END AS place, count(*) AS people
		FROM enrollments e JOIN sequences s ON s.id = e.sequence_id GROUP BY 1, 2, 3`))
	if err != nil {
		return nil, fmt.Errorf("counting people in sequences: %w", err)
	}
	return counts, nil
}

// StepFunnel is what became of the letters of one step. Opens by machines do not
// count.
type StepFunnel struct {
	Sequence string
	Step     string
	Sent     int
	Opened   int
	Clicked  int
	Failed   int // and unconfirmed
}

// CountLetters counts the letters of all steps of all sequences.
func CountLetters(ctx context.Context, db DB) ([]StepFunnel, error) {
	funnels, err := all[StepFunnel](db.Query(ctx, `
		WITH hit AS (
			SELECT message_id, bool_or(kind = 'opened') AS opened, bool_or(kind = 'clicked') AS clicked
			FROM touches WHERE kind IN ('opened', 'clicked') AND actor <> 'machine' GROUP BY message_id
		)
		SELECT s.name AS sequence, m.step, count(*) FILTER (WHERE m.state = 'sent') AS sent,
			count(*) FILTER (WHERE m.state = 'sent' AND (hit.opened OR hit.clicked)) AS opened,
			count(*) FILTER (WHERE m.state = 'sent' AND hit.clicked) AS clicked,
			count(*) FILTER (WHERE m.state IN ('failed', 'unconfirmed')) AS failed
		FROM messages m JOIN enrollments e ON e.id = m.enrollment_id JOIN sequences s ON s.id = e.sequence_id
		LEFT JOIN hit ON hit.message_id = m.id
		WHERE m.state IN ('sent', 'failed', 'unconfirmed') GROUP BY 1, 2`))
	if err != nil {
		return nil, fmt.Errorf("counting letters of sequences: %w", err)
	}
	return funnels, nil
}

// CapturedRow is a captured letter in a list.
type CapturedRow struct {
	ID        int64
	At        time.Time
	Sender    string
	Recipient string
	Subject   string
}

// SearchCaptured returns captured letters whose recipient contains a text, newest
// first, before the row with id before if that is not 0.
func SearchCaptured(ctx context.Context, db DB, recipient string, before int64, limit int) ([]CapturedRow, error) {
	list, err := all[CapturedRow](db.Query(ctx, `
		SELECT id, at, sender, recipient, subject FROM sandbox_inbox
		WHERE ($1 = '' OR strpos(lower(recipient), lower($1)) > 0) AND ($2::bigint = 0 OR id < $2) ORDER BY id DESC LIMIT $3`, recipient, before, limit))
	if err != nil {
		return nil, fmt.Errorf("searching captured letters: %w", err)
	}
	return list, nil
}
