package store_test

import (
	"testing"
	"time"

	"seventh/internal/store"
)

// springOffer holds for three days; the letter's second link takes it up.
var springOffer = &store.Offer{Name: "spring", ExpiresAt: noon.Add(72 * time.Hour), Links: []int{1}}

// offering passes T2 with a letter for each of the names, of which the first is about an offer.
func (o *office) offering(c store.Chunk, names ...string) {
	o.t.Helper()
	wanted := make([]store.Transmit, len(names))
	for i, name := range names {
		content := guide
		content.Recipient = name + "@example.com"
		if i == 0 {
			content.Offer = springOffer
		}
		wanted[i] = store.Transmit{Content: content, MessageID: c.MessageIDs[i], ChunkID: c.ID, Fence: c.Fence, Sequence: "hello"}
	}
	o.pass(c, wanted...)
}

// wantOffer looks at what later letters of an enrollment would show.
func (o *office) wantOffer(e store.Enrollment, want *store.Offer) {
	o.t.Helper()
	got := o.enrollment(e.ID)
	if want == nil {
		if got.OfferName != "" || got.OfferExpiresAt != nil {
			o.t.Errorf("%s has the offer %q until %v", e.Client, got.OfferName, got.OfferExpiresAt)
		}
		return
	}
	if got.OfferName != want.Name || got.OfferExpiresAt == nil || !got.OfferExpiresAt.Equal(want.ExpiresAt) {
		o.t.Errorf("%s has the offer %q until %v", e.Client, got.OfferName, got.OfferExpiresAt)
	}
}

func TestAnOfferIsKeptWithTheLetterThatWent(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ok(t, store.SaveLetter(t.Context(), o.db, store.Letter{Hash: []byte("hash"), Fixed: []byte("fixed"), Destinations: []string{"https://example.com/a", "https://example.com/b"}}))
	chunk, list := o.claimed("ann", "bob")
	o.offering(chunk, "ann", "bob")
	o.wantOffer(list[0], nil) // nobody knows yet whether it was taken
	settled := []store.Settlement{sent(chunk, 0), sent(chunk, 1)}
	for i := range settled {
		settled[i].ContentRef, settled[i].Offer = o.places[chunk.MessageIDs[i]], i == 0
	}
	must(store.CommitGroup(t.Context(), o.db, store.GroupCommit{Now: noon, Sent: settled}))(t)
	o.wantOffer(list[0], springOffer)
	o.wantOffer(list[1], nil)
	for i, message := range chunk.MessageIDs {
		for link := range 2 {
			d := must(store.DestinationOf(t.Context(), o.db, message, link))(t)
			if takes := i == 0 && link == 1; takes != (d.OfferEnds != nil) || takes && !d.OfferEnds.Equal(springOffer.ExpiresAt) {
				t.Errorf("link %d of letter %d takes up an offer until %v", link, i, d.OfferEnds)
			}
		}
	}
}

func TestAnOfferThatWasNotTakenIsForgotten(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	chunk, list := o.claimed("ann")
	o.offering(chunk, "ann")
	later, s := noon.Add(time.Hour), sent(chunk, 0)
	s.State, s.Until, s.Offer, s.Moves = "planned", &later, true, false
	o.settle(s)
	ok(t, store.ForgetContent(t.Context(), o.db, o.places[chunk.MessageIDs[0]]))
	o.wantOffer(list[0], nil)
	if n := value[int](t, o.db, "SELECT count(*) FROM contents WHERE offers <> '[null]'"); n != 0 {
		t.Errorf("%d offers are kept", n)
	}
}

// Whoever may have got the letter is held to have been promised what it says.
func TestAnOfferIsKeptWhenTheWorkerDies(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	worker, conn := o.worker()
	list := o.enroll("ann", "bob")
	chunk := must(store.ClaimChunk(t.Context(), o.db, o.plan(list...), worker))(t)
	o.offering(chunk, "ann", "bob")
	if _, unconfirmed := o.bury(worker, conn); unconfirmed != 2 {
		t.Fatalf("%d letters are unconfirmed", unconfirmed)
	}
	o.wantOffer(list[0], springOffer)
	o.wantOffer(list[1], nil)
}
