package main

import (
	"errors"
	"fmt"
	"strings"

	"seventh/internal/content"
)

type publishCommand struct {
	Dir string `arg:"" optional:"" type:"path" help:"Content folder; default: --content, or the built-in content."`
	Yes bool   `help:"Never ask, for automation. Whoever is in a sequence finishes the version he began, so nothing is asked today."`
}

// Run puts a folder in force.
func (c publishCommand) Run(p *process, s *Settings) (err error) {
	fsys, err := s.folder(c.Dir)
	if err != nil {
		return err
	}
	folder, err := loadFolder(p, fsys)
	if err != nil {
		return err
	}
	log, err := s.logger(p)
	if err != nil {
		return err
	}
	db, err := openDatabase(p, s, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.close()) }()
	published, err := content.Publish(p, db.Pool, folder)
	if err != nil {
		return err
	}
	switch {
	case !published.Changed:
		fmt.Fprintln(p.stdout, "Nothing to do: this folder is in force.")
	case len(published.Fresh) == 0:
		fmt.Fprintf(p.stdout, "Publication %d is in force; no sequence changed.\n", published.ID)
	default:
		fmt.Fprintf(p.stdout, "Publication %d is in force; new versions of: %s. Who is in the middle of one finishes the version he began.\n",
			published.ID, strings.Join(published.Fresh, ", "))
	}
	return nil
}
