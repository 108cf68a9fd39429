package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"seventh/internal/store"
)

// goByAbsence gives letters that are not on the wire back to the planner, and dates
// what waits: for whoever is away on the day he is back, else as it was.
func (s *stop) goByAbsence(ctx context.Context, a *store.Absence, now time.Time) error {
	open, err := store.OpenEnrollments(ctx, s.tx, []int64{s.client.ID})
	if err != nil {
		return err
	}
	var moves []store.Move
	for i := range open {
		e := &open[i]
		if e.State == "ended" || e.NextAt == nil || !slices.Contains(haveDates, e.Waiting) {
			continue
		}
		version, err := s.engine.Version(ctx, s.tx, e.VersionID)
		if isContent(err) {
			continue
		}
		if err != nil {
			return err
		}
		if move := version.byAbsence(e, &s.client, a, now); move != nil {
			moves = append(moves, *move)
		}
	}
	if len(moves) > 0 {
		if err := store.MoveEnrollments(ctx, s.tx, moves); err != nil {
			return err
		}
	}
	if err := store.PlanLettersAnew(ctx, s.tx, []int64{s.client.ID}, now); err != nil {
		return err
	}
	return store.Notify(ctx, s.tx, store.PlanChannel)
}

// byAbsence is the new date of a step because its client is away, or is not any more;
// nil if it keeps the one it has.
func (v *Version) byAbsence(e *store.Enrollment, client *store.Client, a *store.Absence, now time.Time) *store.Move {
	due := dueOf(e)
	move := store.Move{
		EnrollmentID: e.ID, LastStep: e.LastStep, NextStep: e.NextStep, OfferName: e.OfferName, OfferExpiresAt: e.OfferExpiresAt, DueAt: &due,
	}
	switch {
	case a.Holds(now) && due.Before(a.Until):
		opens := a.Until
		if at, _, err := v.timing(client).Opening(a.Until.In(v.zoneOf(client))); err == nil {
			opens = at.UTC()
		}
		move.NextAt, move.Waiting, move.WaitingDetail = &opens, waitsAway, awayText(a, v.zoneOf(client))
	case e.Waiting != waitsAway:
		return nil
	case due.After(now):
		move.NextAt, move.DueAt = &due, nil
	default:
		move.NextAt, move.Waiting = &now, waitsAway // its age counts from then
	}
	return &move
}

// EndAbsence is that a rep, or the CRM, knows that a client is back. It reports whether
// he was away.
func (e *Engine) EndAbsence(ctx context.Context, clientID int64) (bool, error) {
	was := false
	err := e.stopping(ctx, clientID, func(s *stop) error {
		now, err := store.Now(ctx, s.tx)
		if err != nil {
			return err
		}
		a, err := store.AbsenceOf(ctx, s.tx, clientID)
		if err != nil || a == nil || !a.Holds(now) {
			return err
		}
		was, a.EndedAt, a.Told = true, &now, ""
		if err := store.SaveAbsence(ctx, s.tx, a); err != nil {
			return err
		}
		if err := store.WithdrawTask(ctx, s.tx, clientID, store.AboutAway); err != nil {
			return err
		}
		return s.goByAbsence(ctx, a, now)
	})
	if err != nil {
		return false, fmt.Errorf("ending an absence: %w", err)
	}
	return was, nil
}
