package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"seventh/internal/engine"
	"seventh/internal/pgtest"
	"seventh/internal/smtptest"
	"seventh/internal/store"
	"seventh/sequences"
	"seventh/worker"
)

// The real binary is killed with -9 while a receiver has the post and has not
// answered yet: it gets the post again, under the same id.
func TestKilledBetweenAWebhookAndItsAnswer(t *testing.T) {
	const key = "test-key-for-the-webhook-test-01234"
	var mu sync.Mutex
	var ids []string
	reached := make(chan struct{})
	crm := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			t.Errorf("reading a webhook: %v", err)
		}
		mu.Lock()
		ids = append(ids, r.Header.Get("Webhook-Id"))
		first := len(ids) == 1
		mu.Unlock()
		if first {
			close(reached)
			<-r.Context().Done() // the process is dead
		}
	}))
	defer crm.Close()
	folder := benchFolder(t)
	settings, err := os.ReadFile(filepath.Join(folder, "seventh.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	settings = fmt.Appendf(settings, "\nwebhooks: { crm: { url: %q } }\n", crm.URL)
	if err := os.WriteFile(filepath.Join(folder, "seventh.yaml"), settings, 0o600); err != nil {
		t.Fatal(err)
	}
	url, listen := pgtest.URL(t), freePort(t)
	environment := []string{
		"SEVENTH_DATABASE_URL=" + url, "SEVENTH_SMTP_URL=" + smtptest.New(t, smtptest.Options{}).URL(), "SEVENTH_SECRET=" + strings.Repeat("s", 32),
		"SEVENTH_LISTEN=" + listen, "SEVENTH_API_KEY=" + key, "SEVENTH_CONTENT=" + folder, "SEVENTH_SANDBOX=false",
	}
	p := start(t, environment, "serve")
	ready(t, "http://"+listen)
	enroll(t, "http://"+listen, key, 1)
	pool, err := pgxpool.New(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	tellFirst(t, pool)
	select {
	case <-reached:
	case <-time.After(deadline):
		t.Fatal("the receiver was not told")
	}
	p.kill()
	if _, err := pool.Exec(t.Context(), "DELETE FROM river_leader"); err != nil { // the dead one's term takes a while
		t.Fatal(err)
	}
	// River gives jobs of the dead to others when they are an hour old.
	if _, err := pool.Exec(t.Context(), "UPDATE river_job SET attempted_at = now() - interval '2 hours' WHERE kind = 'webhook' AND state = 'running'"); err != nil {
		t.Fatal(err)
	}
	start(t, environment, "serve")
	eventually(t, func() string {
		// It rescues them with a delay, as after a failure.
		if _, err := pool.Exec(t.Context(), "UPDATE river_job SET scheduled_at = now(), state = 'available' WHERE kind = 'webhook' AND state = 'retryable'"); err != nil {
			return err.Error()
		}
		d, err := store.WebhookDeliveryByID(t.Context(), pool, 1)
		if err != nil || d.State != store.WebhookDelivered {
			return fmt.Sprintf("the delivery is %s (%v)", d.State, err)
		}
		return ""
	})
	mu.Lock()
	defer mu.Unlock()
	if len(ids) != 2 || ids[0] != ids[1] || ids[0] == "" {
		t.Errorf("the receiver saw the ids %q, want one twice", ids)
	}
}

// tellFirst writes that the first enrollment has reached a webhook step.
func tellFirst(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	jobs, err := worker.NewInserter(pool)
	if err != nil {
		t.Fatal(err)
	}
	e := &engine.Engine{DB: pool, Jobs: jobs}
	err = store.Tx(t.Context(), pool, func(tx pgx.Tx) error {
		enrollment, err := store.EnrollmentByID(t.Context(), tx, 1)
		if err != nil {
			return err
		}
		client, err := store.ClientByID(t.Context(), tx, enrollment.ClientID)
		if err != nil {
			return err
		}
		step := sequences.Step{ID: "tell", Webhook: "crm"}
		return e.Tell(t.Context(), tx, enrollment.StartedAt, []engine.Telling{{Enrollment: &enrollment, Client: &client, Step: step}})
	})
	if err != nil {
		t.Fatal(err)
	}
}
