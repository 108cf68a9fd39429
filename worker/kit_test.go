package worker_test

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/tools/txtar"

	"seventh/internal/content"
	"seventh/internal/engine"
	"seventh/internal/mail"
	"seventh/internal/pgtest"
	"seventh/internal/smtptest"
	"seventh/internal/store"
	"seventh/internal/token"
	"seventh/worker"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// patience bounds every wait; a healthy test never gets near it.
const patience = time.Minute

// publicURL is where links in letters lead.
const publicURL = "https://seventh.example.com"

// firm is one company: a database with its content in force, and the key of the links in its letters.
type firm struct {
	t      testing.TB
	db     *pgxpool.Pool
	links  *token.Sealer
	log    *slog.Logger
	engine *engine.Engine // for what people and the CRM do
}

func newFirm(t testing.TB) *firm {
	t.Helper()
	return newFirmOn(t, pgtest.DB(t))
}

// newFirmOn is a firm on a database with the current schema.
func newFirmOn(t testing.TB, db *pgxpool.Pool) *firm {
	t.Helper()
	links, err := token.NewSealer(token.NewKey())
	must(t, err)
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	jobs, err := worker.NewInserter(db)
	must(t, err)
	return &firm{t: t, db: db, links: links, log: log, engine: &engine.Engine{DB: db, Jobs: jobs, Log: log}}
}

// publish puts the built-in content in force, with files laid over it.
func (f *firm) publish(files []txtar.File) {
	f.t.Helper()
	folder, problems, err := content.Load(laidOver(f.t, content.BuiltIn(), files))
	must(f.t, err)
	for _, p := range content.Mistakes(problems) {
		f.t.Error(p)
	}
	if folder == nil {
		f.t.FailNow()
	}
	_, err = content.Publish(f.t.Context(), f.db, folder)
	must(f.t, err)
}

func laidOver(t testing.TB, base fs.FS, files []txtar.File) fs.FS {
	t.Helper()
	merged := make(fstest.MapFS)
	err := fs.WalkDir(base, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := fs.ReadFile(base, name)
		merged[name] = &fstest.MapFile{Data: body}
		return err
	})
	must(t, err)
	for _, file := range files {
		merged[file.Name] = &fstest.MapFile{Data: file.Data}
	}
	return merged
}

// setClock makes business time read now, also in the past: stories have dates of their own, whatever the year is.
func (f *firm) setClock(now time.Time) {
	f.t.Helper()
	f.exec("UPDATE clock SET shift = make_interval(secs => extract(epoch FROM $1::timestamptz - clock_timestamp())::float8)", now)
}

func (f *firm) now() time.Time {
	f.t.Helper()
	now, err := store.Now(f.t.Context(), f.db)
	must(f.t, err)
	return now
}

// upsert adds or changes clients as the CRM does.
func (f *firm) upsert(patches ...engine.ClientPatch) {
	f.t.Helper()
	results, err := f.engine.UpsertClients(f.t.Context(), patches)
	must(f.t, err)
	for _, r := range results {
		if r.Err != nil {
			f.t.Fatalf("upserting %s: %v", r.ExternalID, r.Err)
		}
	}
}

// enroll puts clients in a sequence as the CRM does.
func (f *firm) enroll(sequence string, clients ...string) engine.Enrolled {
	f.t.Helper()
	var enrolled engine.Enrolled
	err := store.Tx(f.t.Context(), f.db, func(tx pgx.Tx) error {
		var err error
		enrolled, err = f.engine.Enroll(f.t.Context(), tx, engine.EnrollRequest{Sequence: sequence, Clients: clients})
		return err
	})
	must(f.t, err)
	return enrolled
}

// planAll plans what is due over the test's own connections, unless somebody else plans just now.
func (f *firm) planAll() {
	f.t.Helper()
	for {
		planned, err := f.engine.Plan(f.t.Context())
		must(f.t, err)
		if !planned.Any() {
			return
		}
	}
}

// hire starts a worker that sends over the given server, with connections of its own to the database. It works until
// stop is called, which returns what Run does, or the test ends.
func (f *firm) hire(name string, server mail.Server, change ...func(*worker.Options)) (w *worker.Worker, stop func() error) {
	f.t.Helper()
	config := f.db.Config().Copy()
	config.ConnConfig.RuntimeParams["application_name"] = name
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	must(f.t, err)
	options := worker.Options{Pool: pool, Server: server, PublicURL: publicURL, Links: f.links, Log: f.log.With("worker", name)}
	for _, c := range change {
		c(&options)
	}
	w, err = worker.New(options)
	must(f.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	var result error
	go func() {
		defer close(done)
		result = w.Run(ctx)
	}()
	stop = func() error {
		cancel()
		<-done
		return result
	}
	f.t.Cleanup(func() {
		if err := stop(); err != nil {
			f.t.Errorf("worker %s: %v", name, err)
		}
		pool.Close()
	})
	return w, stop
}

// mailServer is the way to a test server, over pool connections.
func mailServer(t testing.TB, s *smtptest.Server, pool int) mail.Server {
	t.Helper()
	server, err := mail.ParseURL(s.URL() + "?tls=none")
	must(t, err)
	server.Pool = pool
	return server
}

// eventually waits until done says so; what it says otherwise is reported when patience ends.
func (f *firm) eventually(what string, done func() (bool, string)) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, state := done()
		if ok {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			f.t.Fatalf("waited %s for %s: %s", patience, what, state)
		}
	}
}

// rest waits until nothing is due and no letter is under way.
func (f *firm) rest(w *worker.Worker) {
	f.t.Helper()
	f.eventually("everything due to be dealt with", func() (bool, string) {
		must(f.t, w.PlanAll(f.t.Context()))
		return f.quiet()
	})
}

// quiet looks at what is due and what is under way in one snapshot, so that nothing slips from one to the other between.
func (f *firm) quiet() (quiet bool, state string) {
	ctx := f.t.Context()
	err := pgx.BeginTxFunc(ctx, f.db, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		due, err := store.NextDue(ctx, tx)
		if err != nil {
			return err
		}
		now, err := store.Now(ctx, tx)
		if err != nil {
			return err
		}
		open, waiting, err := store.OpenChunks(ctx, tx)
		quiet = open == 0 && (due == nil || due.After(now))
		state = fmt.Sprintf("at %s, next due %v, %d chunks open %s", now, due, open, waiting)
		return err
	})
	must(f.t, err)
	return quiet, state
}

// goTo moves business time forward, through everything that comes due on the way, as the sandbox clock does.
func (f *firm) goTo(w *worker.Worker, moment time.Time) {
	f.t.Helper()
	for {
		f.rest(w)
		due, err := store.NextDue(f.t.Context(), f.db)
		must(f.t, err)
		if due == nil || due.After(moment) {
			must(f.t, store.MoveClock(f.t.Context(), f.db, moment))
			f.rest(w)
			return
		}
		must(f.t, store.MoveClock(f.t.Context(), f.db, *due))
	}
}

// letters are a client's messages, the oldest first; of all clients for "".
func (f *firm) letters(client string) []store.Message {
	f.t.Helper()
	list, err := store.ListMessages(f.t.Context(), f.db, store.MessageFilter{Client: client, Limit: 10_000})
	must(f.t, err)
	for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
		list[i], list[j] = list[j], list[i]
	}
	return list
}

// count is the number of messages in each state.
func (f *firm) count() map[string]int {
	f.t.Helper()
	counts, err := store.CountMessages(f.t.Context(), f.db)
	must(f.t, err)
	return counts
}

func (f *firm) exec(sql string, args ...any) {
	f.t.Helper()
	_, err := f.db.Exec(f.t.Context(), sql, args...)
	must(f.t, err)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
