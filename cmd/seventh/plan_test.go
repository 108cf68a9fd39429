package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"seventh/internal/content"
	"seventh/internal/pgtest"
)

// desk is a marketer at a terminal, with a folder and a database.
type desk struct {
	t      *testing.T
	folder string
	env    []string
	pool   *pgxpool.Pool
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	database := pgtest.URL(t)
	pool, err := pgxpool.New(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	d := &desk{t: t, folder: filepath.Join(t.TempDir(), "content"), pool: pool}
	d.env = append(withoutSeventh(), "SEVENTH_DATABASE_URL="+database, "SEVENTH_SANDBOX=false", "SEVENTH_LOG=text,error")
	if err := os.CopyFS(d.folder, content.BuiltIn()); err != nil {
		t.Fatal(err)
	}
	return d
}

// run runs the binary and checks its exit code, and that what it says holds a text.
func (d *desk) run(code int, says string, args ...string) string {
	d.t.Helper()
	path, err := binary()
	if err != nil {
		d.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(d.t.Context(), deadline)
	defer cancel()
	command := exec.CommandContext(ctx, path, args...)
	command.Env = d.env
	var out, told bytes.Buffer
	command.Stdout, command.Stderr = &out, &told
	err = command.Run()
	var exited *exec.ExitError
	if err != nil && !errors.As(err, &exited) {
		d.t.Fatal(err)
	}
	if got := command.ProcessState.ExitCode(); got != code || !strings.Contains(out.String()+told.String(), says) {
		d.t.Fatalf("seventh %s: exit %d, want %d and %q\n%s%s", strings.Join(args, " "), got, code, says, &out, &told)
	}
	return out.String()
}

func (d *desk) write(steps string) {
	d.t.Helper()
	text := "sequence: own\non_change: follow\nsender: team\n" + steps
	if err := os.WriteFile(filepath.Join(d.folder, "sequences", "own.yaml"), []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

// The way of an edit: planned, looked at, published; and all that is refused.
func TestEditIsPlannedAndPublished(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	plan := filepath.Join(t.TempDir(), "plan.json")
	d.write("steps:\n  - { id: one, email: c/guide }\n  - { id: two, email: c/case, after: 21d }\n")
	d.run(2, "+ sequence own", "plan", d.folder)
	d.run(0, "Publication 1 is in force", "publish", d.folder)
	d.run(0, "Nothing to do", "plan", d.folder)
	_, err := d.pool.Exec(t.Context(), `
		WITH c AS (INSERT INTO clients (external_id) VALUES ('ann') RETURNING id)
		INSERT INTO enrollments (client_id, sequence_id, version_id, origin, last_step, next_step, next_at, started_at, anchor_at)
		SELECT c.id, s.id, s.version_id, 'api', 'one', 'two', now() + interval '21 days', now(), now() FROM c, sequences s WHERE s.name = 'own'`)
	if err != nil {
		t.Fatal(err)
	}

	d.write("steps:\n  - { id: one, email: c/guide }\n")
	d.run(1, `1 person stands at step "two", which is gone`, "plan", d.folder)
	d.run(1, "replace_with: { two: end }", "publish", d.folder, "--yes")

	d.write("steps:\n  - { id: one, email: c/guide }\n  - { id: two, email: c/case, after: 14d }\n")
	told := d.run(2, "", "plan", d.folder, "--json", "--out", plan)
	var got content.Plan
	if err := json.Unmarshal([]byte(told), &got); err != nil || len(got.Sequences) != 1 || got.Sequences[0].Name != "own" || got.Sequences[0].People.Retimed != 1 {
		t.Fatalf("planned %s (%v)", told, err)
	}
	d.run(1, "run it again with --yes, or with --plan FILE", "publish", d.folder)
	d.write("steps:\n  - { id: one, email: c/guide }\n  - { id: two, email: c/case, after: 7d }\n")
	d.run(1, "the folder has changed since the plan was made", "publish", d.folder, "--plan", plan)
	d.run(1, "is no plan", "publish", d.folder, "--plan", filepath.Join(d.folder, "seventh.yaml"))
	d.run(2, "~ two: after: 21d → 7d: 1 person gets another date", "plan", d.folder, "--out", plan)
	d.run(0, "Publication 2 is in force; new versions of: own.", "publish", d.folder, "--plan", plan)
	d.run(0, "Nothing to do", "publish", d.folder, "--plan", plan)
	d.run(1, "name yours", "publish") // the built-in content, which lacks this sequence
}
