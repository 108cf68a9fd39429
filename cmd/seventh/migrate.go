package main

import (
	"errors"
	"fmt"

	"seventh/migrations"
)

type migrateCommand struct{}

// Run brings the schema up to date.
func (migrateCommand) Run(p *process, s *Settings) (err error) {
	log, err := s.logger(p)
	if err != nil {
		return err
	}
	db, err := connect(p, s, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.close()) }()
	if err := migrations.Up(p, db.Pool); err != nil {
		return err
	}
	fmt.Fprintln(p.stdout, "The database schema is up to date.")
	return nil
}
