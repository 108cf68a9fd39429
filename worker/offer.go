package worker

import (
	"fmt"
	"time"

	"seventh/internal/engine"
	"seventh/internal/store"
	"seventh/sequences"
	"seventh/templates"
)

// pointless says that there is no sense in sending a letter: it is given up, and the
// client's sequence goes on.
type pointless struct{ reason string }

func (p pointless) Error() string { return p.reason }

// offer gives a letter the offer that it shows. One that makes an offer counts the
// deadline from this moment, when it is written for the wire, however long it was
// put off. A later one shows the deadline that was promised; when that is over the
// offer's fields are empty, and a letter that makes no sense without them is
// pointless.
func (e *edition) offer(l *engine.Letter, letter *templates.Letter, step sequences.Step, now time.Time) error {
	if step.Offer != nil {
		deadline := step.Offer.Deadline(now.In(l.Zone), e.calendar)
		l.OfferName, l.OfferExpiresAt = step.Offer.Name, &deadline
		return nil
	}
	if !letter.ShowsOffer() || l.OfferExpiresAt != nil && l.OfferExpiresAt.After(now) {
		return nil
	}
	reason := "no offer was made to this client"
	if l.OfferExpiresAt != nil {
		reason = "its offer has expired"
	}
	l.OfferName, l.OfferExpiresAt = "", nil
	needs, err := letter.NeedsOffer(e.folder.FS(), Preview(e.settings, l, "https://unsubscribe.example"))
	if err != nil {
		return fmt.Errorf("%w: %w", errUnwritable, err)
	}
	if needs {
		return pointless{reason}
	}
	return nil
}

// offerOf is the offer that a letter makes or shows; nil for all others.
func offerOf(l *engine.Letter, letter *templates.Letter, step sequences.Step) *store.Offer {
	if l.OfferExpiresAt == nil || step.Offer == nil && !letter.ShowsOffer() {
		return nil
	}
	offer := &store.Offer{Name: l.OfferName, ExpiresAt: l.OfferExpiresAt.UTC(), Links: []int{}}
	for i, link := range letter.Links {
		if link.Offer {
			offer.Links = append(offer.Links, i)
		}
	}
	return offer
}
