package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"seventh/internal/content"
)

// watcher looks after the content folder; nil unless it is asked for.
func (c serveCommand) watcher(m *machine) (*content.Watcher, error) {
	if !c.Watch {
		return nil, nil
	}
	if m.settings.Content == "" {
		return nil, errors.New("--watch needs a folder to look after: add --content DIR (`seventh init DIR` makes one)")
	}
	return &content.Watcher{FS: os.DirFS(m.settings.Content), DB: m.db.Pool}, nil
}

// watch tells on the terminal what every save of the folder means.
func watch(ctx context.Context, w *content.Watcher, out io.Writer) {
	w.Run(ctx, time.Now, func(l content.Look) { tell(out, l) })
}

// tell writes one look: a line across with the time and the files, then what there
// is to know.
func tell(out io.Writer, l content.Look) {
	headline := "watching the folder"
	if len(l.Changed) > 3 {
		headline = fmt.Sprintf("%s and %d more", strings.Join(l.Changed[:3], ", "), len(l.Changed)-3)
	} else if len(l.Changed) > 0 {
		headline = strings.Join(l.Changed, ", ")
	} else if l.Number > 1 {
		headline = "looked again"
	}
	line := fmt.Sprintf("── %s  %s ", l.At.Format(time.TimeOnly), headline)
	fmt.Fprintf(out, "\n%s%s\n", line, strings.Repeat("─", max(0, 100-len([]rune(line)))))
	report(out, l.Problems)
	fmt.Fprint(out, l.Text())
}
