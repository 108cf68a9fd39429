package main

import (
	"bytes"
	"context"
	"errors"
	"maps"

	"seventh/internal/content"
	"seventh/internal/store"
)

// content checks the folder at hand and the one in force. What comes back is what letters are
// made of: the one in force, else the one at hand; nil when neither is without problems.
func (d *doctor) content(ctx context.Context, db *database) ([]check, *content.Folder) {
	found, folder := d.folder()
	if db == nil {
		return []check{found}, folder
	}
	ctx, cancel := context.WithTimeout(ctx, doctorPatience)
	defer cancel()
	inForce, id, err := content.InForce(ctx, db.Pool)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return []check{found, warn("published", "nothing yet: `seventh publish` puts the folder in force, and so does the first `seventh serve`")}, folder
	case err != nil:
		return []check{found, fail("published", "%s: correct the folder and run `seventh publish`", oneLine(err))}, folder
	case d.settings.Content != "" && folder != nil && !maps.EqualFunc(folder.Files(), inForce.Files(), bytes.Equal):
		return []check{found, warn("published", "publication %d differs from %s: `seventh publish` puts the folder in force", id, d.settings.Content)}, inForce
	case d.settings.Content == "" && !d.captured() && folder != nil && maps.EqualFunc(folder.Files(), inForce.Files(), bytes.Equal):
		return []check{found, warn("published", "publication %d is the built-in example: `seventh init DIR` writes a folder of your own to change and publish", id)}, inForce
	}
	return []check{found, ok("published", "publication %d is in force", id)}, inForce
}

func (d *doctor) folder() (check, *content.Folder) {
	fsys, err := d.settings.folder("")
	if err != nil {
		return fail("content", "%s: name the folder with SEVENTH_CONTENT", oneLine(err)), nil
	}
	folder, problems, err := content.Load(fsys)
	switch {
	case err != nil:
		return fail("content", "%s", oneLine(err)), nil
	case folder == nil:
		mistakes := content.Mistakes(problems)
		return fail("content", "%s, the first: %s; `seventh check` shows all", counted(len(mistakes), "problem"), mistakes[0]), nil
	case len(problems) > 0:
		return warn("content", "%s, the first: %s; `seventh check` shows all", counted(len(problems), "warning"), problems[0]), folder
	case d.settings.Content == "":
		return ok("content", "the built-in one, as SEVENTH_CONTENT is not set"), folder
	}
	return ok("content", "%s, %s, no problems", counted(len(folder.Sequences), "sequence"), counted(len(folder.Letters.Letters()), "letter")), folder
}
