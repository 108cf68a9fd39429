package main

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"seventh/internal/content"
)

type checkCommand struct {
	Dir  string `arg:"" optional:"" type:"path" help:"Content folder; default: --content, or the built-in content."`
	JSON bool   `name:"json" help:"Print the problems as JSON."`
}

// Run reports every problem in a folder at once, and notes that are none.
func (c checkCommand) Run(p *process, s *Settings) error {
	fsys, err := s.folder(c.Dir)
	if err != nil {
		return err
	}
	folder, problems, err := content.Load(fsys)
	if err != nil {
		return err
	}
	var notes []content.Problem
	if folder != nil {
		notes = folder.Provisional(time.Now())
	}
	if c.JSON {
		if err := json.NewEncoder(p.stdout).Encode(map[string]any{"problems": listed(problems), "notes": listed(notes)}); err != nil {
			return err
		}
	} else {
		report(p.stdout, append(problems, notes...))
	}
	if len(problems) > 0 {
		return errReported
	}
	if !c.JSON {
		fmt.Fprintf(p.stdout, "No problems: %s, %s, %s.\n", counted(len(folder.Sequences), "sequence"),
			counted(len(folder.Letters.Letters()), "letter"), counted(len(folder.Segments), "segment"))
	}
	return nil
}

// listed is a list for JSON, where none is [] and not null.
func listed(problems []content.Problem) []content.Problem {
	if problems == nil {
		return []content.Problem{}
	}
	return problems
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
	if totals := totals(problems); totals != "" {
		fmt.Fprintf(w, "%s.\n", totals)
	}
}

// totals counts problems by severity: "2 problems, 1 warning".
func totals(problems []content.Problem) string {
	var parts []string
	for _, s := range []struct{ severity, noun string }{{content.Mistake, "problem"}, {content.Warning, "warning"}, {content.Note, "note"}} {
		n := 0
		for _, p := range problems {
			if p.Severity == s.severity {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, counted(n, s.noun))
		}
	}
	return strings.Join(parts, ", ")
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
