package pages

import "seventh/internal/engine"

// dryPart says for whom a sequence that should last has no letters any more, and when.
type dryPart struct {
	Clients int // who will run dry
	Soon    int // of them, within 90 days
	From    moment
	Day     string
	Waiting int // who have had all letters already
}

// dry finds a sequence's part, or nil if it is meant to end, or nobody is in it.
func (sc scene) dry(runways []engine.Runway, name string) *dryPart {
	for _, r := range runways {
		if r.Sequence != name || !r.Lasting || r.Clients == 0 {
			continue
		}
		part := &dryPart{Waiting: r.Waiting}
		if r.DryAt != nil {
			part.Clients, part.Soon, part.From = r.Clients-r.Waiting, r.Within90, at(*r.DryAt, sc.zone)
			part.Day = r.DryAt.In(sc.zone).Format("2 January 2006")
		}
		return part
	}
	return nil
}
