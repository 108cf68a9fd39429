package engine

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
)

const threadYAML = `
sequence: talk
sender: owner
steps:
  - { id: one, email: a }
  - { id: two, email: b, thread: reply }
  - { id: three, email: c, thread: reply }
  - { id: four, email: d }
  - { id: five, email: e, thread: reply }
`

// A reply answers the letters before it, as long as they came from one mailbox.
func TestRepliesGoInTheConversationOfTheirMailbox(t *testing.T) {
	t.Parallel()
	tr := newTrial(t, monday, "time_zone: UTC\nfallback_sender: team\nsenders: { team: { email: team@firm.example }, ann: { email: Ann@firm.example, name: Ann of Firm, smtp: env:ANN } }\n",
		map[string]string{"talk": threadYAML})
	tr.clients(ClientPatch{ExternalID: "bob", Owner: text("ann@firm.example")})
	tr.enroll("talk", monday, "bob")
	conn, err := pgx.ConnectConfig(t.Context(), tr.pool.Config().ConnConfig.Copy())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	worker, err := store.RegisterWorker(t.Context(), conn, "test", 1)
	if err != nil {
		t.Fatal(err)
	}
	// next delivers the letter that is due and returns it as the worker got it.
	next := func(chunk int64) *Letter {
		t.Helper()
		if _, err := tr.Plan(t.Context()); err != nil {
			t.Fatal(err)
		}
		claim, err := tr.Claim(t.Context(), chunk, worker)
		if err != nil || claim == nil || len(claim.Letters) != 1 {
			t.Fatalf("chunk %d: %+v, %v", chunk, claim, err)
		}
		l := claim.Letters[0]
		l.Content = store.Content{Subject: "About " + l.Step, Recipient: l.Client.Address}
		if _, err := tr.Commit(t.Context(), &Batch{Results: []Result{{Letter: l, State: Sent, At: tr.now()}}}); err != nil {
			t.Fatal(err)
		}
		if err := tr.Release(t.Context(), claim.Chunk, ""); err != nil {
			t.Fatal(err)
		}
		return l
	}
	one := next(1)
	if one.From.Name != "Ann of Firm" || one.From.SMTP != "env:ANN" || len(one.Thread) != 0 {
		t.Errorf("the first letter is from %+v in %+v", one.From, one.Thread)
	}
	two, three := next(2), next(3)
	want := []store.ThreadLetter{
		{EnrollmentID: one.EnrollmentID, MessageID: one.MessageID, Step: "one", Sender: "ann@firm.example", Subject: "About one"},
		{EnrollmentID: one.EnrollmentID, MessageID: two.MessageID, Step: "two", Sender: "ann@firm.example", Subject: "About two"},
	}
	if len(two.Thread) != 1 || two.Thread[0] != want[0] {
		t.Errorf("the second letter answers %+v", two.Thread)
	}
	if len(three.Thread) != 2 || three.Thread[0] != want[0] || three.Thread[1] != want[1] {
		t.Errorf("the third letter answers %+v", three.Thread)
	}
	if four := next(4); len(four.Thread) != 0 {
		t.Errorf("a letter of its own answers %+v", four.Thread)
	}
	if _, err := tr.UpsertClients(t.Context(), []ClientPatch{{ExternalID: "bob", Owner: text("carl@firm.example")}}); err != nil {
		t.Fatal(err)
	}
	if five := next(5); len(five.Thread) != 0 || five.From.Email != "carl@firm.example" {
		t.Errorf("the new owner's letter, from %s, answers %+v", five.From.Email, five.Thread)
	}
}
