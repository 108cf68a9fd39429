package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// WebSessions keeps the pages' sessions; it is a store of alexedwards/scs. Tokens
// are random and opaque, and expire by wall time.
type WebSessions struct{ DB DB }

// FindCtx returns a session's data, if it is there and has not expired.
func (s WebSessions) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	var data []byte
	err := s.DB.QueryRow(ctx, "SELECT data FROM web_sessions WHERE token = $1 AND expires_at > now()", token).Scan(&data)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, false, nil
	}
	return data, err == nil, err
}

// CommitCtx writes a session and sweeps out those that expired.
func (s WebSessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	_, err := s.DB.Exec(ctx, `
		WITH swept AS (DELETE FROM web_sessions WHERE expires_at <= now() AND token <> $1)
		INSERT INTO web_sessions (token, data, expires_at) VALUES ($1, $2, $3)
		ON CONFLICT (token) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at`, token, data, expiry)
	return err
}

// DeleteCtx ends a session.
func (s WebSessions) DeleteCtx(ctx context.Context, token string) error {
	_, err := s.DB.Exec(ctx, "DELETE FROM web_sessions WHERE token = $1", token)
	return err
}

// Find, Commit and Delete complete scs.Store; scs calls the ones with a context.
func (s WebSessions) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit see Find.
func (s WebSessions) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete see Find.
func (s WebSessions) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }
