package content

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"seventh/internal/store"
	"seventh/sequences"
)

// Plan is what publishing a folder would change, and for how many people.
type Plan struct {
	// Base is the publication that is in force, 0 for none, and Hash the folder: a plan
	// is good for these two only.
	Base      int64          `json:"base"`
	Hash      string         `json:"hash"`
	At        time.Time      `json:"at"` // business time
	Sequences []SequencePlan `json:"sequences"`
	Unchanged []string       `json:"unchanged"` // sequences
	Settings  []*Edit        `json:"settings"`
	Files     []FileChange   `json:"files"` // letters, segments, scripts, …
	// Refused says what keeps the folder from being published.
	Refused []string `json:"refused"`
}

// SequencePlan is what changes about a sequence.
type SequencePlan struct {
	Name     string  `json:"name"`
	Action   string  `json:"action"`              // added, changed or removed
	OnChange string  `json:"on_change,omitempty"` // pin or follow
	Changes  []*Edit `json:"changes"`
	People   People  `json:"people"`
}

// Removes reports whether sequences that are in force are not in the folder.
func (p *Plan) Removes() bool {
	return slices.ContainsFunc(p.Sequences, func(s SequencePlan) bool { return s.Action == ActionRemoved })
}

// What is done to a sequence or a file.
const (
	ActionAdded   = "added"
	ActionChanged = "changed"
	ActionRemoved = "removed"
)

// Edit is one change, with the people it concerns. Of a pinned sequence nobody who is
// under way is concerned.
type Edit struct {
	Kind string `json:"kind"` // added, removed, renamed, moved, changed, setting
	Step string `json:"step,omitempty"`
	Was  string `json:"was,omitempty"`
	Key  string `json:"key,omitempty"`
	Old  string `json:"old,omitempty"`
	New  string `json:"new,omitempty"`

	Gets    int      `json:"gets,omitempty"`     // will come to a step that is new for them
	Skips   int      `json:"skips,omitempty"`    // are past it, or lose it
	Moves   int      `json:"moves,omitempty"`    // stand at a step that is gone, and go on at another
	GoOnAt  string   `json:"go_on_at,omitempty"` // the other
	Ends    int      `json:"ends,omitempty"`     // stand at a step that is gone, and end
	Retimed *Retimed `json:"retimed,omitempty"`  // wait for a step that has another date now
}

// Retimed are people whose next step has another date.
type Retimed struct {
	People   int       `json:"people"`
	AtOnce   int       `json:"at_once"` // their new date is past: they go as soon as may be
	Earliest time.Time `json:"earliest"`
	Latest   time.Time `json:"latest"`
}

// People sums up whom the changes of a sequence concern.
type People struct {
	UnderWay int `json:"under_way"`
	Moved    int `json:"moved"`  // to the new steps
	Pinned   int `json:"pinned"` // go on by the steps as they were
	Retimed  int `json:"retimed"`
	AtOnce   int `json:"at_once"`
	Skipped  int `json:"skipped"` // the most that one step passes over
	Ended    int `json:"ended"`
	Enrolled int `json:"enrolled"` // newly, because of the audience
	Outside  int `json:"outside"`  // no longer in the audience; they go on
}

// FileChange is a file that is not a sequence.
type FileChange struct {
	Path   string `json:"path"`
	Action string `json:"action"`
	Letter string `json:"letter,omitempty"` // its name
	Locale string `json:"locale,omitempty"` // "" for all
}

// Any tells whether publishing would change anything.
func (p *Plan) Any() bool {
	return len(p.Sequences)+len(p.Settings)+len(p.Files) > 0
}

// InFlight is how many people who are under way are concerned by changes of steps.
func (p *Plan) InFlight() int {
	n := 0
	for _, s := range p.Sequences {
		n += s.People.Moved + s.People.Ended
	}
	return n
}

// PlanFor compares a folder with what is in force and counts whom that concerns. It
// changes nothing.
func PlanFor(ctx context.Context, db store.DB, folder *Folder) (*Plan, error) {
	plan, err := planFor(ctx, db, folder, true)
	if err != nil {
		return nil, fmt.Errorf("planning what publishing changes: %w", err)
	}
	return plan, nil
}

// planFor counts, without dates and newcomers if they are not asked for.
func planFor(ctx context.Context, db store.DB, folder *Folder, dates bool) (*Plan, error) {
	p := planning{db: db, folder: folder, dates: dates, plan: &Plan{
		Hash: hex.EncodeToString(hashOf(folder.Files())), Sequences: []SequencePlan{}, Unchanged: []string{}, Settings: []*Edit{}, Files: []FileChange{}, Refused: []string{},
	}}
	var err error
	if p.plan.At, err = store.Now(ctx, db); err != nil {
		return nil, err
	}
	publication, err := store.LatestPublication(ctx, db)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	if p.plan.Base = publication.ID; publication.ID != 0 {
		if p.files, err = store.PublicationFiles(ctx, db, publication.ID); err != nil {
			return nil, err
		}
	}
	if err := p.sequences(ctx); err != nil {
		return nil, err
	}
	p.settings()
	p.others()
	return p.plan, nil
}

// planning is PlanFor at work.
type planning struct {
	db      store.DB
	folder  *Folder
	dates   bool
	files   map[string][]byte // in force
	current []store.SequenceVersion
	plan    *Plan
}

// settings compares seventh.yaml.
func (p *planning) settings() {
	body, there := p.files[SettingsFile]
	if !there {
		return
	}
	before, problems := sequences.ParseSettings(SettingsFile, body)
	if len(problems) > 0 {
		return // made by another version of seventh; what is new holds anyway
	}
	for _, e := range sequences.SettingsEdits(before, p.folder.Settings) {
		p.plan.Settings = append(p.plan.Settings, told(e))
	}
}

// others compares the files that are neither sequences nor seventh.yaml.
func (p *planning) others() {
	now := p.folder.Files()
	all := maps.Clone(now)
	maps.Copy(all, p.files)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if name == SettingsFile || strings.HasPrefix(name, "sequences/") {
			continue
		}
		before, was := p.files[name]
		after, is := now[name]
		change := FileChange{Path: name, Action: ActionChanged}
		switch {
		case !was:
			change.Action = ActionAdded
		case !is:
			change.Action = ActionRemoved
		case string(before) == string(after):
			continue
		}
		if letter, found := strings.CutPrefix(name, "templates/"); found && path.Ext(name) == ".md" {
			letter, locale, _ := strings.Cut(strings.TrimSuffix(letter, ".md"), ".")
			change.Letter, change.Locale = letter, locale
		}
		p.plan.Files = append(p.plan.Files, change)
	}
	if old, now := p.files[SettingsFile], now[SettingsFile]; string(old) != string(now) && len(p.plan.Settings) == 0 {
		change := FileChange{Path: SettingsFile, Action: cmp.Or(map[bool]string{true: ActionAdded}[old == nil], ActionChanged)}
		p.plan.Files = append(p.plan.Files, change) // a comment, at most
	}
}

// told is an edit as a plan shows it.
func told(e sequences.Edit) *Edit {
	return &Edit{Kind: string(e.Kind), Step: e.Step, Was: e.Was, Key: e.Key, Old: e.Old, New: e.New}
}
