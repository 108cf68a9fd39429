package engine

import (
	"context"
	"fmt"
	"time"

	"seventh/internal/store"
	"seventh/sequences"
)

// Instead of no letters at all a client may ask for fewer: at most one in a stretch of
// time, whatever sequences write to him. The planner keeps to it (pressure), so that
// letters are only put off, and what was on its way already goes back to the planner.

// waitsForPreference is what an enrollment with a date waits for that the client's
// preference has put off.
const waitsForPreference = "preference"

// SlowerLetters is what the links in letters offer: at most one letter in each of these.
var SlowerLetters = []sequences.Duration{{N: 1, Unit: sequences.Month}, {N: 2, Unit: sequences.Month}, {N: 3, Unit: sequences.Month}}

// Preference is what a client has asked for.
type Preference struct {
	LettersEvery sequences.Duration // at most one automated letter in it
	NotedAt      time.Time
}

// PreferenceOf returns what a client has asked for; nil if he has not.
func (e *Engine) PreferenceOf(ctx context.Context, db store.DB, clientID int64) (*Preference, error) {
	row, err := store.PreferenceOf(ctx, db, clientID)
	if err != nil || row == nil {
		return nil, err
	}
	every, err := sequences.ParseDuration(row.LettersEvery)
	if err != nil {
		return nil, fmt.Errorf("reading the preference of client %d: %w", clientID, err)
	}
	return &Preference{LettersEvery: every, NotedAt: row.NotedAt.UTC()}, nil
}

// PreferFewer notes that whoever got a letter wants at most one in a stretch of time, and
// returns what holds now. By a letter only fewer can be asked for: it may have been
// forwarded, and nobody else is to bring more letters upon the client. Doing it twice
// changes nothing. store.ErrNotFound: there is no such letter, or its client was erased.
func (e *Engine) PreferFewer(ctx context.Context, messageID int64, every sequences.Duration) (sequences.Duration, error) {
	letter, err := store.ToldLetterByID(ctx, e.DB, messageID)
	if err != nil {
		return every, err
	}
	holds := every
	err = e.stopping(ctx, letter.ClientID, func(s *stop) error {
		now, err := store.Now(ctx, s.tx)
		if err != nil {
			return err
		}
		before, err := e.PreferenceOf(ctx, s.tx, s.client.ID)
		if err != nil {
			return err
		}
		if before != nil && !Slower(every, before.LettersEvery) {
			holds = before.LettersEvery
			return nil
		}
		holds = every
		row := store.Preference{ClientID: s.client.ID, LettersEvery: every.String(), NotedAt: now, MessageID: &messageID}
		if err := store.SavePreference(ctx, s.tx, row); err != nil {
			return err
		}
		if err := store.PlanLettersAnew(ctx, s.tx, []int64{s.client.ID}, now); err != nil {
			return err
		}
		if err := s.redate(ctx, now); err != nil {
			return err
		}
		_, err = s.note(ctx, store.NewTouch{
			ClientID: s.client.ID, Kind: "preference", Channel: "email", At: now, Actor: "human", EnrollmentID: &letter.EnrollmentID,
			MessageID: &messageID, Data: map[string]any{"letters_every": every.String()},
		}, now)
		return err
	})
	if err != nil {
		return every, fmt.Errorf("noting a preference: %w", err)
	}
	return holds, nil
}

// Slower reports whether letters come further apart by one stretch of time than by
// another.
func Slower(a, b sequences.Duration) bool {
	from := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
	return a.Add(from, sequences.Calendar{}).After(b.Add(from, sequences.Calendar{}))
}

// DropPreference is that a rep, or the CRM, knows that a client wants letters as they
// come; by says who, in words for the ledger. It reports whether he had asked for fewer.
func (e *Engine) DropPreference(ctx context.Context, clientID int64, by string) (bool, error) {
	had := false
	err := e.stopping(ctx, clientID, func(s *stop) error {
		now, err := store.Now(ctx, s.tx)
		if err != nil {
			return err
		}
		if had, err = store.DeletePreference(ctx, s.tx, clientID); err != nil || !had {
			return err
		}
		if err := store.PlanLettersAnew(ctx, s.tx, []int64{clientID}, now); err != nil {
			return err
		}
		if err := store.EndWait(ctx, s.tx, clientID, waitsForPreference, now); err != nil {
			return err
		}
		// No contact of a rep's with the client, which caps would count.
		_, err = s.note(ctx, store.NewTouch{
			ClientID: clientID, Kind: "preference", Channel: "other", At: now, Actor: "rep", Data: map[string]any{"letters_every": "", "by": by},
		}, now)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("dropping a preference: %w", err)
	}
	return had, nil
}

// redate gives letters that would come due too soon the date that they will have, so
// that everybody sees it. The planner would find out by itself.
func (s *stop) redate(ctx context.Context, now time.Time) error {
	catalog, err := s.engine.Catalog(ctx, s.tx)
	if err != nil {
		return err
	}
	wishes, err := catalog.wishesOf(ctx, s.tx, []store.Client{s.client}, now)
	if err != nil {
		return err
	}
	wish := wishes[s.client.ID]
	free := wish.free(0)
	if !free.After(now) {
		return nil
	}
	open, err := store.OpenEnrollments(ctx, s.tx, []int64{s.client.ID})
	if err != nil {
		return err
	}
	var moves []store.Move
	for i := range open {
		e := &open[i]
		if e.State != "active" || e.NextAt == nil || !e.NextAt.Before(free) || e.Waiting != waitsForNothing && e.Waiting != waitsForPreference {
			continue
		}
		version, err := s.engine.Version(ctx, s.tx, e.VersionID)
		if isContent(err) {
			continue // it sends nothing
		}
		if err != nil {
			return err
		}
		step, found := version.Sequence.Step(e.NextStep)
		if !found || step.Kind() != sequences.KindEmail || !version.Sequence.MaxAgeOf(step).IsZero() {
			continue // one that may grow too old is the planner's to decide
		}
		at, due := free, dueOf(e)
		if opens, _, err := version.timing(&s.client).Opening(free.In(version.zoneOf(&s.client))); err == nil {
			at = opens.UTC()
		}
		moves = append(moves, store.Move{
			EnrollmentID: e.ID, LastStep: e.LastStep, NextStep: e.NextStep, NextAt: &at, Waiting: waitsForPreference,
			WaitingDetail: wish.every.String(), DueAt: &due, OfferName: e.OfferName, OfferExpiresAt: e.OfferExpiresAt,
		})
	}
	if len(moves) == 0 {
		return nil
	}
	return store.MoveEnrollments(ctx, s.tx, moves)
}

// wish is a client's preference, with the letters that it is measured from.
type wish struct {
	every   sequences.Duration
	zone    *time.Location
	letters []store.GoneLetter
	cal     sequences.Calendar
}

// wishesOf loads the preferences of clients, for most of them none.
func (c *Catalog) wishesOf(ctx context.Context, db store.DB, clients []store.Client, now time.Time) (map[int64]*wish, error) {
	ids := make([]int64, len(clients))
	for i := range clients {
		ids[i] = clients[i].ID
	}
	rows, err := store.Preferences(ctx, db, ids)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	wishes := make(map[int64]*wish, len(rows))
	ids = ids[:0]
	for i := range clients {
		row, asked := rows[clients[i].ID]
		if !asked {
			continue
		}
		every, err := sequences.ParseDuration(row.LettersEvery)
		if err != nil {
			return nil, fmt.Errorf("reading the preference of client %d: %w", row.ClientID, err)
		}
		wishes[row.ClientID], ids = &wish{every: every, zone: c.ZoneOf(&clients[i]), cal: c.Calendar}, append(ids, row.ClientID)
	}
	letters, err := store.GoneLetters(ctx, db, ids, now)
	for _, l := range letters {
		wishes[l.ClientID].letters = append(wishes[l.ClientID].letters, l)
	}
	return wishes, err
}

// free is when one letter more may go; zero for at any time. The letter itself, if it has
// been on its way before, does not count.
func (w *wish) free(messageID int64) time.Time {
	var free time.Time
	for _, l := range w.letters {
		if messageID != 0 && l.MessageID == messageID {
			continue
		}
		if at := w.every.Add(l.At.In(w.zone), w.cal); at.After(free) {
			free = at
		}
	}
	return free
}
