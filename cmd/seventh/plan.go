package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"seventh/internal/content"
)

type planCommand struct {
	Dir  string `arg:"" optional:"" type:"path" help:"Content folder; default: --content, or the built-in content."`
	JSON bool   `name:"json" help:"Print the plan as JSON."`
	Out  string `type:"path" placeholder:"FILE" help:"Write the plan to a file, for publish --plan."`
}

// errChanges ends `seventh plan` with its exit code for a folder that would change
// something.
var errChanges = errors.New("there are changes")

// folderAndDatabase are the folder that is to be published, free of mistakes, and the
// database to publish it in.
func folderAndDatabase(p *process, s *Settings, dir string) (*content.Folder, *database, error) {
	fsys, err := s.folder(dir)
	if err != nil {
		return nil, nil, err
	}
	folder, err := loadFolder(p, fsys)
	if err != nil {
		return nil, nil, err
	}
	log, err := s.logger(p)
	if err != nil {
		return nil, nil, err
	}
	db, err := openDatabase(p, s, log)
	return folder, db, err
}

// Run tells what publishing a folder would change, and for whom.
func (c planCommand) Run(p *process, s *Settings) (err error) {
	folder, db, err := folderAndDatabase(p, s, c.Dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.close()) }()
	plan, err := content.PlanFor(p, db.Pool, folder)
	if err != nil {
		return err
	}
	if c.Out != "" {
		if err := writePlan(c.Out, plan); err != nil {
			return err
		}
	}
	if c.JSON {
		err = json.NewEncoder(p.stdout).Encode(plan)
	} else {
		_, err = fmt.Fprint(p.stdout, plan.Text(folder.Zone()))
	}
	switch {
	case err != nil:
		return err
	case len(plan.Refused) > 0:
		return errReported
	case plan.Any():
		return errChanges
	}
	return nil
}

func writePlan(path string, plan *content.Plan) error {
	body, err := json.MarshalIndent(plan, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, append(body, '\n'), 0o644); err != nil {
		return fmt.Errorf("writing the plan: %w", err)
	}
	return nil
}

func readPlan(path string) (*content.Plan, error) {
	body, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the plan: %w", err)
	}
	plan := &content.Plan{}
	if err := json.Unmarshal(body, plan); err != nil || plan.Hash == "" {
		return nil, fmt.Errorf("%s is no plan: `seventh plan --out FILE` writes one", path)
	}
	return plan, nil
}

// planned logs what a publication at start is about to change, in a line; a plan that
// cannot be made keeps nobody from starting.
func (m *machine) planned(ctx context.Context, folder *content.Folder) {
	plan, err := content.PlanFor(ctx, m.db.Pool, folder)
	if err != nil {
		m.log.Warn("the content cannot be compared with what is in force", "err", err)
		return
	}
	if plan.Base != 0 && plan.Any() {
		m.log.Info("publishing content", "plan", plan.Summary())
	}
}

// confirmed asks whether a plan that concerns people who are under way is to be
// published; without a terminal it is an error that says how to answer.
func confirmed(p *process, plan *content.Plan, zone *time.Location) (bool, error) {
	fmt.Fprint(p.stdout, plan.Text(zone))
	if plan.InFlight() == 0 {
		return true, nil
	}
	unasked := fmt.Errorf("people under way who are concerned: %d; look at the plan above, and run it again with --yes, or with --plan FILE", plan.InFlight())
	if file, ok := p.stdin.(*os.File); !ok || !isTerminal(file) {
		return false, unasked
	}
	fmt.Fprintf(p.stdout, "\nPeople under way who are concerned: %d. Publish? Only yes is taken for a yes: ", plan.InFlight())
	var answer string
	switch _, err := fmt.Fscanln(p.stdin, &answer); {
	case errors.Is(err, io.EOF): // nobody is there: /dev/null looks like a terminal, too
		fmt.Fprintln(p.stdout)
		return false, unasked
	case answer != "yes":
		fmt.Fprintln(p.stdout, "Nothing was published.")
		return false, nil
	}
	return true, nil
}
