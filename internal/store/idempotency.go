package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// ErrKeyReused says that an idempotency key came with another request before.
var ErrKeyReused = errors.New("this Idempotency-Key was used with a different request")

// Answer is a stored response.
type Answer struct {
	Status int
	Body   []byte
}

// BeginIdempotent takes the key for the caller inside the request's transaction.
// A request with the same key that is still running is waited for. An answer
// that was given in the last 24 hours comes back and must be replayed.
func BeginIdempotent(ctx context.Context, tx pgx.Tx, caller, key string, requestHash []byte) (*Answer, error) {
	_, err := tx.Exec(ctx, "DELETE FROM idempotency_keys WHERE created_at < now() - interval '24 hours' AND caller = $1", caller)
	if err != nil {
		return nil, fmt.Errorf("sweeping idempotency keys: %w", err)
	}
	tag, err := tx.Exec(ctx, `
		INSERT INTO idempotency_keys (caller, key, request_hash) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, caller, key, requestHash)
	if err != nil {
		return nil, fmt.Errorf("storing an idempotency key: %w", err)
	}
	if tag.RowsAffected() == 1 {
		return nil, nil
	}
	var answer Answer
	var hash []byte
	err = tx.QueryRow(ctx, "SELECT request_hash, status, body FROM idempotency_keys WHERE caller = $1 AND key = $2", caller, key).
		Scan(&hash, &answer.Status, &answer.Body)
	if err != nil {
		return nil, fmt.Errorf("loading an idempotent answer: %w", err)
	}
	if !bytes.Equal(hash, requestHash) {
		return nil, ErrKeyReused
	}
	return &answer, nil
}

// EndIdempotent stores the answer with the work it describes.
func EndIdempotent(ctx context.Context, tx pgx.Tx, caller, key string, answer Answer) error {
	_, err := tx.Exec(ctx, "UPDATE idempotency_keys SET status = $3, body = $4 WHERE caller = $1 AND key = $2",
		caller, key, answer.Status, answer.Body)
	if err != nil {
		return fmt.Errorf("storing an idempotent answer: %w", err)
	}
	return nil
}
