package engine

import (
	"fmt"
	"sync"
	"time"

	"seventh/internal/store"
	"seventh/sequences"
)

// zoneOf is the time zone in which a version's window opens for a client: the
// company's, unless the client's or the rep's is asked for and known.
func (v *Version) zoneOf(c *store.Client) *time.Location {
	switch v.Window.TimeZone {
	case sequences.ClientTime:
		if zone := zoneNamed(c.TimeZone); zone != nil {
			return zone
		}
	case sequences.RepTime:
		if zone := v.reps[senderKey(c.Owner)]; zone != nil {
			return zone
		}
	}
	return v.zone
}

// zones are the time zones that were asked for; reading one takes longer than
// dating a step.
var zones sync.Map // *time.Location by name

// zoneNamed is the time zone with a name, or nil.
func zoneNamed(name string) *time.Location {
	if name == "" {
		return nil
	}
	if zone, known := zones.Load(name); known {
		return zone.(*time.Location)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil // not kept: there is no end of names that are none
	}
	zones.Store(name, zone)
	return zone
}

// repZones are the time zones of reps who have one of their own.
func repZones(senders map[string]sequences.Sender) (map[string]*time.Location, error) {
	reps := make(map[string]*time.Location)
	for _, s := range senders {
		if s.TimeZone == "" {
			continue
		}
		zone, err := time.LoadLocation(s.TimeZone)
		if err != nil {
			return nil, fmt.Errorf("loading the time zone of %s: %w", s.Email, err)
		}
		reps[senderKey(s.Email)] = zone
	}
	return reps, nil
}

// timing is what a client's dates depend on.
func (v *Version) timing(c *store.Client) sequences.Timing {
	return sequences.Timing{Window: v.Window, Calendar: v.Calendar, Cadence: v.cadence.of(c.Category), Key: sequences.KeyOf(v.Sequence.Name, c.ID)}
}

// Due is when a step is due for a client after an anchor.
func (v *Version) Due(step sequences.Step, anchor time.Time, c *store.Client) (time.Time, error) {
	at, err := v.timing(c).Due(step, anchor.In(v.zoneOf(c)))
	if err != nil {
		return at, fmt.Errorf("%w: dating step %s of %s: %w", errContent, step.ID, v.Sequence.Name, err)
	}
	return at.UTC(), nil
}

// Pace is a delay for a client: what `cadence` means for his category.
func (v *Version) Pace(d sequences.Duration, c *store.Client) sequences.Duration {
	if d.Unit == sequences.Cadence {
		return v.timing(c).Cadence
	}
	return d
}
