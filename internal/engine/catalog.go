package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"seventh/internal/store"
	"seventh/sequences"
)

// Catalog is the published content as the engine needs it. It does not change.
type Catalog struct {
	Publication int64
	Settings    *sequences.Settings
	Calendar    sequences.Calendar
	Zone        *time.Location              // the company's
	current     []*Version                  // highest priority first
	senders     map[string]sequences.Sender // by senderKey
	limited     bool                        // some sender or provider has a limit
	// countsTouches: automatic audiences go by how often a client has been touched.
	countsTouches bool
	// hearsTouches: sequences wait, or end, by that.
	hearsTouches bool
}

// Version is a version of a sequence. Only its steps are as they were published: all
// else of the sequence, the window, the calendar and the categories are those in force
// (see follow.go).
type Version struct {
	ID         int64
	SequenceID int64
	Number     int
	Sequence   *sequences.Sequence
	Window     sequences.Window
	Calendar   sequences.Calendar
	cadence    *letterPace
	zone       *time.Location
	reps       map[string]*time.Location // of senders with a zone of their own, by senderKey
	past       []sequences.Past          // the versions before it that rename or replace steps
	names      sequences.Names
	uses       uses     // what its conditions need to know
	inForce    *Version // whose exit_on it has; nil: its own
	// neverRunsDry: whoever is through waits for more letters until he has been touched often enough.
	neverRunsDry bool
}

// Current returns the version of a sequence that new enrollments get, or nil.
func (c *Catalog) Current(name string) *Version {
	for _, v := range c.current {
		if v.Sequence.Name == name {
			return v
		}
	}
	return nil
}

// Sequences returns the current versions, highest priority first.
func (c *Catalog) Sequences() []*Version { return slices.Clone(c.current) }

// touchesOf counts the clients' touches, if audiences go by them.
func (c *Catalog) touchesOf(ctx context.Context, db store.DB, clients []int64) (map[int64]store.TouchFacts, error) {
	if !c.countsTouches {
		return nil, nil
	}
	return store.TouchFactsOf(ctx, db, clients)
}

// AllowsLetters reports whether a consent's basis allows automated letters.
func (c *Catalog) AllowsLetters(basis string) bool {
	return basis != "" && slices.Contains(c.Settings.Consent.Allow, basis)
}

// Catalog returns the content in force; it is read anew after a publication.
func (e *Engine) Catalog(ctx context.Context, db store.DB) (*Catalog, error) {
	publication, err := store.LatestPublication(ctx, db)
	if err != nil {
		return nil, err
	}
	e.content.Lock()
	defer e.content.Unlock()
	if c := e.content.catalog; c != nil && c.Publication == publication.ID {
		return c, nil
	}
	c, err := e.loadCatalog(ctx, db, publication.ID)
	if err != nil {
		return nil, err
	}
	e.content.catalog = c
	e.content.pace.set(c.Settings)
	return c, nil
}

// Version returns a version by its id. They are kept until the next publication.
func (e *Engine) Version(ctx context.Context, db store.DB, id int64) (*Version, error) {
	e.content.Lock()
	defer e.content.Unlock()
	if v := e.content.versions[id]; v != nil {
		return v, nil
	}
	row, err := store.VersionByID(ctx, db, id)
	if err != nil {
		return nil, err
	}
	v, err := e.pinned(ctx, db, row)
	if err != nil {
		return nil, err
	}
	e.keep(v)
	return v, nil
}

// pinned is a version that is not current: its own steps, and all else as in force. Of
// a sequence that is gone the rest is its own, too, and so is a window that is gone.
func (e *Engine) pinned(ctx context.Context, db store.DB, row store.SequenceVersion) (*Version, error) {
	own, err := parse(row)
	if err != nil {
		return nil, err
	}
	if c := e.content.catalog; c != nil {
		for _, current := range c.current {
			if current.SequenceID == row.SequenceID && current.ID != row.ID {
				v, err := newVersion(ctx, db, row, c.Settings, current.Sequence)
				if err == nil {
					v.inForce = current
				}
				return v, err
			}
		}
		if _, there := c.Settings.Windows[own.Window]; there || own.Window == "" {
			return newVersion(ctx, db, row, c.Settings, nil)
		}
	}
	settings, err := loadSettings(ctx, db, row.PublicationID)
	if err != nil {
		return nil, err
	}
	if e.content.catalog == nil {
		e.content.pace.set(settings) // until it is known what is in force
	}
	return newVersion(ctx, db, row, settings, nil)
}

func (e *Engine) keep(v *Version) {
	v.cadence = &e.content.pace
	if e.content.versions == nil {
		e.content.versions = make(map[int64]*Version)
	}
	e.content.versions[v.ID] = v
}

func (e *Engine) loadCatalog(ctx context.Context, db store.DB, publication int64) (*Catalog, error) {
	settings, err := loadSettings(ctx, db, publication)
	if err != nil {
		return nil, err
	}
	c := &Catalog{Publication: publication, Settings: settings, senders: byAddress(settings.Senders), limited: len(settings.Limits.Providers) > 0}
	for _, s := range settings.Senders {
		c.limited = c.limited || s.Limited()
	}
	if c.Calendar, err = settings.WorkCalendar(); err != nil {
		return nil, fmt.Errorf("loading calendar %q: %w", settings.Calendar, err)
	}
	if c.Zone, err = time.LoadLocation(settings.TimeZone); err != nil {
		return nil, fmt.Errorf("loading the company's time zone: %w", err)
	}
	rows, err := store.CurrentVersions(ctx, db)
	if err != nil {
		return nil, err
	}
	e.content.versions = nil // what is beside their steps is another now
	for _, row := range rows {
		v, err := newVersion(ctx, db, row, settings, nil)
		if err != nil {
			return nil, err
		}
		e.keep(v)
		c.current = append(c.current, v)
		used := v.Sequence.Audience.Uses()
		c.hearsTouches = c.hearsTouches || v.uses.touches && v.Sequence.Listens()
		c.countsTouches = c.countsTouches || v.Sequence.Enroll == sequences.Automatic && (used.Touches || used.Human)
	}
	slices.SortStableFunc(c.current, func(a, b *Version) int { return b.Sequence.Priority - a.Sequence.Priority })
	return c, nil
}

// newVersion reads a version, with what holds beside its steps: of current, if it is
// not that itself.
func newVersion(ctx context.Context, db store.DB, row store.SequenceVersion, settings *sequences.Settings, current *sequences.Sequence) (*Version, error) {
	sequence, err := parse(row)
	if err != nil {
		return nil, err
	}
	if current != nil {
		steps := sequence.Steps
		inForce := *current
		sequence, inForce.Steps = &inForce, steps
	}
	v := &Version{ID: row.ID, SequenceID: row.SequenceID, Number: row.Number, Sequence: sequence, Window: settings.Windows[sequence.Window]}
	if err := v.readPast(ctx, db, row); err != nil {
		return nil, err
	}
	v.uses, v.neverRunsDry = usesOf(sequence), isChain(settings, sequence.Name)
	if v.Calendar, err = settings.WorkCalendar(); err != nil {
		return nil, fmt.Errorf("loading calendar %q: %w", settings.Calendar, err)
	}
	if v.zone, err = time.LoadLocation(settings.TimeZone); err != nil {
		return nil, fmt.Errorf("loading the company's time zone: %w", err)
	}
	if v.reps, err = repZones(settings.Senders); err != nil {
		return nil, err
	}
	return v, nil
}

func parse(row store.SequenceVersion) (*sequences.Sequence, error) {
	sequence, problems := sequences.ParseSequence(row.Path, []byte(row.Source), nil)
	if len(problems) > 0 {
		return nil, fmt.Errorf("%w: version %d of %s: %s", errContent, row.Number, row.Name, problems[0])
	}
	return sequence, nil
}

func loadSettings(ctx context.Context, db store.DB, publication int64) (*sequences.Settings, error) {
	body, err := store.PublicationFile(ctx, db, publication, "seventh.yaml")
	if err != nil {
		return nil, err
	}
	settings, problems := sequences.ParseSettings("seventh.yaml", body)
	if len(problems) > 0 {
		return nil, fmt.Errorf("reading publication %d: %s", publication, problems[0])
	}
	return settings, nil
}
