package content

import (
	"strings"
	"time"

	"seventh/internal/store"
	"seventh/sequences"
)

// dating dates steps for clients as the planner does.
type dating struct {
	timing     sequences.Timing
	name       string
	categories map[string]sequences.Category
	company    *time.Location
	reps       map[string]string // their time zones, by address
	zones      map[string]*time.Location
}

func newDating(settings *sequences.Settings, s *sequences.Sequence) (*dating, error) {
	calendar, err := settings.WorkCalendar()
	if err != nil {
		return nil, err
	}
	company, err := time.LoadLocation(settings.TimeZone)
	if err != nil {
		return nil, err
	}
	reps := make(map[string]string)
	for _, sender := range settings.Senders {
		reps[strings.ToLower(sender.Email)] = sender.TimeZone
	}
	return &dating{
		reps:   reps,
		timing: sequences.Timing{Window: settings.Windows[s.Window], Calendar: calendar}, name: s.Name, categories: settings.Categories, company: company,
		zones: map[string]*time.Location{"": company},
	}, nil
}

func (d *dating) due(step sequences.Step, at *store.Stander) (time.Time, error) {
	timing := d.timing
	timing.Cadence = sequences.Pace(d.categories, at.Category)
	timing.Key = sequences.KeyOf(d.name, at.ClientID)
	due, err := timing.Due(step, at.AnchorAt.In(d.zone(at)))
	return due.UTC(), err
}

// zone is whose clock the window goes by: the company's, unless the client's or the
// rep's is asked for and known.
func (d *dating) zone(at *store.Stander) *time.Location {
	name := ""
	switch d.timing.Window.TimeZone {
	case sequences.ClientTime:
		name = at.TimeZone
	case sequences.RepTime:
		name = d.reps[strings.ToLower(at.Owner)]
	}
	zone, known := d.zones[name]
	if !known {
		var err error
		if zone, err = time.LoadLocation(name); err != nil {
			zone = d.company
		}
		d.zones[name] = zone
	}
	return zone
}
