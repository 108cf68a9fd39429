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
	e.keepReply(t, 10)
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

// What could not be applied in the end goes with its client all the same.
func TestEvidencePutAsideIsErasedWithItsClient(t *testing.T) {
	t.Parallel()
	e := newEar(t, 1)
	e.exec("ALTER TABLE touches RENAME TO touches_away")
	e.keepReply(t, 1)
	e.heard()
	e.exec("ALTER TABLE touches_away RENAME TO touches")
	if list := e.evidence(); list[0].State != store.EvidenceQuarantined || list[0].MessageID == nil {
		t.Errorf("it is %s, about %v: %s", list[0].State, list[0].MessageID, list[0].Note)
	}
	must(t, e.engine.EraseClient(t.Context(), e.list[0].Client))
	if list := e.evidence(); len(list) != 0 {
		t.Errorf("%d pieces of evidence are left", len(list))
	}
}

// keepReply keeps an answer to the first letter, to be tried so often.
func (e *ear) keepReply(t *testing.T, attempts int) {
	t.Helper()
	raw := fmt.Sprintf("From: %s\r\nTo: ann@firm.example.com\r\nSubject: Re: Hello\r\nMessage-ID: <1@x.example>\r\nIn-Reply-To: <%s@firm.example.com>\r\n\r\nYes, call me.\r\n",
		e.list[0].Recipient, e.links.MessageID(e.list[0].ID))
	must(t, store.Tx(t.Context(), e.db, func(tx pgx.Tx) error {
		_, err := e.engine.KeepEvidence(t.Context(), tx, []store.Evidence{{Source: store.FromMailbox, Origin: "bounces", DedupeKey: "1", Raw: []byte(raw), ReceivedAt: time.Now()}})
		if err == nil {
			_, err = tx.Exec(t.Context(), "UPDATE river_job SET max_attempts = $1 WHERE kind = 'evidence'", attempts)
		}
		return err
	}))
}
