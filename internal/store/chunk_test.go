package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"

	"seventh/internal/store"
)

func TestChunkLivesFromPlanToLastSettlement(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	worker, _ := o.worker()
	enrollments := o.enroll("ann", "bob")
	id := o.plan(enrollments...)

	chunk := must(store.ClaimChunk(ctx, o.db, id, worker))(t)
	if chunk.Sender != "team@example.com" || chunk.Fence != 1 || len(chunk.MessageIDs) != 2 {
		t.Errorf("claimed %+v", chunk)
	}
	letters := must(store.LettersOfChunk(ctx, o.db, chunk))(t)
	want := []store.ClaimedLetter{
		{MessageID: chunk.MessageIDs[0], EnrollmentID: enrollments[0].ID, ClientID: enrollments[0].ClientID, VersionID: o.version.ID, Step: "guide", Occurrence: 1, Template: "c/guide", NotAfter: noon.Add(6 * time.Hour)},
		{MessageID: chunk.MessageIDs[1], EnrollmentID: enrollments[1].ID, ClientID: enrollments[1].ClientID, VersionID: o.version.ID, Step: "guide", Occurrence: 1, Template: "c/guide", NotAfter: noon.Add(6 * time.Hour)},
	}
	if diff := cmp.Diff(want, letters); diff != "" {
		t.Errorf("letters (-want +got):\n%s", diff)
	}
	if passed := o.transmit(chunk, "ann", "bob"); !cmp.Equal(passed, chunk.MessageIDs) {
		t.Fatalf("%v passed T2, want %v", passed, chunk.MessageIDs)
	}
	o.settle(sent(chunk, 0))
	o.settle(sent(chunk, 1))
	must(store.CommitGroup(ctx, o.db, store.GroupCommit{Settled: []int64{o.places[chunk.MessageIDs[0]].ContentID}}))(t)
	ok(t, store.ReleaseChunk(ctx, o.db, chunk, ""))

	if open, _, err := store.OpenChunks(ctx, o.db); err != nil || open != 0 {
		t.Errorf("%d chunks are left (%v)", open, err)
	}
	if left := value[int](t, o.db, "SELECT count(*) FROM transmissions"); left != 0 {
		t.Errorf("%d transmissions are left", left)
	}
	counts := must(store.CountMessages(ctx, o.db))(t)
	if diff := cmp.Diff(map[string]int{"sent": 2}, counts); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

func TestStepGetsOneLetterOnly(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	chunk, enrollments := o.claimed("ann", "bob")
	o.transmit(chunk, "ann")
	o.settle(sent(chunk, 0))

	carol := o.enroll("carol")[0]
	again := []store.Planned{o.letter(enrollments[0]), o.letter(enrollments[1]), o.letter(carol)}
	second, carried, err := store.InsertChunk(ctx, o.db, "team@example.com", again)
	ok(t, err)
	if second == 0 || carried != 1 {
		t.Errorf("the second chunk %d carries %d letters, want carol's only", second, carried)
	}
	before := must(store.LettersBefore(ctx, o.db, again))(t)
	if diff := cmp.Diff([]int64{enrollments[0].ID}, before); diff != "" {
		t.Errorf("steps that had their letter (-want +got):\n%s", diff)
	}
	none, carried, err := store.InsertChunk(ctx, o.db, "team@example.com", again)
	ok(t, err)
	if none != 0 || carried != 0 {
		t.Errorf("chunk %d without a new letter carries %d", none, carried)
	}
}

func TestChunkIsInOnePairOfHands(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	chunk, _ := o.claimed("ann")
	other, _ := o.worker()
	if _, err := store.ClaimChunk(t.Context(), o.db, chunk.ID, other); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("claiming what another has: %v", err)
	}
	if _, err := store.ClaimChunk(t.Context(), o.db, 4711, other); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("claiming what does not exist: %v", err)
	}
}

func TestReleasedChunkWaitsWithItsLettersAndTheReason(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	chunk, _ := o.claimed("ann", "bob")
	o.transmit(chunk, "ann")
	o.settle(sent(chunk, 0))
	ok(t, store.ReleaseChunk(ctx, o.db, chunk, "the mail server is down"))

	if open, waiting, err := store.OpenChunks(ctx, o.db); err != nil || open != 1 || waiting != "the mail server is down" {
		t.Errorf("%d chunks wait for %q (%v)", open, waiting, err)
	}
	if m := o.message(chunk.MessageIDs[1]); m.State != "planned" || m.Reason != "the mail server is down" {
		t.Errorf("bob's letter is %s because of %q", m.State, m.Reason)
	}
	if forgotten := must(store.ForgottenChunks(ctx, o.db))(t); len(forgotten) != 0 {
		t.Errorf("chunks %v need a job before their wait is over", forgotten)
	}
	change(t, o.db, "UPDATE chunks SET retry_at = now() - interval '1 second'")
	if diff := cmp.Diff([]int64{chunk.ID}, must(store.ForgottenChunks(ctx, o.db))(t)); diff != "" {
		t.Errorf("chunks that need a job (-want +got):\n%s", diff)
	}
	if forgotten := must(store.ForgottenChunks(ctx, o.db))(t); len(forgotten) != 0 {
		t.Errorf("chunks %v got a job twice", forgotten)
	}
	worker, _ := o.worker()
	next := must(store.ClaimChunk(ctx, o.db, chunk.ID, worker))(t)
	if want := (store.Chunk{ID: chunk.ID, Sender: chunk.Sender, Fence: 2, MessageIDs: chunk.MessageIDs[1:]}); !cmp.Equal(want, next) {
		t.Errorf("claimed %+v, want %+v", next, want)
	}
}

func TestReleasedChunkWaitsLongerEachTime(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	chunk, _ := o.claimed("ann")
	worker, _ := o.worker()
	for _, want := range []time.Duration{5, 10, 20, 40, 80, 160, 300, 300} {
		o.tx(func(tx pgx.Tx) error { // now() stands still within
			if err := store.ReleaseChunk(ctx, tx, chunk, "busy"); err != nil {
				return err
			}
			wait := value[int64](t, tx, "SELECT extract(epoch FROM retry_at - now())::bigint FROM chunks")
			if got := time.Duration(wait); got != want {
				t.Errorf("waits for %d s, want %d", got, want)
			}
			return nil
		})
		chunk = must(store.ClaimChunk(ctx, o.db, chunk.ID, worker))(t)
	}
}

func TestZombieReleasesNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	old, _ := o.claimed("ann")
	ok(t, store.ReleaseChunk(ctx, o.db, old, ""))
	worker, _ := o.worker()
	chunk := must(store.ClaimChunk(ctx, o.db, old.ID, worker))(t)
	o.transmit(chunk, "ann")

	ok(t, store.ReleaseChunk(ctx, o.db, old, "I am back"))
	if m := o.message(chunk.MessageIDs[0]); m.State != "transmitting" {
		t.Errorf("the letter in other hands became %s", m.State)
	}
	o.holds(old, 0, false, false)
	o.holds(chunk, 0, true, true)
}

// holds checks what HoldsLetter says of a chunk and one of its letters.
func (o *office) holds(c store.Chunk, i int, wantChunk, wantLetter bool) {
	o.t.Helper()
	chunk, letter, err := store.HoldsLetter(o.t.Context(), o.db, c.MessageIDs[i], c)
	ok(o.t, err)
	if chunk != wantChunk || letter != wantLetter {
		o.t.Errorf("under fence %d the chunk is held: %v, its letter: %v; want %v and %v", c.Fence, chunk, letter, wantChunk, wantLetter)
	}
}

func TestHeldChunkKnowsWhichLettersItLost(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	chunk, enrollments := o.claimed("ann", "bob")
	ok(t, store.PauseEnrollment(t.Context(), o.db, enrollments[0].ID))
	o.holds(chunk, 0, true, false)
	o.holds(chunk, 1, true, true)
	ok(t, store.ReleaseChunk(t.Context(), o.db, chunk, ""))
	o.holds(chunk, 1, false, false)
}

func TestDeadWorkerClaimsNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	worker, conn := o.worker()
	id := o.plan(o.enroll("ann")...)
	gone(t, o, conn)
	o.bury(worker, conn)
	if _, err := store.ClaimChunk(t.Context(), o.db, id, worker); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("claiming after the funeral: %v", err)
	}
}

func TestChunksOfAWorkerAreThoseItClaimed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	worker, _ := o.worker()
	claim := func(name string) store.Chunk {
		return must(store.ClaimChunk(ctx, o.db, o.plan(o.enroll(name)...), worker))(t)
	}
	first, second := claim("ann"), claim("bob")
	o.claimed("carol") // by another worker
	ok(t, store.ReleaseChunk(ctx, o.db, first, "busy"))
	third := must(store.ClaimChunk(ctx, o.db, first.ID, worker))(t)
	if third.Fence != 2 {
		t.Errorf("claimed again under fence %d", third.Fence)
	}
	byID := cmpopts.SortSlices(func(a, b store.Chunk) bool { return a.ID < b.ID })
	if diff := cmp.Diff([]store.Chunk{third, second}, must(store.ChunksOf(ctx, o.db, worker))(t), byID); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
