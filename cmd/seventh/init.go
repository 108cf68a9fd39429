package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"seventh/internal/content"
)

type initCommand struct {
	Dir string `arg:"" type:"path" help:"A folder that does not exist yet, or is empty."`
}

// Run writes the built-in content out as a folder, with what editors need.
func (c initCommand) Run(p *process, s *Settings) error {
	if entries, err := os.ReadDir(c.Dir); err == nil && len(entries) > 0 {
		return fmt.Errorf("%s is not empty: name a new folder, so that nothing of yours is overwritten", c.Dir)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("looking at %s: %w", c.Dir, err)
	}
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return fmt.Errorf("making the folder: %w", err)
	}
	if err := os.CopyFS(c.Dir, content.BuiltIn()); err != nil {
		return fmt.Errorf("writing the content: %w", err)
	}
	if err := writeEditorFiles(c.Dir); err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "%s is ready. Next: edit sequences/ and templates/, then\n  seventh check %s\n  seventh serve --content %s --demo\n", c.Dir, c.Dir, c.Dir)
	return nil
}
