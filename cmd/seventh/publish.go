package main

import (
	"errors"
	"fmt"
	"strings"

	"seventh/internal/content"
	"seventh/internal/store"
)

type publishCommand struct {
	Dir        string `arg:"" optional:"" type:"path" help:"Content folder; default: --content, or the built-in content."`
	Plan       string `type:"path" placeholder:"FILE" help:"Publish what this plan says (seventh plan --out), and nothing else: it is refused if it is stale."`
	EndRemoved bool   `help:"End whoever is under way in sequences whose files are gone. Without it they go on by the steps as they were."`
	Yes        bool   `help:"Do not ask when people who are under way are concerned."`
}

// Run puts a folder in force.
func (c publishCommand) Run(p *process, s *Settings) (err error) {
	terms := content.Terms{EndRemoved: c.EndRemoved}
	if c.Plan != "" {
		if terms.Plan, err = readPlan(c.Plan); err != nil {
			return err
		}
	}
	folder, db, err := folderAndDatabase(p, s, c.Dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.close()) }()
	if c.Plan == "" {
		plan, err := content.PlanFor(p, db.Pool, folder)
		if err != nil {
			return err
		}
		if c.Dir == "" && s.Content == "" && plan.Removes() {
			return errors.New("without a folder this would publish the built-in content, which lacks sequences that are in force: name yours, `seventh publish DIR`, or set SEVENTH_CONTENT")
		}
		if plan.Base != 0 && plan.Any() && !c.Yes && len(plan.Refused) == 0 {
			if yes, err := confirmed(p, plan, folder.Zone()); err != nil || !yes {
				return err
			}
			terms.Plan = plan // and no more than what was looked at
		}
	}
	published, err := content.PublishOn(p, db.Pool, folder, terms)
	if err != nil {
		return err
	}
	switch {
	case !published.Changed:
		fmt.Fprintln(p.stdout, "Nothing to do: this folder is in force.")
	case len(published.Fresh) == 0:
		fmt.Fprintf(p.stdout, "Publication %d is in force; no sequence changed.\n", published.ID)
	default:
		fmt.Fprintf(p.stdout, "Publication %d is in force; new versions of: %s. Who is under way follows, or goes on by the steps as they were, as each sequence says.\n",
			published.ID, strings.Join(published.Fresh, ", "))
	}
	if published.Changed || c.EndRemoved {
		return store.Notify(p, db.Pool, store.PlanChannel)
	}
	return nil
}
