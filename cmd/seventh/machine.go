package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"

	"seventh/api"
	"seventh/internal/content"
	"seventh/internal/mail"
	"seventh/internal/sandbox"
	"seventh/internal/store"
	"seventh/internal/token"
	"seventh/migrations"
	"seventh/worker"
)

// machine is what serve and work share: the database, the way out for letters,
// and the worker.
type machine struct {
	settings *Settings
	log      *slog.Logger
	db       *database
	inbox    *sandbox.Inbox // nil when letters go to a mail server
	links    *token.Sealer
	worker   *worker.Worker
}

func newMachine(ctx context.Context, s *Settings, log *slog.Logger) (m *machine, err error) {
	if err := s.validate(); err != nil {
		return nil, err
	}
	m = &machine{settings: s, log: log}
	defer func() {
		if err != nil {
			err = errors.Join(err, m.close())
		}
	}()
	if m.db, err = openDatabase(ctx, s, log); err != nil {
		return nil, err
	}
	if m.links, err = sealer(ctx, m.db.Pool); err != nil {
		return nil, err
	}
	url := s.SMTPURL
	if url == "" {
		if m.inbox, err = sandbox.StartInbox(m.db.Pool, log); err != nil {
			return nil, err
		}
		url = m.inbox.URL()
	}
	server, err := mail.ParseURL(url)
	if err != nil {
		return nil, err
	}
	m.worker, err = worker.New(worker.Options{
		Pool: m.db.Pool, Server: server, OneServer: m.inbox != nil, PublicURL: s.publicURL(), Links: m.links, Log: log,
		Lease: s.Lease, HighWater: filepath.Join(s.Data, "high-water.json"),
	})
	return m, err
}

// ready says what keeps this process from working, beyond what api asks itself.
func (m *machine) ready(ctx context.Context) error {
	if err := m.worker.Ready(); err != nil {
		return err
	}
	err := migrations.Check(ctx, m.db.Pool)
	if errors.Is(err, migrations.ErrOld) || errors.Is(err, migrations.ErrNew) {
		return fmt.Errorf("%w: %w", api.ErrSchema, err)
	}
	return err
}

func (m *machine) close() error {
	if m.inbox != nil {
		m.inbox.Close()
	}
	if m.db == nil {
		return nil
	}
	return m.db.close()
}

// publish puts content in force when nothing is yet, and in the sandbox, at every
// start, the folder that was named. A folder with mistakes changes nothing.
func (m *machine) publish(p *process) error {
	inForce, err := store.LatestPublication(p, m.db.Pool)
	first := errors.Is(err, store.ErrNotFound)
	if err != nil && !first {
		return err
	}
	if named := m.settings.Content != ""; !first && !(named && m.settings.sandbox()) {
		m.log.Info("content in force; `seventh publish` replaces it", "publication", inForce.ID, "published_at", inForce.PublishedAt)
		return nil
	}
	fsys, err := m.settings.folder("")
	if err != nil {
		return err
	}
	folder, err := loadFolder(p, fsys)
	if err != nil && first {
		return err
	}
	if err != nil {
		m.log.Warn("the content folder has problems: the last good one stays in force", "publication", inForce.ID)
		return nil
	}
	m.planned(p, folder)
	published, err := content.Publish(p, m.db.Pool, folder)
	var refusal content.Refusal
	if errors.As(err, &refusal) && !first {
		m.log.Warn("the content is not published: the last good one stays in force", "publication", inForce.ID, "reasons", []string(refusal))
		return nil
	}
	if err == nil && published.Changed {
		m.log.Info("content published", "publication", published.ID, "sequences", published.Fresh)
	}
	return err
}

// source rebuilds the exact bytes of a letter as it was sent.
func (m *machine) source(ctx context.Context, messageID int64) ([]byte, error) {
	parts, err := store.MessageSource(ctx, m.db.Pool, messageID)
	if err != nil {
		return nil, err
	}
	fixed, err := mail.UnmarshalFixed(parts.Fixed)
	if err != nil {
		return nil, fmt.Errorf("rebuilding message %d: %w", messageID, err)
	}
	return mail.Expand(nil, fixed, parts.Personal)
}
