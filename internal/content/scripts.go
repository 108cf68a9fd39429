package content

import (
	"context"
	"fmt"
	"path"
	"strings"
	"testing/fstest"
	"time"

	"seventh/internal/store"
	"seventh/sequences"
	"seventh/templates"
)

// Scripts are what reps read while they call: Markdown with the fields of letters,
// in files NAME.md or NAME.LOCALE.md. They are compiled as letters are, in a frame
// that is cut off again.

const (
	scriptHead  = "---\nsubject: script\n---\n" // letters begin so; scripts do not
	scriptBegin = "<main>"
	scriptEnd   = "</main>"
	scriptFrame = `<html><body>` + scriptBegin + `{{ .body }}` + scriptEnd + `<p>–{{ .link.unsubscribe }}</p></body></html>`
	scriptTail  = "\n–" // where the text part's frame begins
)

// regularCall is the script of calls that a category asks for, if there is one.
const regularCall = "regular"

// scripts compiles all scripts.
func (l *loading) scripts(attributes []string, locale string) {
	letters := make(fstest.MapFS)
	for name, file := range l.folder.files {
		if rest, ok := strings.CutPrefix(name, "scripts/"); ok && path.Ext(name) == ".md" {
			letters["templates/"+rest] = &fstest.MapFile{Data: append([]byte(scriptHead), file.Data...)}
		}
	}
	if len(letters) > 0 {
		letters["templates/layout.html"] = &fstest.MapFile{Data: []byte(scriptFrame)}
	}
	set, problems := templates.Load(letters, attributes, locale)
	for i := range problems {
		p := &problems[i]
		p.File, p.Line = "scripts/"+strings.TrimPrefix(p.File, "templates/"), max(1, p.Line-strings.Count(scriptHead, "\n"))
		if strings.HasPrefix(p.Message, "HTML is not allowed") {
			p.Message = "HTML is not allowed in scripts: write Markdown"
		}
	}
	add(l, problems)
	l.folder.Scripts = set
}

// scriptsOf checks that the scripts of a sequence's calls and tasks exist.
func (l *loading) scriptsOf(s *sequences.Sequence) {
	for step := range s.All() {
		name := step.Call
		if name == "" {
			name = step.Script
		}
		if name == "" || l.folder.Scripts.Has(name) || l.isWritten("scripts/", name) {
			continue
		}
		hint := sequences.DidYouMean(name, l.folder.Scripts.Names())
		if hint == "" {
			hint = ": write what the rep should say there"
		}
		line, column := step.Line, step.Column
		l.problem(s.File, line, column, fmt.Sprintf("there is no script scripts/%s.md%s", name, hint))
	}
}

// Script is a script filled for one client.
type Script struct {
	HTML string // safe to show
	Text string
}

// Script fills a script for a client, in his language as far as it is written in
// it. It is empty for a name that there is no script of.
func (f *Folder) Script(name string, data templates.Data, locale string) (Script, error) {
	letter := f.Scripts.Letter(name, locale)
	if letter == nil {
		return Script{}, nil
	}
	rendered, err := letter.Render(data)
	if err != nil {
		return Script{}, fmt.Errorf("filling the script %s: %w", name, err)
	}
	_, html, _ := strings.Cut(string(rendered.HTMLBytes(letter)), scriptBegin)
	html = html[:max(0, strings.LastIndex(html, scriptEnd))]
	text := string(rendered.TextBytes(letter))
	if end := strings.LastIndex(text, scriptTail); end >= 0 {
		text = text[:end]
	}
	return Script{HTML: strings.TrimSpace(html), Text: strings.TrimSpace(text)}, nil
}

// Data is what letters and scripts may say of a client, his rep and the company;
// times are in zone.
func Data(s *sequences.Settings, client *store.Client, rep *store.User, zone *time.Location) templates.Data {
	fields := map[string]any{
		"external_id": client.ExternalID, "first_name": client.FirstName, "last_name": client.LastName, "name": client.Name(),
		"email": client.Email, "company": client.Company, "category": client.Category, "temperature": client.Temperature,
		"stage": client.Stage, "locale": client.Locale, "source": client.Source, "products": client.Products, "attributes": client.Attributes,
	}
	if client.LastPurchaseAt != nil {
		fields["last_purchase_at"] = client.LastPurchaseAt.In(zone)
	}
	data := templates.Data{
		"client": fields,
		"company": map[string]any{
			"name": s.Company.Name, "site": s.Company.Site, "address": s.Company.Address, "phone": s.Company.Phone, "email": s.Company.Email,
		},
		"rep": map[string]any{"email": client.Owner}, "link": map[string]any{},
	}
	if rep != nil {
		first, _, _ := strings.Cut(rep.Name, " ")
		data["rep"] = map[string]any{"name": rep.Name, "first_name": first, "email": rep.Email, "phone": rep.Phone, "position": rep.Position}
	}
	return data
}

// isWritten reports whether there is a file of a letter or script, in whatever
// language and state.
func (l *loading) isWritten(folder, name string) bool {
	for file := range l.folder.files {
		variant, found := strings.CutPrefix(file, folder+name+".")
		if found && strings.HasSuffix(file, ".md") && !strings.Contains(variant, "/") {
			return true
		}
	}
	return false
}

// FillScripts fills the scripts of tasks, by the tasks' ids. Those of clients who
// are gone meanwhile are left out.
func FillScripts(ctx context.Context, db store.DB, folder *Folder, tasks []store.Task) (map[int64]Script, error) {
	var clientIDs, ownerIDs []int64
	for _, t := range tasks {
		clientIDs = append(clientIDs, t.ClientID)
		if t.OwnerID != nil {
			ownerIDs = append(ownerIDs, *t.OwnerID)
		}
	}
	found, err := store.ClientsByID(ctx, db, clientIDs)
	if err != nil {
		return nil, err
	}
	users, err := store.UsersByID(ctx, db, ownerIDs)
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(folder.Settings.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("loading the company's time zone: %w", err)
	}
	clients, reps := make(map[int64]*store.Client), make(map[int64]*store.User)
	for i := range found {
		clients[found[i].ID] = &found[i]
	}
	for i := range users {
		reps[users[i].ID] = &users[i]
	}
	scripts := make(map[int64]Script)
	for _, t := range tasks {
		client, name := clients[t.ClientID], t.Script
		if name == "" && t.Origin == "cadence" {
			name = regularCall
		}
		if client == nil || !folder.Scripts.Has(name) {
			continue
		}
		var rep *store.User
		if t.OwnerID != nil {
			rep = reps[*t.OwnerID]
		}
		if scripts[t.ID], err = folder.Script(name, Data(folder.Settings, client, rep, zone), client.Locale); err != nil {
			return nil, err
		}
	}
	return scripts, nil
}
