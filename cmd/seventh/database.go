package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"seventh/internal/postgres"
	"seventh/internal/store"
	"seventh/internal/token"
	"seventh/migrations"
)

// database is the pool that a command works with, and the embedded server behind
// it, if there is one.
type database struct {
	*pgxpool.Pool
	server *postgres.Server
}

// openDatabase connects to the configured PostgreSQL, or starts the embedded one.
// The sandbox migrates by itself; elsewhere an old or new schema is refused.
func openDatabase(ctx context.Context, s *Settings, log *slog.Logger) (*database, error) {
	db, err := connect(ctx, s, log)
	if err != nil {
		return nil, err
	}
	if s.sandbox() {
		err = migrations.Up(ctx, db.Pool)
	} else {
		err = migrations.Check(ctx, db.Pool)
	}
	if err != nil {
		return nil, errors.Join(err, db.close())
	}
	return db, nil
}

// connect opens the database without looking at its schema.
func connect(ctx context.Context, s *Settings, log *slog.Logger) (*database, error) {
	db := &database{}
	url := s.DatabaseURL
	if url == "" {
		server, err := postgres.Start(ctx, postgres.Options{Dir: filepath.Join(s.Data, "postgres"), Log: log})
		if err != nil {
			return nil, fmt.Errorf("starting PostgreSQL: %w", err)
		}
		db.server, url = server, server.URL()
	}
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errors.Join(errors.New("SEVENTH_DATABASE_URL is not a PostgreSQL URL like postgres://user:pass@host:5432/name"), db.close())
	}
	config.MaxConns = max(config.MaxConns, 24)
	config.ConnConfig.RuntimeParams["application_name"] = "seventh"
	// A process that hangs in the middle of a transaction would keep its locks for as
	// long, and others could not take over its letters.
	config.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "20s"
	if db.Pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, errors.Join(fmt.Errorf("connecting to PostgreSQL: %w", err), db.close())
	}
	pinging, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	if err := db.Ping(pinging); err != nil {
		return nil, errors.Join(fmt.Errorf("connecting to PostgreSQL: %w", err), db.close())
	}
	return db, nil
}

// close ends the pool and, as the last to use it, the embedded server.
func (d *database) close() error {
	if d.Pool != nil {
		d.Pool.Close()
	}
	if d.server == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := d.server.Stop(ctx); err != nil {
		return fmt.Errorf("stopping PostgreSQL: %w", err)
	}
	return nil
}

// sealer returns the sealer of links, with the key that the database keeps.
func sealer(ctx context.Context, db store.DB) (*token.Sealer, error) {
	key, err := store.LinkKey(ctx, db, "links", token.NewKey())
	if err != nil {
		return nil, err
	}
	return token.NewSealer(key)
}
