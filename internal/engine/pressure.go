package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"seventh/internal/store"
	"seventh/sequences"
)

// spacing is the least time between letters of different chains to one client:
// whatever flaps in the CRM, he does not get two on a day. A cap that speaks of a
// day or less stands in its place.
const spacing = 24 * time.Hour

// pressure is who has been in touch with some clients lately: what caps count, and
// what keeps sequences back for the sake of a person.
type pressure struct {
	limits    *sequences.Limits
	recent    map[int64][]store.OtherLetter // by client, within spacing
	clients   map[int64][]store.Contact     // by time
	companies map[string][]store.Contact    // by time
	deals     map[int64]bool                // clients with an open one
	away      map[int64]store.Absence       // clients who are out of the office
	wishes    map[int64]*wish               // clients who have asked for fewer letters
}

// pressureOn loads what the limits in force ask for, and nothing else.
func (p *planning) pressureOn(ctx context.Context, clients []store.Client) (*pressure, error) {
	limits := &p.catalog.Settings.Limits
	pr := &pressure{limits: limits, recent: make(map[int64][]store.OtherLetter)}
	ids := make([]int64, len(clients))
	for i := range clients {
		ids[i] = clients[i].ID
	}
	var err error
	if limits.Human.OpenDeals == sequences.DealsWait {
		if pr.deals, err = store.OpenDeals(ctx, p.tx, ids); err != nil {
			return nil, err
		}
	}
	if pr.away, err = store.Absences(ctx, p.tx, ids, p.now); err != nil {
		return nil, err
	}
	if pr.wishes, err = p.catalog.wishesOf(ctx, p.tx, clients, p.now); err != nil {
		return nil, err
	}
	if err := p.companyPressure(ctx, pr, clients); err != nil {
		return nil, err
	}
	if limits.Client == nil && limits.Human.QuietFor() == 0 {
		letters, err := store.LettersSince(ctx, p.tx, ids, p.now.Add(-spacing), p.now)
		for _, letter := range letters {
			pr.recent[letter.ClientID] = append(pr.recent[letter.ClientID], letter)
		}
		return pr, err
	}
	back := max(spacing, limits.Human.QuietFor())
	if limits.Client != nil {
		back = max(back, limits.Client.Span())
	}
	contacts, err := store.ContactsWith(ctx, p.tx, ids, p.now.Add(-back), p.now)
	if err != nil {
		return nil, err
	}
	pr.clients = make(map[int64][]store.Contact)
	for _, c := range contacts {
		pr.clients[c.ClientID] = append(pr.clients[c.ClientID], c)
		if c.EnrollmentID != 0 {
			pr.recent[c.ClientID] = append(pr.recent[c.ClientID], store.OtherLetter{ClientID: c.ClientID, EnrollmentID: c.EnrollmentID, At: c.At})
		}
	}
	return pr, nil
}

func (p *planning) companyPressure(ctx context.Context, pr *pressure, clients []store.Client) error {
	if pr.limits.Company == nil {
		return nil
	}
	pr.companies = make(map[string][]store.Contact)
	var keys []string
	for i := range clients {
		if key := companyOf(&clients[i]); key != "" {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	contacts, err := store.ContactsAt(ctx, p.tx, slices.Compact(keys), p.now.Add(-pr.limits.Company.Span()), p.now)
	for _, c := range contacts {
		pr.companies[c.Company] = append(pr.companies[c.Company], c)
	}
	return err
}

// companyOf is the key of the company that a client works at, as company_key in the
// database makes it; ” if it is not known.
func companyOf(c *store.Client) string {
	if c.CompanyID != "" {
		return "#" + c.CompanyID
	}
	domain := sequences.DomainOf(c.Address)
	if sequences.PublicProvider(domain) {
		return ""
	}
	return domain
}

// note counts a letter that has just been released.
func (pr *pressure) note(client *store.Client, enrollmentID, messageID int64, now time.Time) {
	pr.recent[client.ID] = append(pr.recent[client.ID], store.OtherLetter{ClientID: client.ID, EnrollmentID: enrollmentID, At: now})
	if wish := pr.wishes[client.ID]; wish != nil {
		wish.letters = append(wish.letters, store.GoneLetter{ClientID: client.ID, MessageID: messageID, At: now})
	}
	contact := store.Contact{ClientID: client.ID, EnrollmentID: enrollmentID, MessageID: messageID, At: now}
	if pr.clients != nil {
		pr.clients[client.ID] = append(pr.clients[client.ID], contact)
	}
	if key := companyOf(client); pr.companies != nil && key != "" {
		pr.companies[key] = append(pr.companies[key], contact)
	}
}

// wait is a moment before which a letter may not go, and why.
type wait struct {
	until  time.Time
	code   string
	detail string
}

// latest keeps the later of two waits.
func (w *wait) latest(until time.Time, code, detail string) {
	if until.After(w.until) {
		*w = wait{until, code, detail}
	}
}

// waitOf says until when a letter waits for others to the same client or company,
// or for a rep; a zero time if it does not.
func (pr *pressure) waitOf(client *store.Client, enrollmentID, messageID int64, now time.Time) wait {
	var w wait
	if a, away := pr.away[client.ID]; away {
		w.latest(a.Until, waitsAway, awayText(&a, zoneNamed(client.TimeZone)))
	}
	if pr.limits.Client == nil || pr.limits.Client.Span() > spacing {
		for _, letter := range pr.recent[client.ID] {
			if letter.EnrollmentID != enrollmentID {
				w.latest(letter.At.Add(spacing), waitsForRecent, "")
			}
		}
	}
	if wish := pr.wishes[client.ID]; wish != nil {
		w.latest(wish.free(messageID), waitsForPreference, wish.every.String())
	}
	if quiet := pr.limits.Human.QuietFor(); quiet > 0 {
		for _, c := range pr.clients[client.ID] {
			if c.EnrollmentID == 0 {
				w.latest(c.At.Add(quiet), waitsForHuman, "quiet for "+pr.limits.Human.Quiet.String())
			}
		}
	}
	if c := pr.limits.Client; c != nil {
		w.latest(freeUnder(c, pr.clients[client.ID], messageID, now), waitsForClient, capText(c))
	}
	if c := pr.limits.Company; c != nil {
		w.latest(freeUnder(c, pr.companies[companyOf(client)], messageID, now), waitsForCompany, capText(c))
	}
	if !w.until.After(now) {
		return wait{}
	}
	return w
}

// freeUnder is when one letter more is within a cap. The letter itself, if it has
// been on its way before, does not count.
func freeUnder(c *sequences.Cap, contacts []store.Contact, messageID int64, now time.Time) time.Time {
	var counted []time.Time
	for _, contact := range contacts {
		if contact.At.After(now.Add(-c.Span())) && (messageID == 0 || contact.MessageID != messageID) {
			counted = append(counted, contact.At)
		}
	}
	if len(counted) < c.Letters {
		return time.Time{}
	}
	slices.SortFunc(counted, time.Time.Compare)
	return counted[len(counted)-c.Letters].Add(c.Span())
}

func capText(c *sequences.Cap) string {
	if c.Letters == 1 {
		return "1 letter in " + c.In.String()
	}
	return fmt.Sprintf("%d letters in %s", c.Letters, c.In)
}
