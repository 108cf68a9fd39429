package store

import (
	"context"
	"fmt"
	"time"
)

// APIKey is a stored key: its secret is kept as a hash only.
type APIKey struct {
	ID         string
	Name       string
	Hash       []byte
	Scopes     []string
	CreatedAt  time.Time
	LastUsedAt *time.Time
	RevokedAt  *time.Time
}

const keyColumns = "id, name, hash, scopes, created_at, last_used_at, revoked_at"

// SaveAPIKey stores a new key.
func SaveAPIKey(ctx context.Context, db DB, k APIKey) error {
	_, err := db.Exec(ctx, "INSERT INTO api_keys (id, name, hash, scopes) VALUES ($1, $2, $3, $4)", k.ID, k.Name, k.Hash, k.Scopes)
	if err != nil {
		return fmt.Errorf("storing API key %q: %w", k.Name, err)
	}
	return nil
}

// APIKeyByID finds a key that has not been revoked and notes its use, at most
// once a minute.
func APIKeyByID(ctx context.Context, db DB, id string) (APIKey, error) {
	k, err := one[APIKey](db.Query(ctx, `
		WITH used AS (
			UPDATE api_keys SET last_used_at = now()
			WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
		)
		SELECT `+keyColumns+` FROM api_keys WHERE id = $1 AND revoked_at IS NULL`, id))
	if err != nil {
		return k, fmt.Errorf("loading API key %q: %w", id, err)
	}
	return k, nil
}

// ListAPIKeys returns all keys, newest first.
func ListAPIKeys(ctx context.Context, db DB) ([]APIKey, error) {
	keys, err := all[APIKey](db.Query(ctx, "SELECT "+keyColumns+" FROM api_keys ORDER BY created_at DESC"))
	if err != nil {
		return nil, fmt.Errorf("listing API keys: %w", err)
	}
	return keys, nil
}

// RevokeAPIKey ends a key at once.
func RevokeAPIKey(ctx context.Context, db DB, id string) error {
	tag, err := db.Exec(ctx, "UPDATE api_keys SET revoked_at = now() WHERE id = $1 AND revoked_at IS NULL", id)
	if err != nil {
		return fmt.Errorf("revoking API key %q: %w", id, err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("revoking API key %q: %w", id, ErrNotFound)
	}
	return nil
}

// LinkKey returns the named key, made of fresh the first time it is asked for.
func LinkKey(ctx context.Context, db DB, name string, fresh []byte) ([]byte, error) {
	var key []byte
	err := db.QueryRow(ctx, `
		INSERT INTO link_keys (name, value) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING value`, name, fresh).Scan(&key)
	if err != nil {
		return nil, fmt.Errorf("loading link key %q: %w", name, err)
	}
	return key, nil
}
