package engine

import (
	"context"
	"time"

	"seventh/internal/inbound"
	"seventh/internal/store"
	"seventh/sequences"
)

// Whoever is out of the office gets nothing of his sequences until he is back. The
// ledger is the truth: his latest automatic answer counts, unless a person has answered
// since, or a rep knows better. So answers may come late, twice and in any order.

const (
	// awayUsually is for how long nothing goes without a date of return, in days.
	awayUsually = 14
	// awayLongest is the furthest that a date of return is believed, in days.
	awayLongest = 400
	// OnlyMachines is how many automatic answers in a row a rep should look at.
	OnlyMachines = 3
)

// backAfter is the time between the date of return and the next letter: he has a full
// desk first.
var backAfter = sequences.Duration{N: 1, Unit: sequences.BusinessDay}

// autoAnswered writes an automatic answer down that is new, and does what follows.
func (s *stop) autoAnswered(ctx context.Context, r Report, a *inbound.Answer, l *store.ToldLetter) error {
	now, at, known, err := s.place(ctx, r, a, l)
	if err != nil || known {
		return err
	}
	data := s.dataOf(r, a, l)
	if !a.Back.IsZero() {
		data["back"] = a.Back.Format(time.DateOnly)
	}
	if who := storable(cut(a.Substitute, 300)); who != "" {
		data["substitute"] = who
	}
	if err := s.noteAnswer(ctx, "auto_replied", "machine", data, l, at, now); err != nil {
		return err
	}
	return s.reckonAbsence(ctx, now)
}

// reckonAbsence works out from the ledger whether the client is away, and until when,
// and has his chains, his letters and his rep go by it.
func (s *stop) reckonAbsence(ctx context.Context, now time.Time) error {
	last, err := store.LastAutomatic(ctx, s.tx, s.client.ID)
	if err != nil || last == nil {
		return err
	}
	signs, err := store.SignsOf(ctx, s.tx, s.client.ID)
	if err != nil {
		return err
	}
	before, err := store.AbsenceOf(ctx, s.tx, s.client.ID)
	if err != nil {
		return err
	}
	after, err := s.absence(ctx, last, signs.RepliedAt, before, now)
	if err != nil {
		return err
	}
	if err := s.tellAway(ctx, after, textOf(last.Data), now); err != nil {
		return err
	}
	if err := store.SaveAbsence(ctx, s.tx, after); err != nil {
		return err
	}
	if err := s.tellMachines(ctx, signs, textOf(last.Data), now); err != nil {
		return err
	}
	if before != nil && before.Holds(now) == after.Holds(now) && before.Until.Equal(after.Until) {
		return nil
	}
	return s.goByAbsence(ctx, after, now)
}

// absence is what an automatic answer means, if nobody has answered since and no rep
// has ended it.
func (s *stop) absence(ctx context.Context, last *store.Reply, replied *time.Time, before *store.Absence, now time.Time) (*store.Absence, error) {
	catalog, err := s.engine.Catalog(ctx, s.tx)
	if err != nil {
		return nil, err
	}
	a := &store.Absence{ClientID: s.client.ID, MessageID: last.MessageID, EvidenceID: last.EvidenceID, SaidAt: last.At, NotedAt: now}
	a.Substitute, _ = last.Data["substitute"].(string)
	if text, _ := last.Data["back"].(string); text != "" {
		if day, err := time.Parse(time.DateOnly, text); err == nil {
			a.SaidUntil = &day
		}
	}
	a.Until = catalog.backAt(&s.client, a)
	if before != nil {
		a.Told, a.EndedAt = before.Told, before.EndedAt
		if before.SaidAt.Equal(a.SaidAt) {
			a.NotedAt = before.NotedAt
		}
	}
	if a.EndedAt != nil && a.EndedAt.Before(last.At) {
		a.EndedAt = nil // he has gone again
	}
	if replied != nil && !replied.Before(last.At) {
		a.EndedAt = replied
	}
	return a, nil
}

// backAt is when letters to a client go again who is away: a business day after the
// date that he states, or two weeks after he said it.
func (c *Catalog) backAt(client *store.Client, a *store.Absence) time.Time {
	zone := c.ZoneOf(client)
	year, month, day := a.SaidAt.In(zone).Date()
	longest := time.Date(year, month, day+awayLongest, 0, 0, 0, 0, zone)
	if a.SaidUntil == nil {
		return time.Date(year, month, day+awayUsually, 0, 0, 0, 0, zone).UTC()
	}
	year, month, day = a.SaidUntil.Date()
	back := backAfter.Add(time.Date(year, month, day, 0, 0, 0, 0, zone), c.Calendar)
	if back.After(longest) {
		back = longest
	}
	return back.UTC()
}

// awayText says for people until when somebody is away: the date that he states, or
// when letters go again.
func awayText(a *store.Absence, zone *time.Location) string {
	if a.SaidUntil != nil {
		return "until " + a.SaidUntil.UTC().Format("Mon 2 Jan 2006")
	}
	if zone == nil {
		zone = time.UTC
	}
	return "until " + a.Until.In(zone).Format("Mon 2 Jan 2006") + ", he says no date"
}

// tellAway tells the rep, once for each absence, whom to write to meanwhile.
func (s *stop) tellAway(ctx context.Context, a *store.Absence, text string, now time.Time) error {
	if !a.Holds(now) {
		a.Told = ""
		return store.WithdrawTask(ctx, s.tx, s.client.ID, store.AboutAway)
	}
	catalog, err := s.engine.Catalog(ctx, s.tx)
	if err != nil {
		return err
	}
	title := s.name() + " is away " + awayText(a, catalog.ZoneOf(&s.client))
	if a.Substitute != "" {
		title += "; write to " + a.Substitute
	}
	open, err := store.OpenTaskAbout(ctx, s.tx, s.client.ID, store.AboutAway)
	if err != nil || open == nil && a.Told == title {
		return err
	}
	a.Told = title
	return s.tell(ctx, store.TaskNotice, store.AboutAway, title, text, now)
}

// tellMachines has the rep look when nobody but machines answers.
func (s *stop) tellMachines(ctx context.Context, signs store.Signs, text string, now time.Time) error {
	if signs.Automatic < OnlyMachines {
		return store.WithdrawTask(ctx, s.tx, s.client.ID, store.AboutAutomatic)
	}
	seen, err := store.ClosedSince(ctx, s.tx, s.client.ID, store.AboutAutomatic, signs.HumanAt)
	if err != nil || seen {
		return err
	}
	return s.tell(ctx, store.TaskOther, store.AboutAutomatic, s.name()+" answers only automatically: find out who reads the letters", text, now)
}
