package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Crowd is clients with an enrollment each, written by the million for `seventh
// bench`: rows as the API would leave them, without going through it.
type Crowd struct {
	Name     string // external ids are the name and a number
	Category string
	Version  SequenceVersion
	Step     string        // due first
	Due      time.Time     // of the first client
	Spacing  time.Duration // between the due times of neighbours
	Spread   time.Duration // due times are as much later, at random
}

// InsertCrowd writes the clients from-th to to-th of a crowd, every other one with
// a purchase behind him. Only a superuser may: foreign keys are not checked, and
// the rows are not durable before the next checkpoint.
func InsertCrowd(ctx context.Context, db DB, c Crowd, from, to int) error {
	err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL session_replication_role = replica; SET LOCAL synchronous_commit = off"); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			WITH fresh AS (
				INSERT INTO clients (external_id, email, address, first_name, last_name, company, category, temperature, stage, attributes, source,
					last_purchase_at, consent_basis, consent_source, consent_at)
				SELECT @name || i, address, address, first_name, 'Example', 'Northern Bakery ' || i, @category, 'warm', 'customer',
					'{"industry": "baking"}', 'bench', CASE WHEN i % 2 = 0 THEN @due::timestamptz - interval '90 days' END, 'opt_in', 'form', now()
				FROM (
					SELECT i, (ARRAY['Ann', 'Boris', 'Clara', 'Dmitri', 'Eva', 'Felix', 'Galina', 'Henry'])[i % 8 + 1] AS first_name,
						'office@' || @name || '-' || i || '.example' AS address
					FROM generate_series(@from::int, @to::int) AS i
				) AS n
				RETURNING id
			), enrolled AS (
			INSERT INTO enrollments (client_id, sequence_id, version_id, origin, next_step, next_at, started_at)
			SELECT id, @sequence, @version, 'api', @step,
				@due::timestamptz + (@from + row_number() OVER (ORDER BY id) - 1) * @spacing::interval + random() * @spread::interval, now()
			FROM fresh RETURNING id, next_at
			)
			INSERT INTO due SELECT next_at, id FROM enrolled -- the triggers are asleep`, pgx.StrictNamedArgs{
			"name": c.Name, "category": c.Category, "sequence": c.Version.SequenceID, "version": c.Version.ID, "step": c.Step,
			"due": c.Due, "spacing": c.Spacing, "spread": c.Spread, "from": from, "to": to - 1,
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("adding the clients %d to %d of %q: %w", from, to, c.Name, err)
	}
	return nil
}

// SetIndexesAside drops the indexes of clients, enrollments and due that hold no
// constraint, and returns the statements that make them again: rows come in several
// times as fast without them.
func SetIndexesAside(ctx context.Context, db DB) (restore []string, err error) {
	rows, err := db.Query(ctx, `
		SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS statement FROM pg_index i
		WHERE i.indrelid IN ('clients'::regclass, 'enrollments'::regclass, 'due'::regclass) AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid)
		ORDER BY name`)
	if err != nil {
		return nil, fmt.Errorf("listing indexes: %w", err)
	}
	var name, statement string
	var drops []string
	_, err = pgx.ForEachRow(rows, []any{&name, &statement}, func() error {
		drops, restore = append(drops, "DROP INDEX "+name), append(restore, statement)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("listing indexes: %w", err)
	}
	for _, drop := range drops {
		if _, err := db.Exec(ctx, drop); err != nil {
			return restore, fmt.Errorf("setting an index aside: %w", err)
		}
	}
	return restore, nil
}

// MakeIndex runs one of the statements of SetIndexesAside, with room to sort in.
func MakeIndex(ctx context.Context, db DB, statement string) error {
	err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "SET LOCAL maintenance_work_mem = '512MB'; "+statement)
		return err
	})
	if err != nil {
		return fmt.Errorf("making an index again: %w", err)
	}
	return nil
}

// InsertHistory writes letters that went to the clients of a sequence before: each
// a row in messages, and some 600 bytes in a row of contents with 24 others.
func InsertHistory(ctx context.Context, db DB, sequence SequenceVersion, count int, until time.Time) error {
	err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL synchronous_commit = off"); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			WITH people AS (SELECT count(*) AS n FROM enrollments WHERE sequence_id = @sequence),
			past AS (
				SELECT e.id AS enrollment_id, e.client_id, round, @until::timestamptz - random() * interval '365 days' AS at, (row_number() OVER () - 1) / 25 AS commit
				FROM enrollments e, people, generate_series(1, 1 + (@count::bigint - 1) / greatest(people.n, 1)) AS round
				WHERE e.sequence_id = @sequence LIMIT @count
			), said AS (
				SELECT commit, nextval(pg_get_serial_sequence('contents', 'id')) AS id, count(*)::int AS n FROM past GROUP BY commit
			), content AS (
				INSERT INTO contents (id, subjects, recipients, letter_hashes, personals, destinations) OVERRIDING SYSTEM VALUE
				SELECT id, array_fill('An earlier letter'::text, ARRAY[n]), array_fill('office@client.example'::text, ARRAY[n]), array_fill('past'::bytea, ARRAY[n]),
					array_fill(decode(repeat(md5(id::text), 37), 'hex'), ARRAY[n]), NULL FROM said
			)
			INSERT INTO messages (enrollment_id, client_id, step, occurrence, template, sender, state, attempts,
				due_at, not_after, at, sent_at, response, content_id, content_place)
			SELECT enrollment_id, client_id, 'past', round, 'letter', 'team@example.com', 'sent', 1,
				at, at + interval '1 day', at, at + interval '1 second', '250 2.0.0 taken', said.id, row_number() OVER (PARTITION BY commit)
			FROM past JOIN said USING (commit)`, pgx.StrictNamedArgs{"sequence": sequence.SequenceID, "count": count, "until": until})
		return err
	})
	if err != nil {
		return fmt.Errorf("adding %d earlier letters: %w", count, err)
	}
	return nil
}

// Tidy brings a database that was filled in one go to where a settled one is:
// vacuumed, with statistics, and on disk.
func Tidy(ctx context.Context, db DB) error {
	if _, err := db.Exec(ctx, "VACUUM (ANALYZE)"); err != nil {
		return fmt.Errorf("vacuuming the database: %w", err)
	}
	return Checkpoint(ctx, db)
}

// Checkpoint writes out what is only in memory and the log.
func Checkpoint(ctx context.Context, db DB) error {
	if _, err := db.Exec(ctx, "CHECKPOINT"); err != nil {
		return fmt.Errorf("writing a checkpoint: %w", err)
	}
	return nil
}

// CopyDatabase makes a database that equals another one, file by file; nobody may
// be connected to that one.
func CopyDatabase(ctx context.Context, db DB, from, to string) error {
	_, err := db.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{to}.Sanitize()+" TEMPLATE "+pgx.Identifier{from}.Sanitize()+" STRATEGY file_copy")
	if err != nil {
		return fmt.Errorf("copying the database %s: %w", from, err)
	}
	return nil
}

// DropDatabase removes a database and whoever is connected to it.
func DropDatabase(ctx context.Context, db DB, name string) error {
	if _, err := db.Exec(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)"); err != nil {
		return fmt.Errorf("dropping the database %s: %w", name, err)
	}
	return nil
}

// Volume is how much a server has written ahead in its life, and how large the
// database is, in bytes.
type Volume struct {
	WAL  int64
	Size int64
}

// ReadVolume measures the database.
func ReadVolume(ctx context.Context, db DB) (Volume, error) {
	v, err := one[Volume](db.Query(ctx, `
		SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint AS wal, pg_database_size(current_database()) AS size`))
	if err != nil {
		return v, fmt.Errorf("measuring the database: %w", err)
	}
	return v, nil
}

// Delays says how long after its due time half of the letters, and 99 % of them,
// had been accepted by the mail server, and how many letters that is about.
type Delays struct {
	Letters int
	Half    time.Duration
	P99     time.Duration
}

// ReadDelays looks at the letters sent that were due at a time or later.
func ReadDelays(ctx context.Context, db DB, since time.Time) (Delays, error) {
	var d Delays
	var micros []int64
	err := db.QueryRow(ctx, `
		SELECT count(*), coalesce(percentile_disc(ARRAY[0.5, 0.99]) WITHIN GROUP (ORDER BY (extract(epoch FROM sent_at - due_at) * 1000000)::bigint), '{0,0}')
		FROM messages WHERE due_at >= $1 AND state = 'sent'`, since).Scan(&d.Letters, &micros)
	if err != nil {
		return d, fmt.Errorf("measuring delays: %w", err)
	}
	d.Half, d.P99 = time.Duration(micros[0])*time.Microsecond, time.Duration(micros[1])*time.Microsecond
	return d, nil
}

// CountWorkers counts the worker processes that have registered.
func CountWorkers(ctx context.Context, db DB) (int, error) {
	var n int
	if err := db.QueryRow(ctx, "SELECT count(*) FROM workers").Scan(&n); err != nil {
		return 0, fmt.Errorf("counting workers: %w", err)
	}
	return n, nil
}
