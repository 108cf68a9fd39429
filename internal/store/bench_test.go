package store_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/internal/pgtest"
	"seventh/internal/store"
)

// rowsOf counts what a query with one number says.
func rowsOf(t *testing.T, db store.DB, sql string, args ...any) (n int) {
	t.Helper()
	ok(t, db.QueryRow(t.Context(), sql, args...).Scan(&n))
	return n
}

func TestACrowdComesInDueOrder(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	crowd := store.Crowd{Name: "c", Category: "C", Version: o.version, Step: "first", Due: noon, Spacing: time.Minute}
	ok(t, store.InsertCrowd(t.Context(), o.db, crowd, 0, 6))
	ok(t, store.InsertCrowd(t.Context(), o.db, crowd, 6, 10))
	var due []int64
	for _, d := range must(store.TakeDue(t.Context(), o.db, noon.Add(7*time.Minute), 100))(t) {
		due = append(due, d.ClientID)
	}
	if len(due) != 8 {
		t.Errorf("after 7 minutes %d clients are due, want the first one and 7 more", len(due))
	}
	clients := must(store.ClientsByID(t.Context(), o.db, due))(t)
	for _, c := range clients {
		if c.Category != "C" || c.Address == "" || c.FirstName == "" || c.Attributes["industry"] != "baking" {
			t.Errorf("a client of the crowd is %+v", c)
		}
	}
	if n := rowsOf(t, o.db, "SELECT count(*) FROM clients WHERE last_purchase_at < $1", noon); n != 5 {
		t.Errorf("%d of 10 have bought before, want half of them", n)
	}
}

func TestACrowdIsSpreadAtRandom(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	crowd := store.Crowd{Name: "later", Category: "D", Version: o.version, Step: "first", Due: noon, Spread: time.Hour}
	ok(t, store.InsertCrowd(t.Context(), o.db, crowd, 0, 100))
	if n := rowsOf(t, o.db, "SELECT count(*) FROM enrollments WHERE next_at NOT BETWEEN $1 AND $1 + interval '1 hour'", noon); n != 0 {
		t.Errorf("%d of 100 are due outside the hour", n)
	}
	if n := rowsOf(t, o.db, "SELECT count(DISTINCT next_at) FROM enrollments"); n < 90 {
		t.Errorf("100 clients are due at %d different times only", n)
	}
}

func TestIndexesSetAsideComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	list := func() []string {
		rows := must(o.db.Query(t.Context(), "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY indexdef"))(t)
		return must(pgx.CollectRows(rows, pgx.RowTo[string]))(t)
	}
	before := list()
	statements := must(store.SetIndexesAside(t.Context(), o.db))(t)
	if got := list(); len(statements) == 0 || len(got) != len(before)-len(statements) {
		t.Errorf("of %d indexes %d are left and %d set aside", len(before), len(got), len(statements))
	}
	for _, statement := range statements {
		ok(t, store.MakeIndex(t.Context(), o.db, statement))
	}
	if after := list(); !slices.Equal(before, after) {
		t.Errorf("the indexes were\n%q\nand are\n%q", before, after)
	}
}

func TestHistoryIsLettersSent(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ok(t, store.InsertCrowd(t.Context(), o.db, store.Crowd{Name: "c", Version: o.version, Step: "first", Due: noon}, 0, 4))
	ok(t, store.InsertHistory(t.Context(), o.db, o.version, 10, noon))
	if counts := must(store.CountMessages(t.Context(), o.db))(t); len(counts) != 1 || counts["sent"] != 10 {
		t.Errorf("there are letters %v, want 10 sent", counts)
	}
	if n := rowsOf(t, o.db, "SELECT count(*) FROM messages m LEFT JOIN contents c ON c.id = m.content_id WHERE sent_at > $1 OR coalesce(length(c.personals[m.content_place]), 0) < 500", noon.Add(time.Second)); n != 0 {
		t.Errorf("%d letters are not of the past, or without content", n)
	}
}

func TestDelaysAreFromDueToSent(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	if d := must(store.ReadDelays(t.Context(), o.db, noon))(t); d != (store.Delays{}) {
		t.Errorf("without letters the delays are %+v", d)
	}
	_, err := o.db.Exec(t.Context(), `
		INSERT INTO messages (enrollment_id, client_id, step, template, sender, state, due_at, not_after, at, sent_at)
		SELECT i, i, 'first', 'letter', 'team@example.com', CASE i WHEN 101 THEN 'failed' ELSE 'sent' END,
			$1::timestamptz - CASE i WHEN 102 THEN interval '1 hour' ELSE '0' END, $1, $1, $1::timestamptz + i * interval '10 milliseconds'
		FROM generate_series(1, 102) AS i`, noon)
	ok(t, err)
	want := store.Delays{Letters: 100, Half: 500 * time.Millisecond, P99: 990 * time.Millisecond}
	if d := must(store.ReadDelays(t.Context(), o.db, noon))(t); d != want {
		t.Errorf("the delays are %+v, want %+v", d, want)
	}
}

func TestACopyOfADatabaseHasItsRows(t *testing.T) {
	t.Parallel()
	from := must(pgx.ParseConfig(pgtest.URL(t)))(t)
	conn := must(pgx.ConnectConfig(t.Context(), from))(t)
	ok(t, store.MoveClock(t.Context(), conn, time.Now().Add(24*time.Hour)))
	ok(t, store.Tidy(t.Context(), conn))
	ok(t, conn.Close(t.Context()))
	admin := from.Copy()
	admin.Database = "postgres"
	server := must(pgx.ConnectConfig(t.Context(), admin))(t)
	t.Cleanup(func() { server.Close(context.Background()) })
	copied := from.Copy()
	copied.Database += "_copy"
	ok(t, store.CopyDatabase(t.Context(), server, from.Database, copied.Database))
	conn = must(pgx.ConnectConfig(t.Context(), copied))(t)
	if now := must(store.Now(t.Context(), conn))(t); time.Until(now) < 23*time.Hour {
		t.Errorf("in the copy it is %s: its clock was not copied", now)
	}
	if n := must(store.CountWorkers(t.Context(), conn))(t); n != 0 {
		t.Errorf("the copy has %d workers", n)
	}
	before := must(store.ReadVolume(t.Context(), conn))(t)
	_, err := conn.Exec(t.Context(), "CREATE TABLE grown AS SELECT i FROM generate_series(1, 10000) AS i")
	ok(t, err)
	after := must(store.ReadVolume(t.Context(), conn))(t)
	if after.WAL <= before.WAL || after.Size <= before.Size {
		t.Errorf("10,000 rows more, and the volume is %+v after %+v", after, before)
	}
	// It does not wait for those who are connected.
	ok(t, store.DropDatabase(t.Context(), server, copied.Database))
	if n := rowsOf(t, server, "SELECT count(*) FROM pg_database WHERE datname = $1", copied.Database); n != 0 {
		t.Error("the copy is still there")
	}
	conn.Close(t.Context())
}
