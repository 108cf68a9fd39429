//go:build unix

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"seventh/internal/engine"
	"seventh/internal/smtptest"
	"seventh/internal/store"
	"seventh/worker"
)

// killable builds the program with the points at which it can be told to die.
var killable = sync.OnceValues(func() (string, error) { return build("seventh-failpoints", "-tags", "failpoints") })

// squad is worker processes on one database, which tests kill, and the mail server
// that counts what they send. Its clients come by the engine, so that no process of
// the squad is spared for the API.
type squad struct {
	t      *testing.T
	db     *pgxpool.Pool
	engine *engine.Engine
	smtp   *smtptest.Server
	path   string
	common []string
	number int // of clients so far

	mu     sync.Mutex
	copies map[string]int // letters that the mail server has accepted, by recipient
}

func newSquad(t *testing.T, url, path string, o smtptest.Options, connections int) *squad {
	t.Helper()
	s := &squad{t: t, path: path, copies: make(map[string]int)}
	o.Discard, o.Auth = true, map[string]string{"user": "secret"}
	o.Script = func(e smtptest.Event) smtptest.Fault {
		if e.Phase == "dot" { // the letter is complete: the server accepts it, whoever lives to hear so
			s.mu.Lock()
			s.copies[e.To]++
			s.mu.Unlock()
		}
		return smtptest.None
	}
	s.smtp = smtptest.New(t, o)
	way := strings.Replace(s.smtp.URL(), "smtp://", "smtp://user:secret@", 1)
	s.common = []string{
		"SEVENTH_DATABASE_URL=" + url, "SEVENTH_SMTP_URL=" + withQuery(way, fmt.Sprintf("tls=none&pool=%d", connections)),
		"SEVENTH_SECRET=" + strings.Repeat("s", 32), "SEVENTH_CONTENT=" + benchFolder(t), "SEVENTH_SANDBOX=false", "SEVENTH_LOG=text,warn",
	}
	var err error
	if s.db, err = pgxpool.New(context.Background(), url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.db.Close)
	jobs, err := worker.NewInserter(s.db)
	if err != nil {
		t.Fatal(err)
	}
	s.engine = &engine.Engine{DB: s.db, Jobs: jobs}
	return s
}

// work starts a process and waits until it is registered.
func (s *squad) work(more ...string) *program {
	s.t.Helper()
	p := startFrom(s.t, s.path, append(slices.Clone(s.common), more...), "work")
	eventually(s.t, func() string {
		if p.dead() {
			return "the process has ended before it was registered"
		}
		if !s.registered(p) {
			return "the worker is not registered"
		}
		return ""
	})
	return p
}

func (s *squad) registered(p *program) bool {
	s.t.Helper()
	return s.count("SELECT count(*) FROM workers WHERE pid = $1", p.command.Process.Pid) == 1
}

func (s *squad) count(sql string, args ...any) int {
	s.t.Helper()
	var n int
	if err := s.db.QueryRow(context.Background(), sql, args...).Scan(&n); err != nil {
		s.t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// enroll adds n clients who are due a letter at once.
func (s *squad) enroll(n int) {
	s.t.Helper()
	ctx := context.Background()
	patches, clients := make([]engine.ClientPatch, n), make([]string, n)
	for i := range patches {
		clients[i] = fmt.Sprintf("c%d", s.number)
		patches[i] = engine.ClientPatch{
			ExternalID: clients[i], Email: new(clients[i] + "@client.example"), FirstName: new("Ann"), Category: new("C"),
			Consent: &engine.Consent{Basis: "opt_in"},
		}
		s.number++
	}
	results, err := s.engine.UpsertClients(ctx, patches)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, r := range results {
		if r.Err != nil {
			s.t.Fatalf("adding %s: %v", r.ExternalID, r.Err)
		}
	}
	err = store.Tx(ctx, s.db, func(tx pgx.Tx) error {
		enrolled, err := s.engine.Enroll(ctx, tx, engine.EnrollRequest{Sequence: "now", Clients: clients})
		if err == nil && enrolled.Enrolled != n {
			err = fmt.Errorf("enrolled %d of %d: %v", enrolled.Enrolled, n, enrolled.Reasons)
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// arrive waits until the mail server has accepted n letters.
func (s *squad) arrive(n int) {
	s.t.Helper()
	eventually(s.t, func() string {
		if got := s.smtp.Accepted(); got < n {
			return fmt.Sprintf("%d letters have arrived, want %d", got, n)
		}
		return ""
	})
}

// victim picks one of the processes, if possible one that has letters in hand.
func (s *squad) victim(alive []*program, random *rand.Rand) int {
	s.t.Helper()
	rows, err := s.db.Query(context.Background(), "SELECT DISTINCT w.pid::bigint FROM workers w JOIN chunks c ON c.worker_id = w.id")
	if err != nil {
		s.t.Fatal(err)
	}
	busy, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		s.t.Fatal(err)
	}
	order := random.Perm(len(alive))
	for _, i := range order {
		if slices.Contains(busy, int64(alive[i].command.Process.Pid)) {
			return i
		}
	}
	return order[0]
}

// toll is what became of all letters.
type toll struct{ sent, lost, twice, unconfirmed, arrived int } // arrived of the unconfirmed

// end waits until every letter has an end and compares the books with the mail server's.
func (s *squad) end() toll {
	s.t.Helper()
	eventually(s.t, func() string {
		ended := s.count("SELECT count(*) FROM messages WHERE state IN ('sent', 'failed', 'cancelled', 'unconfirmed')")
		if ended < s.number {
			return fmt.Sprintf("%d of %d letters have an end", ended, s.number)
		}
		return ""
	})
	rows, err := s.db.Query(context.Background(), "SELECT c.address, m.state FROM messages m JOIN clients c ON c.id = m.client_id")
	if err != nil {
		s.t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var found toll
	var address, state string
	letters := 0
	_, err = pgx.ForEachRow(rows, []any{&address, &state}, func() error {
		letters++
		n := s.copies[address]
		switch {
		case n > 1:
			s.t.Errorf("%s got the letter %d times", address, n)
			found.twice++
		case state == "unconfirmed":
			found.unconfirmed++
			found.arrived += n
		case state != "sent" || n == 0:
			s.t.Errorf("the letter to %s is %s and has arrived %d times", address, state, n)
			found.lost++
		default:
			found.sent++
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	if letters != s.number {
		s.t.Errorf("%d letters are written for %d clients", letters, s.number)
	}
	return found
}

// dead reports whether the process has ended.
func (p *program) dead() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}
