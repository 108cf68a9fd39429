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
}

// Version is a version of a sequence, with the window and calendar it was
// published with.
type Version struct {
	ID         int64
	SequenceID int64
	Number     int
	Sequence   *sequences.Sequence
	Window     sequences.Window
	Calendar   sequences.Calendar
	cadence    map[string]sequences.Duration // between letters, by category
	zone       *time.Location
	uses       uses // what its conditions need to know
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
	return c, nil
}

// Version returns a version by its id. Versions never change, so they are kept.
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
	settings, err := loadSettings(ctx, db, row.PublicationID)
	if err != nil {
		return nil, err
	}
	return e.keepVersion(row, settings)
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
	if c.Calendar, err = sequences.LoadCalendar(settings.Calendar); err != nil {
		return nil, fmt.Errorf("loading calendar %q: %w", settings.Calendar, err)
	}
	if c.Zone, err = time.LoadLocation(settings.TimeZone); err != nil {
		return nil, fmt.Errorf("loading the company's time zone: %w", err)
	}
	rows, err := store.CurrentVersions(ctx, db)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		v := e.content.versions[row.ID]
		if v == nil || row.PublicationID != publication {
			// Unchanged files keep their version, but a window or calendar changed
			// beside them holds for whoever is enrolled from now on.
			if v, err = e.keepVersion(row, settings); err != nil {
				return nil, err
			}
		}
		c.current = append(c.current, v)
		used := v.Sequence.Audience.Uses()
		c.countsTouches = c.countsTouches || v.Sequence.Enroll == sequences.Automatic && (used.Touches || used.Human)
	}
	slices.SortStableFunc(c.current, func(a, b *Version) int { return b.Sequence.Priority - a.Sequence.Priority })
	return c, nil
}

func (e *Engine) keepVersion(row store.SequenceVersion, settings *sequences.Settings) (*Version, error) {
	sequence, problems := sequences.ParseSequence(row.Path, []byte(row.Source), nil)
	if len(problems) > 0 {
		return nil, fmt.Errorf("%w: version %d of %s: %s", errContent, row.Number, row.Name, problems[0])
	}
	v := &Version{ID: row.ID, SequenceID: row.SequenceID, Number: row.Number, Sequence: sequence, Window: settings.Windows[sequence.Window]}
	v.uses, v.neverRunsDry = usesOf(sequence), isChain(settings, sequence.Name)
	var err error
	if v.Calendar, err = sequences.LoadCalendar(settings.Calendar); err != nil {
		return nil, fmt.Errorf("loading calendar %q: %w", settings.Calendar, err)
	}
	v.cadence = make(map[string]sequences.Duration, len(settings.Categories))
	for name, category := range settings.Categories {
		v.cadence[name] = category.Letters
	}
	if v.zone, err = time.LoadLocation(settings.TimeZone); err != nil {
		return nil, fmt.Errorf("loading the company's time zone: %w", err)
	}
	if e.content.versions == nil {
		e.content.versions = make(map[int64]*Version)
	}
	e.content.versions[row.ID] = v
	return v, nil
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

// zoneOf is the time zone in which a version's window opens for a client.
func (v *Version) zoneOf(c *store.Client) *time.Location {
	if v.Window.TimeZone != "client" || c.TimeZone == "" {
		return v.zone
	}
	if zone, err := time.LoadLocation(c.TimeZone); err == nil {
		return zone
	}
	return v.zone
}

// timing is what a client's dates depend on.
func (v *Version) timing(c *store.Client) sequences.Timing {
	return sequences.Timing{Window: v.Window, Calendar: v.Calendar, Cadence: v.cadence[c.Category], Key: sequences.KeyOf(v.Sequence.Name, c.ID)}
}

// Due is when a step is due for a client after an anchor.
func (v *Version) Due(step sequences.Step, anchor time.Time, c *store.Client) (time.Time, error) {
	at, err := v.timing(c).Due(step, anchor.In(v.zoneOf(c)))
	if err != nil {
		return at, fmt.Errorf("%w: dating step %s of %s: %w", errContent, step.ID, v.Sequence.Name, err)
	}
	return at.UTC(), nil
}
