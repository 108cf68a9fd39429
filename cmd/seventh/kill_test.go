package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"seventh/internal/pgtest"
	"seventh/internal/smtptest"
)

// The real binary is killed with -9 in the middle of sending 2,000 letters, again
// and again, and started again: at the mail server each letter has arrived once,
// or its state is unconfirmed, at most one for each open connection and kill.
func TestKilledInTheMiddleOf2000Letters(t *testing.T) {
	const letters, connections, kills = 2000, 10, 3
	const key = "test-key-for-the-kill-test-0123456789"
	url := pgtest.URL(t)
	smtp := smtptest.New(t, smtptest.Options{Delay: 2 * time.Millisecond})
	listen := freePort(t)
	settings := []string{
		"SEVENTH_DATABASE_URL=" + url, "SEVENTH_SMTP_URL=" + withQuery(smtp.URL(), fmt.Sprintf("pool=%d", connections)),
		"SEVENTH_SECRET=" + strings.Repeat("s", 32), "SEVENTH_LISTEN=" + listen, "SEVENTH_API_KEY=" + key,
		"SEVENTH_CONTENT=" + benchFolder(t), "SEVENTH_SANDBOX=false",
	}
	base := "http://" + listen
	p := start(t, settings, "serve")
	ready(t, base)
	enroll(t, base, key, letters)

	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	for kill := range kills {
		target := smtp.Accepted() + 100 + random.IntN(300)
		eventually(t, func() string {
			if n := smtp.Accepted(); n < target {
				return fmt.Sprintf("%d letters have arrived before kill %d, want %d", n, kill+1, target)
			}
			return ""
		})
		p.kill()
		p = start(t, settings, "serve")
		ready(t, base)
	}
	pool, err := pgxpool.New(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	states := settled(t, pool, letters)

	arrived := make(map[string]int)
	for _, letter := range smtp.Letters() {
		arrived[letter.To]++
	}
	unconfirmed := 0
	for address, state := range states {
		switch n := arrived[address]; {
		case n > 1:
			t.Errorf("%s got the letter %d times", address, n)
		case state == "sent" && n == 0:
			t.Errorf("the letter to %s is sent but never arrived", address)
		case state == "unconfirmed":
			unconfirmed++
		case state != "sent":
			t.Errorf("the letter to %s ended as %s", address, state)
		}
	}
	if unconfirmed > kills*connections {
		t.Errorf("%d letters are unconfirmed after %d kills over %d connections", unconfirmed, kills, connections)
	}
	t.Logf("%d letters, %d kills: %d sent, %d unconfirmed", letters, kills, len(states)-unconfirmed, unconfirmed)
}

// settled waits until every letter has an end and returns state by address.
func settled(t *testing.T, pool *pgxpool.Pool, want int) map[string]string {
	t.Helper()
	var states map[string]string
	eventually(t, func() string {
		rows, err := pool.Query(context.Background(), "SELECT c.address, m.state FROM messages m JOIN clients c ON c.id = m.client_id")
		if err != nil {
			return err.Error()
		}
		defer rows.Close()
		states = make(map[string]string)
		open := 0
		for rows.Next() {
			var address, state string
			if err := rows.Scan(&address, &state); err != nil {
				return err.Error()
			}
			states[address] = state
			if state == "planned" {
				open++
			}
		}
		if len(states) < want || open > 0 {
			return fmt.Sprintf("%d of %d letters are written, %d still planned", len(states), want, open)
		}
		return ""
	})
	return states
}

func enroll(t *testing.T, base, key string, count int) {
	t.Helper()
	clients := make([]map[string]any, count)
	ids := make([]string, count)
	for i := range clients {
		ids[i] = fmt.Sprintf("c%d", i)
		clients[i] = map[string]any{
			"external_id": ids[i], "email": ids[i] + "@client.example", "first_name": "Ann", "category": "C",
			"consent": map[string]any{"basis": "opt_in", "source": "form", "at": "2026-01-10T10:00:00Z"},
		}
	}
	if status, answer := call(t, http.MethodPost, base+"/api/v1/clients/bulk", key, clients); status != http.StatusOK {
		t.Fatalf("bulk answered %d: %v", status, answer)
	}
	status, answer := call(t, http.MethodPost, base+"/api/v1/enrollments", key, map[string]any{"sequence": "now", "clients": ids})
	if status != http.StatusOK || answer["enrolled"] != float64(count) {
		t.Fatalf("enrolling answered %d: %v", status, answer)
	}
}

func ready(t *testing.T, base string) {
	t.Helper()
	eventually(t, func() string {
		response, err := http.Get(base + "/readyz")
		if err != nil {
			return err.Error()
		}
		response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return response.Status
		}
		return ""
	})
}

// benchFolder is the content of the benchmark: its window never closes.
func benchFolder(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "content")
	if err := writeBenchContent(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func withQuery(url, query string) string {
	if strings.Contains(url, "?") {
		return url + "&" + query
	}
	return url + "?" + query
}
