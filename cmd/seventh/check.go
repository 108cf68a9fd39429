package main

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"seventh/internal/content"
)

type checkCommand struct {
	Dir    string `arg:"" optional:"" type:"path" help:"Content folder; default: --content, or the built-in content."`
	JSON   bool   `name:"json" help:"Print the problems as JSON."`
	Strict bool   `help:"Let warnings fail the check, too."`
}

// Run reports every mistake in a folder at once, and what it warns of.
func (c checkCommand) Run(p *process, s *Settings) error {
	fsys, err := s.folder(c.Dir)
	if err != nil {
		return err
	}
	folder, problems, err := content.Load(fsys)
	if err != nil {
		return err
	}
	if c.JSON {
		if problems == nil {
			problems = []content.Problem{}
		}
		if err := json.NewEncoder(p.stdout).Encode(map[string]any{"problems": problems}); err != nil {
			return err
		}
	} else {
		report(p.stdout, problems)
	}
	if folder == nil || c.Strict && len(problems) > 0 {
		return errReported
	}
	if !c.JSON {
		fmt.Fprintf(p.stdout, "No problems: %s, %s, %s.\n", counted(len(folder.Sequences), "sequence"),
			counted(len(folder.Letters.Letters()), "letter"), counted(len(folder.Segments), "segment"))
	}
	return nil
}

// report prints problems with their lines and a mark under the place.
func report(w io.Writer, problems []content.Problem) {
	for _, problem := range problems {
		fmt.Fprintln(w, problem)
		if strings.TrimSpace(problem.Source) == "" {
			continue
		}
		before := problem.Source
		if runes := []rune(before); problem.Column-1 < len(runes) {
			before = string(runes[:max(0, problem.Column-1)])
		}
		indent := strings.Map(func(r rune) rune {
			if r == '\t' {
				return r
			}
			return ' '
		}, before)
		fmt.Fprintf(w, "    %s\n    %s^\n", problem.Source, indent)
	}
	mistakes := len(content.Mistakes(problems))
	switch warnings := len(problems) - mistakes; {
	case mistakes > 0 && warnings > 0:
		fmt.Fprintf(w, "%s, %s.\n", counted(mistakes, "problem"), counted(warnings, "warning"))
	case mistakes > 0:
		fmt.Fprintf(w, "%s.\n", counted(mistakes, "problem"))
	case warnings > 0:
		fmt.Fprintf(w, "%s.\n", counted(warnings, "warning"))
	}
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// loadFolder loads a folder that must be free of mistakes, and shows its warnings.
func loadFolder(p *process, fsys fs.FS) (*content.Folder, error) {
	folder, problems, err := content.Load(fsys)
	if err != nil {
		return nil, err
	}
	report(p.stderr, problems)
	if folder == nil {
		return nil, fmt.Errorf("the content has %s: nothing was published", counted(len(content.Mistakes(problems)), "problem"))
	}
	return folder, nil
}
