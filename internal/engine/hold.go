package engine

import (
	"context"
	"slices"
	"time"

	"seventh/internal/store"
)

// What an enrollment can wait for while it has no date (enrollments.waiting).
const (
	waitsForPriority  = "priority"    // a sequence with a higher priority goes first
	waitsForConsent   = "no_consent"  // no consent that allows automated letters
	waitsForAddress   = "no_email"    // no address to write to
	waitsSuppressed   = "suppressed"  // the address must not be mailed
	waitsNotTarget    = "not_target"  // the CRM says: not our client
	waitsUnconfirmed  = "unconfirmed" // nobody knows whether the last letter arrived
	waitsForWindow    = "window"      // dated: the window opens then
	waitsForRecent    = "recent"      // dated: another chain's letter went today
	waitsForNothing   = ""            // dated, or a letter is under way
	resumed           = "resumed"     // a hold is over: the planner dates the step anew
	waitsForContent   = "content"     // the letter is missing, or cannot be written
	waitsForDaily     = "daily_limit" // dated: as many letters as its sender or provider may get that day
	waitsForRate      = "rate"        // dated: letters of its sender, or to its provider, go one after the other
	waitsForClient    = "client_cap"  // dated: the client has had enough letters for now
	waitsForCompany   = "company_cap" // dated: so has the client's company
	waitsForHuman     = "human"       // dated: a rep was in touch with the client
	waitsForDeal      = "open_deal"   // a deal of the client is open
	waitsInStep       = "wait"        // dated: a step waits for a time
	waitsForEvent     = "event"       // dated: a step waits for an event, at most until due_at
	waitsForTask      = "task"        // dated: the rep has something to do, at most until then
	waitsForLetters   = "letters"     // the client has had all letters there are
	waitsForAudience  = "audience"    // the sequence is for customers, and he is none
	waitsForAnswer    = "reply"       // the client, or somebody at his company, wrote: the rep has to answer
	waitsAway         = "away"        // dated: the client is out of the office
	waitsForSender    = "sender_paused"
	waitsForSequence  = "sequence_paused"
	categoryChanged   = "category_changed"
	endedFinished     = "finished"
	endedBounced      = "bounced"
	endedPurchased    = "purchased"
	endedManual       = "manual"
	endedGoal         = "goal"
	endedReplied      = "replied"
	endedUnsubscribed = "unsubscribed"
	endedRemoved      = "sequence_removed"
)

// mendable are the holds that a review may lift: after a change of the client, or
// a publication.
var mendable = []string{waitsForConsent, waitsForAddress, waitsSuppressed, waitsNotTarget, waitsForContent, waitsForDeal, waitsForAudience}

// pauses are the waits for somebody to resume a sender or a sequence. After a
// review another sender may write, who is not paused.
var pauses = []string{waitsForSender, waitsForSequence}

// changeable are the waits that a review has the planner look at, and that go on if
// nothing has changed.
var changeable = append([]string{waitsForLetters}, pauses...)

// isHeld reports whether something other than time or priority keeps an
// enrollment from going on; such a one does not make others wait.
func isHeld(waiting string) bool {
	return waiting == waitsUnconfirmed || waiting == waitsForLetters || slices.Contains(mendable, waiting) || slices.Contains(pauses, waiting)
}

// goesFirst reports whether an enrollment makes those of lower priority wait: it is
// active, and nothing but time or priority keeps it from going on.
func goesFirst(e *store.Enrollment) bool {
	return e.State == "active" && !isHeld(e.Waiting)
}

// holdOf says what keeps a client from being mailed at all, or "".
func (c *Catalog) holdOf(client *store.Client, suppressed bool) string {
	switch {
	case client.Address == "":
		return waitsForAddress
	case client.Stage == "not_target":
		return waitsNotTarget
	case suppressed:
		return waitsSuppressed
	case !c.AllowsLetters(client.ConsentBasis):
		return waitsForConsent
	}
	return waitsForNothing
}

// suppressions of some clients, by address.
type suppressions map[string][]store.Suppression

// cover reports whether letters of a sequence to the address are suppressed; an
// empty sequence asks about all automated letters.
func (s suppressions) cover(address, sequence string) bool {
	for _, x := range s[address] {
		if x.Scope == "" || x.Scope == sequence {
			return true
		}
	}
	return false
}

func suppressionsOf(ctx context.Context, db store.DB, clients []store.Client) (suppressions, error) {
	addresses := make([]string, len(clients))
	for i := range clients {
		addresses[i] = clients[i].Address
	}
	rows, err := store.SuppressionsOf(ctx, db, addresses)
	if err != nil {
		return nil, err
	}
	by := make(suppressions, len(rows))
	for _, row := range rows {
		by[row.Address] = append(by[row.Address], row)
	}
	return by, nil
}

// earlier returns the earlier of a date that may be missing and another.
func earlier(a *time.Time, b time.Time) *time.Time {
	if a != nil && a.Before(b) {
		return a
	}
	return &b
}
