package main

import (
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"seventh/internal/engine"
	"seventh/internal/store"
	"seventh/worker"
)

type confirmRestoreCommand struct {
	List       bool   `xor:"choice" help:"Only list the letters in doubt; nothing changes."`
	AssumeSent bool   `xor:"choice" help:"Take every letter that was due until now for sent, each on its day; chains go on from there."`
	Send       bool   `xor:"choice" help:"Send them: nothing has gone out since the backup was made. Who got one gets it twice."`
	By         string `placeholder:"NAME" help:"Who confirms. Default: the account of this shell."`
}

// Run lets letters go again after a backup was restored. Without a choice the letters
// in doubt are held, and the command may be given again with one.
func (c confirmRestoreCommand) Run(p *process, s *Settings) error {
	return withDatabase(p, s, func(db *database) error {
		jobs, err := worker.NewInserter(db.Pool)
		if err != nil {
			return err
		}
		log, err := s.logger(p)
		if err != nil {
			return err
		}
		e := &engine.Engine{DB: db.Pool, Jobs: jobs, Log: log}
		if c.List {
			return c.list(p, e)
		}
		confirmed, err := e.ConfirmRestore(p, c.who(p), c.choice())
		if err != nil {
			return err
		}
		if confirmed.Reason != "" {
			fmt.Fprintf(p.stdout, "Confirmed: %s.\n", confirmed.Reason)
		}
		fmt.Fprintf(p.stdout, consequences[c.choice()], confirmed.Letters)
		return nil
	})
}

// consequences says what a choice has done to the letters in doubt.
var consequences = map[string]string{
	engine.DoubtsHold: "%d letters in doubt are held as unconfirmed; everything else goes on.\n" +
		"Decide about them with `seventh confirm-restore --assume-sent` or `--send`; `--list` shows them.\n",
	engine.DoubtsAssume: "%d letters are taken for sent; their chains go on.\n",
	engine.DoubtsSend:   "%d letters are planned again.\n",
}

func (c confirmRestoreCommand) choice() string {
	switch {
	case c.AssumeSent:
		return engine.DoubtsAssume
	case c.Send:
		return engine.DoubtsSend
	}
	return engine.DoubtsHold
}

func (c confirmRestoreCommand) who(p *process) string {
	if c.By != "" {
		return c.By
	}
	host, _ := os.Hostname()
	return fmt.Sprintf("%s on %s", p.getenv("USER"), host)
}

func (c confirmRestoreCommand) list(p *process, e *engine.Engine) error {
	table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	count := 0
	guard, err := e.RestoreDoubts(p, func(d store.Doubt) {
		if count++; count == 1 {
			fmt.Fprintln(table, "DUE\tCLIENT\tEMAIL\tSEQUENCE\tSTEP")
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", d.DueAt.UTC().Format(time.DateTime), d.Client, d.Email, d.Sequence, d.Step)
	})
	if err != nil {
		return err
	}
	if err := table.Flush(); err != nil {
		return err
	}
	switch {
	case guard.Stops():
		fmt.Fprintf(p.stdout, "Letters are kept back: %s.\n%d letters may have been sent after %s.\n", guard.Reason, count, guard.RestoredTo.UTC().Format(time.RFC3339))
	case count > 0:
		fmt.Fprintf(p.stdout, "%d letters of a restore are held and wait for a decision.\n", count)
	default:
		fmt.Fprintln(p.stdout, "No restored backup keeps letters back, and none is in doubt.")
	}
	return nil
}
