package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Mailbox is one that is read, and how that goes. Its times are wall time.
type Mailbox struct {
	Name     string // where seventh.yaml names it: senders.ann, bounces
	Address  string
	Sends    bool // letters of the address wait while it cannot be read
	FirstAt  time.Time
	ReadAt   *time.Time // nil while it has never been read
	Error    string     // why it could not be read after that, or which of its folders could not; '' if all could
	FailedAt *time.Time // nil if it could be read
}

// Unread reports whether it cannot be read at all.
func (m *Mailbox) Unread() bool { return m.FailedAt != nil }

// UnreadSince is since when nobody can have read it.
func (m *Mailbox) UnreadSince() time.Time {
	if m.ReadAt != nil {
		return *m.ReadAt
	}
	return m.FirstAt
}

// MailboxFolder is how far a folder has been read.
type MailboxFolder struct {
	Mailbox, Folder string
	Validity        int64 // UIDVALIDITY
	LastUID         int64
	StuckUID        int64 // a letter that could not be read
	Tries           int   // how often that was tried
}

// LockMailboxes makes this session the one that reads mailboxes, until it ends, unless
// another one is.
func LockMailboxes(ctx context.Context, conn *pgx.Conn) (locked bool, err error) {
	// A host that is gone without a word frees the lock in 25 seconds, not in hours.
	err = conn.QueryRow(ctx, `
		SELECT set_config('tcp_keepalives_idle', '10', false), set_config('tcp_keepalives_interval', '5', false), set_config('tcp_keepalives_count', '3', false),
			pg_try_advisory_lock(7706, 0)`).Scan(nil, nil, nil, &locked)
	if err != nil {
		return false, fmt.Errorf("asking who reads the mailboxes: %w", err)
	}
	return locked, nil
}

// ReadMailbox notes that a mailbox was read, and why some of its folders were not: missing
// is ” if all were. It reports whether the mailbox could not be read before.
func ReadMailbox(ctx context.Context, db DB, m Mailbox, missing string, now time.Time) (again bool, err error) {
	err = db.QueryRow(ctx, `
		WITH before AS (SELECT failed_at FROM mailboxes WHERE name = $1)
		INSERT INTO mailboxes (name, address, sends, first_at, read_at, error) VALUES ($1, $2, $3, $4, $4, $5)
		ON CONFLICT (name) DO UPDATE SET address = excluded.address, sends = excluded.sends, read_at = excluded.read_at, error = excluded.error, failed_at = NULL
		RETURNING EXISTS (SELECT FROM before WHERE failed_at IS NOT NULL)`,
		m.Name, m.Address, m.Sends, now, missing).Scan(&again)
	if err != nil {
		return false, fmt.Errorf("noting that mailbox %s was read: %w", m.Name, err)
	}
	return again, nil
}

// FailMailbox notes why a mailbox could not be read, and returns what is known of it.
func FailMailbox(ctx context.Context, db DB, m Mailbox, cause string, now time.Time) (Mailbox, error) {
	m, err := one[Mailbox](db.Query(ctx, `
		INSERT INTO mailboxes (name, address, sends, first_at, error, failed_at) VALUES ($1, $2, $3, $4, $5, $4)
		ON CONFLICT (name) DO UPDATE SET address = excluded.address, sends = excluded.sends, error = excluded.error, failed_at = excluded.failed_at
		RETURNING name, address, sends, first_at, read_at, error, failed_at`, m.Name, m.Address, m.Sends, now, cause))
	if err != nil {
		return m, fmt.Errorf("noting that a mailbox could not be read: %w", err)
	}
	return m, nil
}

// ListMailboxes returns all that are read, by name.
func ListMailboxes(ctx context.Context, db DB) ([]Mailbox, error) {
	list, err := all[Mailbox](db.Query(ctx, "SELECT name, address, sends, first_at, read_at, error, failed_at FROM mailboxes ORDER BY name"))
	if err != nil {
		return nil, fmt.Errorf("listing mailboxes: %w", err)
	}
	return list, nil
}

// ForgetMailboxes removes all but the named ones, and returns what was removed.
func ForgetMailboxes(ctx context.Context, db DB, names []string) ([]Mailbox, error) {
	list, err := all[Mailbox](db.Query(ctx, `
		DELETE FROM mailboxes WHERE name <> ALL($1::text[]) RETURNING name, address, sends, first_at, read_at, error, failed_at`, names))
	if err != nil {
		return nil, fmt.Errorf("forgetting mailboxes: %w", err)
	}
	return list, nil
}

// FindMailboxFolder returns how far a folder has been read, or ErrNotFound.
func FindMailboxFolder(ctx context.Context, db DB, mailbox, folder string) (MailboxFolder, error) {
	f, err := one[MailboxFolder](db.Query(ctx, `
		SELECT mailbox, folder, validity, last_uid, stuck_uid, tries FROM mailbox_folders WHERE mailbox = $1 AND folder = $2`, mailbox, folder))
	if err != nil {
		return f, fmt.Errorf("looking up folder %s of mailbox %s: %w", folder, mailbox, err)
	}
	return f, nil
}

// SaveMailboxFolder notes how far a folder has been read. Whoever thinks that he reads
// it still, and does not, cannot set it back.
func SaveMailboxFolder(ctx context.Context, db DB, m Mailbox, f MailboxFolder, now time.Time) error {
	_, err := db.Exec(ctx, `
		WITH mailbox AS ( -- there is one before it has ever been read to the end
			INSERT INTO mailboxes (name, address, sends, first_at) VALUES ($1, $2, $3, $4) ON CONFLICT (name) DO NOTHING
		)
		INSERT INTO mailbox_folders AS f (mailbox, folder, validity, last_uid, stuck_uid, tries) VALUES ($1, $5, $6, $7, $8, $9)
		ON CONFLICT (mailbox, folder) DO UPDATE SET validity = excluded.validity, stuck_uid = excluded.stuck_uid, tries = excluded.tries,
			last_uid = CASE WHEN f.validity = excluded.validity THEN greatest(f.last_uid, excluded.last_uid) ELSE excluded.last_uid END`,
		m.Name, m.Address, m.Sends, now, f.Folder, f.Validity, f.LastUID, f.StuckUID, f.Tries)
	if err != nil {
		return fmt.Errorf("noting how far folder %s of mailbox %s was read: %w", f.Folder, m.Name, err)
	}
	return nil
}

// ListMailboxFolders returns all that are read, by mailbox and name.
func ListMailboxFolders(ctx context.Context, db DB) ([]MailboxFolder, error) {
	list, err := all[MailboxFolder](db.Query(ctx, "SELECT mailbox, folder, validity, last_uid, stuck_uid, tries FROM mailbox_folders ORDER BY mailbox, folder"))
	if err != nil {
		return nil, fmt.Errorf("listing folders of mailboxes: %w", err)
	}
	return list, nil
}

// MailboxReadAt is when a mailbox was read last; nil if never.
func MailboxReadAt(ctx context.Context, db DB, name string) (*time.Time, error) {
	var at *time.Time
	err := db.QueryRow(ctx, "SELECT read_at FROM mailboxes WHERE name = $1", name).Scan(&at)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("asking when mailbox %s was read: %w", name, err)
	}
	return at, nil
}
