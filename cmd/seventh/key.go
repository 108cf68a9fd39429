package main

import (
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"seventh/api"
	"seventh/internal/store"
)

type keyCommand struct {
	Add    keyAddCommand    `cmd:"" help:"Make a key; it is shown once."`
	List   keyListCommand   `cmd:"" help:"List keys."`
	Revoke keyRevokeCommand `cmd:"" help:"End a key at once."`
}

type keyAddCommand struct {
	Name  string   `arg:"" help:"What the key is for, such as crm."`
	Scope []string `required:"" enum:"read,clients,send,admin" help:"What it may do: read, clients, send, admin."`
}

type keyListCommand struct{}

type keyRevokeCommand struct {
	ID string `arg:"" help:"The key's id, as listed."`
}

// Run makes a key.
func (c keyAddCommand) Run(p *process, s *Settings) error {
	return withDatabase(p, s, func(db *database) error {
		plain, key := api.NewKey(c.Name, c.Scope)
		if err := store.SaveAPIKey(p, db, key); err != nil {
			return err
		}
		fmt.Fprintln(p.stdout, plain)
		fmt.Fprintln(p.stderr, "Keep it: it is not shown again. Use it as `Authorization: Bearer KEY`.")
		return nil
	})
}

// Run lists keys.
func (keyListCommand) Run(p *process, s *Settings) error {
	return withDatabase(p, s, func(db *database) error {
		keys, err := store.ListAPIKeys(p, db)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "ID\tNAME\tSCOPES\tMADE\tLAST USED\tSTATE")
		for _, k := range keys {
			used, state := "never", "in force"
			if k.LastUsedAt != nil {
				used = k.LastUsedAt.Format(time.DateOnly)
			}
			if k.RevokedAt != nil {
				state = "revoked " + k.RevokedAt.Format(time.DateOnly)
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", k.ID, k.Name, strings.Join(k.Scopes, ","), k.CreatedAt.Format(time.DateOnly), used, state)
		}
		return table.Flush()
	})
}

// Run ends a key.
func (c keyRevokeCommand) Run(p *process, s *Settings) error {
	return withDatabase(p, s, func(db *database) error {
		err := store.RevokeAPIKey(p, db, c.ID)
		if errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("no key %q is in force: `seventh key list` shows them", c.ID)
		}
		return err
	})
}

// withDatabase runs fn with the database open.
func withDatabase(p *process, s *Settings, fn func(*database) error) (err error) {
	log, err := s.logger(p)
	if err != nil {
		return err
	}
	db, err := openDatabase(p, s, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.close()) }()
	return fn(db)
}
