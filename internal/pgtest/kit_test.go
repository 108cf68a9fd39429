package pgtest

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// newKit stands for another process: a kit with a server and a schema of its own.
func newKit(dir string, up func(context.Context, *pgxpool.Pool) error) *kit {
	return &kit{
		up:   up,
		hash: func() string { return "00000000" },
		dir:  func() (string, error) { return dir, nil },
	}
}

// makeTable is a small schema.
func makeTable(ctx context.Context, pool *pgxpool.Pool) error {
	_, err := pool.Exec(ctx, `CREATE TABLE made (number int)`)
	return err
}

// join joins for as long as the test runs.
func join(t *testing.T, k *kit) {
	t.Helper()
	if err := k.join(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if k.users > 0 {
			leave(t, k)
		}
	})
}

func leave(t *testing.T, k *kit) {
	t.Helper()
	if err := k.leave(); err != nil {
		t.Error(err)
	}
}

// value is what a query answers on a database.
func value[T any](t *testing.T, address, sql string) T {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var v T
	if err := conn.QueryRow(t.Context(), sql).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

// fakeTest is a test that ends when told and may have failed.
type fakeTest struct {
	testing.TB
	failed   bool
	logged   string
	cleanups []func()
}

func (f *fakeTest) Failed() bool { return f.failed }

func (f *fakeTest) Cleanup(do func()) { f.cleanups = append(f.cleanups, do) }

func (f *fakeTest) Logf(format string, args ...any) { f.logged += fmt.Sprintf(format, args...) }

func (f *fakeTest) Fatalf(format string, args ...any) {
	f.failed = true
	f.Logf(format, args...)
	runtime.Goexit()
}

func (f *fakeTest) end() {
	for i := len(f.cleanups) - 1; i >= 0; i-- {
		f.cleanups[i]()
	}
}
