package store_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"seventh/internal/pgtest"
	"seventh/internal/store"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// noon is business time in these tests, a Monday.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// optIn is the consent that clients of these tests have, and that allows letters.
const optIn = "opt_in"

// office is a database in which the sequence "hello" is published, with a few
// words for what the engine does there.
type office struct {
	t       *testing.T
	db      *pgxpool.Pool
	version store.SequenceVersion
	places  map[int64]store.ContentRef // of letters that have passed T2
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, db: pgtest.DB(t), places: make(map[int64]store.ContentRef)}
	publication := must(store.InsertPublication(t.Context(), o.db, []byte("first"), noon, map[string][]byte{"seventh.yaml": nil}))(t)
	must(store.SaveVersion(t.Context(), o.db, "hello", "sequences/hello.yaml", "sequence: hello", publication))(t)
	o.version = must(store.CurrentVersions(t.Context(), o.db))(t)[0]
	return o
}

// must gives the value of a call that has to succeed: must(call())(t).
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// value is the single value that a query answers.
func value[T any](t testing.TB, db store.DB, sql string, args ...any) T {
	t.Helper()
	var v T
	if err := db.QueryRow(t.Context(), sql, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

func change(t testing.TB, db store.DB, sql string, args ...any) {
	t.Helper()
	if _, err := db.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// named is a client that may be mailed, with no owner and no category.
func named(name string) *store.Client {
	return &store.Client{
		ExternalID: name, Email: name + "@example.com", Address: name + "@example.com", FirstName: name, Temperature: "cold", Stage: "lead",
		ConsentBasis: optIn, CreatedAt: noon, UpdatedAt: noon,
	}
}

// clients saves clients with these names.
func (o *office) clients(names ...string) []*store.Client {
	o.t.Helper()
	clients := make([]*store.Client, len(names))
	for i, name := range names {
		clients[i] = named(name)
	}
	ok(o.t, store.SaveClients(o.t.Context(), o.db, clients))
	return clients
}

// enroll puts new clients in the sequence, due at noon for the step "guide", and
// returns their enrollments in the order of the names.
func (o *office) enroll(names ...string) []store.Enrollment {
	o.t.Helper()
	var list []store.Enrollment
	var ids []int64
	for _, c := range o.clients(names...) {
		ids = append(ids, c.ID)
		list = append(list, o.fresh(c.ID))
	}
	must(store.InsertEnrollments(o.t.Context(), o.db, list))(o.t)
	open := must(store.OpenEnrollments(o.t.Context(), o.db, ids))(o.t)
	slices.SortFunc(open, func(a, b store.Enrollment) int { return slices.Index(names, a.Client) - slices.Index(names, b.Client) })
	return open
}

func (o *office) fresh(clientID int64) store.Enrollment {
	due := noon
	return store.Enrollment{
		ClientID: clientID, SequenceID: o.version.SequenceID, VersionID: o.version.ID, Origin: "api", NextStep: "guide", NextAt: &due, StartedAt: noon,
	}
}

// plan writes the letters of the step "guide" in one chunk, as the planner does.
func (o *office) plan(enrollments ...store.Enrollment) int64 {
	o.t.Helper()
	var letters []store.Planned
	var moves []store.Move
	for _, e := range enrollments {
		letters = append(letters, o.letter(e))
		moves = append(moves, store.Move{EnrollmentID: e.ID, NextStep: "guide"})
	}
	must(store.TakeDue(o.t.Context(), o.db, noon, len(moves)))(o.t)
	ok(o.t, store.MoveEnrollments(o.t.Context(), o.db, moves))
	chunk, carried, err := store.InsertChunk(o.t.Context(), o.db, "team@example.com", letters)
	ok(o.t, err)
	if carried != len(letters) {
		o.t.Fatalf("the chunk carries %d letters, want %d", carried, len(letters))
	}
	return chunk
}

func (o *office) letter(e store.Enrollment) store.Planned {
	return store.Planned{EnrollmentID: e.ID, ClientID: e.ClientID, Step: "guide", Template: "c/guide", DueAt: noon, NotAfter: noon.Add(6 * time.Hour)}
}

// worker registers a worker that lives until its connection is closed.
func (o *office) worker() (int32, *pgx.Conn) {
	o.t.Helper()
	conn := must(pgx.ConnectConfig(o.t.Context(), o.db.Config().ConnConfig))(o.t)
	o.t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return must(store.RegisterWorker(o.t.Context(), conn, "host", 7))(o.t), conn
}

// claimed enrolls clients, plans their letters and gives the chunk to a new worker.
func (o *office) claimed(names ...string) (store.Chunk, []store.Enrollment) {
	o.t.Helper()
	worker, _ := o.worker()
	enrollments := o.enroll(names...)
	return must(store.ClaimChunk(o.t.Context(), o.db, o.plan(enrollments...), worker))(o.t), enrollments
}

// transmit asks for T2 of all letters of a chunk, in the order of the names, and
// returns the letters that passed.
func (o *office) transmit(c store.Chunk, names ...string) []int64 {
	o.t.Helper()
	wanted := make([]store.Transmit, len(names))
	for i, name := range names {
		content := guide
		content.Recipient = name + "@example.com"
		wanted[i] = store.Transmit{Content: content, MessageID: c.MessageIDs[i], ChunkID: c.ID, Fence: c.Fence, Sequence: "hello"}
	}
	return o.pass(c, wanted...).MessageIDs
}

// pass asks for T2 in the name of whoever has the chunk.
func (o *office) pass(c store.Chunk, wanted ...store.Transmit) store.Transmission {
	o.t.Helper()
	worker := value[int32](o.t, o.db, "SELECT coalesce(worker_id, 0) FROM chunks WHERE id = $1", c.ID)
	passed := must(store.CommitGroup(o.t.Context(), o.db, store.GroupCommit{Now: noon, WorkerID: worker, Consents: []string{optIn}, Wanted: wanted}))(o.t)
	for i, id := range passed.MessageIDs {
		o.places[id] = store.ContentRef{ContentID: passed.ID, Place: int(passed.Places[i])}
	}
	return passed
}

// settle is T3 of one letter; it returns the clients whose enrollment ended.
func (o *office) settle(s store.Settlement) (ended []int64) {
	o.t.Helper()
	if s.State != "planned" {
		s.ContentRef = o.places[s.MessageID]
	}
	o.tx(func(tx pgx.Tx) error {
		var err error
		ended, err = store.Settle(o.t.Context(), tx, []store.Settlement{s})
		return err
	})
	return ended
}

// guide is what the letters of these tests say.
var guide = store.Content{Subject: "Guide", LetterHash: []byte("hash"), Personal: []byte("personal")}

// sent is the settlement of a letter that was accepted: the next one is due a day later.
func sent(c store.Chunk, i int) store.Settlement {
	next := noon.Add(24 * time.Hour)
	return store.Settlement{
		MessageID: c.MessageIDs[i], ChunkID: c.ID, Fence: c.Fence, State: "sent", At: noon, Attempted: true, Response: "250 ok", Subject: guide.Subject, Moves: true, LastStep: "guide", NextStep: "case", NextAt: &next,
	}
}

func (o *office) tx(fn func(tx pgx.Tx) error) {
	o.t.Helper()
	ok(o.t, store.Tx(o.t.Context(), o.db, fn))
}

// bury ends a worker's life and has another take over.
func (o *office) bury(worker int32, conn *pgx.Conn) (chunks []int64, unconfirmed int64) {
	o.t.Helper()
	ok(o.t, conn.Close(o.t.Context()))
	for value[bool](o.t, o.db, "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid = $1)", conn.PgConn().PID()) { // PostgreSQL notices in a moment
	}
	o.tx(func(tx pgx.Tx) error {
		var err error
		chunks, unconfirmed, err = store.BuryWorker(o.t.Context(), tx, worker, noon)
		return err
	})
	return chunks, unconfirmed
}

func (o *office) message(id int64) store.Message {
	o.t.Helper()
	return must(store.MessageByID(o.t.Context(), o.db, id))(o.t)
}

func (o *office) enrollment(id int64) store.Enrollment {
	o.t.Helper()
	return must(store.EnrollmentByID(o.t.Context(), o.db, id))(o.t)
}

// somebodyWaits returns once a connection to this database waits for a lock.
func (o *office) somebodyWaits() {
	o.t.Helper()
	for value[int](o.t, o.db, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") == 0 {
		ok(o.t, o.t.Context().Err())
	}
}

// numbered gives names: a1, a2, …
func numbered(prefix string, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("%s%d", prefix, i+1)
	}
	return names
}

// hit records a hit and has it judged.
func (o *office) hit(h store.Hit, actor string) {
	o.t.Helper()
	ok(o.t, store.RecordHit(o.t.Context(), o.db, h))
	ok(o.t, store.JudgeTouches(o.t.Context(), o.db, []store.TouchVerdict{{MessageID: h.MessageID, Kind: h.Purpose, Link: h.Link, Actor: actor, At: h.At}}))
}
