package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// ExportTables are the tables with rows of a client, under the names that they have in
// an export. A test holds the list against the schema.
var ExportTables = map[string]string{
	"consents": "consents", "enrollments": "enrollments", "letters": "messages", "touches": "touches", "decisions": "decisions", "tasks": "tasks",
	"events": "events", "next_calls": "next_calls", "handovers": "handovers", "webhook_deliveries": "webhook_deliveries",
	"absences": "absences", "preferences": "preferences",
}

// ExportClient returns everything that is kept about a client as JSON by subject: what
// he may ask for (GDPR 15 and 20, 152-FZ 14), and the proof of his consent. What a letter
// said is in its source.
func ExportClient(ctx context.Context, db DB, id int64) (json.RawMessage, error) {
	parts := []string{
		`'client', (SELECT to_jsonb(x) - 'id' - 'address' - 'owner_id' FROM clients x WHERE id = $1)`,
		`'suppressions', (SELECT coalesce(jsonb_agg(to_jsonb(x) - 'id' ORDER BY x.id), '[]') FROM suppressions x JOIN clients c ON c.address = x.address WHERE c.id = $1)`,
		`'hits', (SELECT coalesce(jsonb_agg(to_jsonb(x) - 'id' ORDER BY x.id), '[]') FROM hits x JOIN messages m ON m.id = x.message_id WHERE m.client_id = $1)`,
		`'evidence', (SELECT coalesce(jsonb_agg(to_jsonb(x) - 'raw' - 'dedupe_key' ORDER BY x.id), '[]') FROM evidence x JOIN messages m ON m.id = x.message_id WHERE m.client_id = $1)`,
	}
	for name, table := range ExportTables {
		parts = append(parts, fmt.Sprintf(`'%s', (SELECT coalesce(jsonb_agg(to_jsonb(x) - 'client_id'), '[]') FROM %s x WHERE x.client_id = $1)`, name, table))
	}
	var export json.RawMessage
	err := db.QueryRow(ctx, "SELECT jsonb_build_object("+strings.Join(parts, ", ")+") FROM clients WHERE id = $1", id).Scan(&export)
	if errors.Is(err, pgx.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("exporting client %d: %w", id, err)
	}
	return export, nil
}
