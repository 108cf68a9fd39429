package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// User is somebody who logs in; the owner of clients is one of role rep.
type User struct {
	ID           int64
	Email        string
	Name         string
	Role         string
	Phone        string
	Position     string
	PasswordHash *string
}

const userColumns = "id, email, name, role, phone, position, password_hash"

// UserByEmail finds a user; case does not matter.
func UserByEmail(ctx context.Context, db DB, email string) (User, error) {
	u, err := one[User](db.Query(ctx, "SELECT "+userColumns+" FROM users WHERE email = $1", strings.ToLower(email)))
	if err != nil {
		return u, fmt.Errorf("loading user %q: %w", email, err)
	}
	return u, nil
}

// UserByID finds a user.
func UserByID(ctx context.Context, db DB, id int64) (User, error) {
	u, err := one[User](db.Query(ctx, "SELECT "+userColumns+" FROM users WHERE id = $1", id))
	if err != nil {
		return u, fmt.Errorf("loading user %d: %w", id, err)
	}
	return u, nil
}

// ListUsers returns everybody, by name.
func ListUsers(ctx context.Context, db DB) ([]User, error) {
	users, err := all[User](db.Query(ctx, "SELECT "+userColumns+" FROM users ORDER BY name, email"))
	if err != nil {
		return nil, fmt.Errorf("listing users: %w", err)
	}
	return users, nil
}

// SaveUser adds a user or changes the one with this address. Empty fields and a
// nil password keep what is there.
func SaveUser(ctx context.Context, db DB, u User) (int64, error) {
	var id int64
	err := db.QueryRow(ctx, `
		INSERT INTO users AS u (email, name, role, phone, position, password_hash)
		VALUES (lower(@email), @name, @role, @phone, @position, @password_hash)
		ON CONFLICT (email) DO UPDATE SET
			name = coalesce(nullif(excluded.name, ''), u.name), role = excluded.role,
			phone = coalesce(nullif(excluded.phone, ''), u.phone), position = coalesce(nullif(excluded.position, ''), u.position),
			password_hash = coalesce(excluded.password_hash, u.password_hash)
		RETURNING id`, pgx.StrictNamedArgs{
		"email": u.Email, "name": u.Name, "role": u.Role, "phone": u.Phone, "position": u.Position, "password_hash": u.PasswordHash,
	}).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("saving user %q: %w", u.Email, err)
	}
	return id, nil
}

// OwnersByEmail gives the ids of owners and adds those that are not known yet as
// reps without a password, named after their address.
func OwnersByEmail(ctx context.Context, db DB, emails []string) (map[string]int64, error) {
	rows, err := db.Query(ctx, `
		WITH wanted AS (SELECT DISTINCT lower(e) AS email FROM unnest($1::text[]) AS e),
		known AS (SELECT u.id, u.email FROM users u JOIN wanted USING (email)),
		added AS (
			INSERT INTO users (email, name, role)
			SELECT email, initcap(translate(split_part(email, '@', 1), '._-', '   ')), 'rep' FROM wanted
			WHERE email NOT IN (SELECT email FROM known) ORDER BY email
			ON CONFLICT (email) DO UPDATE SET email = excluded.email
			RETURNING id, email)
		SELECT id, email FROM known UNION ALL SELECT id, email FROM added`, emails)
	if err != nil {
		return nil, fmt.Errorf("finding owners: %w", err)
	}
	owners := make(map[string]int64, len(emails))
	var id int64
	var email string
	if _, err := pgx.ForEachRow(rows, []any{&id, &email}, func() error { owners[email] = id; return nil }); err != nil {
		return nil, fmt.Errorf("finding owners: %w", err)
	}
	return owners, nil
}

// SaveLoginLink stores the hash of a one-time link.
func SaveLoginLink(ctx context.Context, db DB, hash []byte, userID int64, lifetime time.Duration) error {
	_, err := db.Exec(ctx, "INSERT INTO login_links (hash, user_id, expires_at) VALUES ($1, $2, now() + $3)", hash, userID, lifetime)
	if err != nil {
		return fmt.Errorf("storing a login link: %w", err)
	}
	return nil
}

// UseLoginLink takes a one-time link, which is gone afterwards, and gives its user.
func UseLoginLink(ctx context.Context, db DB, hash []byte) (User, error) {
	u, err := one[User](db.Query(ctx, `
		WITH used AS (DELETE FROM login_links WHERE hash = $1 RETURNING user_id, expires_at)
		SELECT `+userColumns+` FROM users WHERE id = (SELECT user_id FROM used WHERE expires_at > now())`, hash))
	if err != nil {
		return u, fmt.Errorf("using a login link: %w", err)
	}
	return u, nil
}
