package store_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"seventh/internal/pgtest"
	"seventh/internal/store"
)

func TestAnExportForgetsNoTable(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	rows, err := db.Query(t.Context(), `
		SELECT table_name::text FROM information_schema.columns WHERE table_schema = current_schema() AND column_name = 'client_id' ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	hints := []string{"happened"} // says nothing about a client
	for _, table := range must(pgx.CollectRows(rows, pgx.RowTo[string]))(t) {
		exported := false
		for _, other := range store.ExportTables {
			exported = exported || other == table
		}
		if !exported && !slices.Contains(hints, table) {
			t.Errorf("an export of a client lacks what is in %s", table)
		}
	}
}

func TestAClientIsExportedWithEveryConsent(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ann, bob := o.clients("ann")[0], o.clients("bob")[0]
	_, err := o.db.Exec(t.Context(), `
		UPDATE clients SET consent_basis = 'double_opt_in', consent_source = 'form', consent_text_version = 'v2', consent_evidence = 'mail 17' WHERE id = $1`, ann.ID)
	ok(t, err)
	_, err = o.db.Exec(t.Context(), "UPDATE clients SET consent_basis = '' WHERE id = $1", ann.ID)
	ok(t, err)
	_, err = o.db.Exec(t.Context(), "UPDATE clients SET review_at = now() WHERE id = $1", ann.ID)
	ok(t, err)
	ok(t, store.Erase(t.Context(), o.db, bob.ID))

	var bases []string
	for _, v := range must(store.ConsentsOf(t.Context(), o.db, ann.ID))(t) {
		bases = append(bases, v.Basis)
	}
	if !slices.Equal(bases, []string{optIn, "double_opt_in", ""}) {
		t.Errorf("recorded grounds %q", bases)
	}
	if left := must(store.ConsentsOf(t.Context(), o.db, bob.ID))(t); len(left) != 0 {
		t.Errorf("of an erased client there is left %+v", left)
	}
	var export map[string]any
	ok(t, json.Unmarshal(must(store.ExportClient(t.Context(), o.db, ann.ID))(t), &export))
	consents := export["consents"].([]any)
	if client := export["client"].(map[string]any); client["external_id"] != "ann" || len(consents) != 3 {
		t.Errorf("exported %v", export)
	}
	if second := consents[1].(map[string]any); second["evidence"] != "mail 17" || second["text_version"] != "v2" || second["recorded_at"] == nil {
		t.Errorf("the second consent is exported as %v", second)
	}
	if _, err := store.ExportClient(t.Context(), o.db, bob.ID); err == nil {
		t.Error("an erased client was exported")
	}
}
