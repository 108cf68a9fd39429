package worker_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
)

// A reply is not put aside because the database failed when the letter that it answers
// was looked for.
func TestAReplyWaitsWhileItsLetterCannotBeLookedFor(t *testing.T) {
	t.Parallel()
	e := newEar(t, 1)
	e.exec("ALTER TABLE chunks RENAME TO chunks_away")
	raw := fmt.Sprintf("From: %s\r\nTo: ann@firm.example.com\r\nSubject: Re: Hello\r\nMessage-ID: <1@x.example>\r\nIn-Reply-To: <%s@firm.example.com>\r\n\r\nYes, call me.\r\n",
		e.list[0].Recipient, e.links.MessageID(e.list[0].ID))
	must(t, store.Tx(t.Context(), e.db, func(tx pgx.Tx) error {
		_, err := e.engine.KeepEvidence(t.Context(), tx, []store.Evidence{{Source: store.FromMailbox, Origin: "bounces", DedupeKey: "1", Raw: []byte(raw), ReceivedAt: time.Now()}})
		return err
	}))
	e.eventually("the first attempt", func() (bool, string) {
		list := e.evidence()
		if list[0].State != store.EvidenceWaiting {
			t.Fatalf("it is %s after a failure: %s", list[0].State, list[0].Note)
		}
		return list[0].Attempts > 0, fmt.Sprint(list)
	})
	e.exec("ALTER TABLE chunks_away RENAME TO chunks")
	e.heard()
	if list := e.evidence(); list[0].State != store.EvidenceApplied {
		t.Errorf("it is %s: %s", list[0].State, list[0].Note)
	}
}
