package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seventh/internal/store"
	"seventh/sequences"
)

func TestCandidatesComeInPages(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	clients := o.clients("ann", "bob", "carol", "dan")
	change(t, o.db, "UPDATE clients SET category = 'C', time_zone = 'Asia/Omsk' WHERE external_id = 'carol'")
	in := func(field string, values ...string) sequences.Filter {
		return sequences.Filter{Expression: sequences.Expression{Field: field, Op: sequences.In, Values: values}}
	}
	where, args, err := store.FilterSQL(in(sequences.FieldCategory, "", "C"), noon)
	ok(t, err)
	audience, args, err := store.FilterSQL(in(sequences.FieldCategory, "C"), noon, args...)
	ok(t, err)
	var got []store.Candidate
	for after := int64(0); ; {
		page := must(store.CandidatesAfter(ctx, o.db, where, audience, args, after, 3))(t)
		if len(page) == 0 {
			break
		}
		got, after = append(got, page...), page[len(page)-1].ID
	}
	want := make([]store.Candidate, len(clients))
	for i, c := range clients {
		want[i] = store.Candidate{ID: c.ID, ExternalID: c.ExternalID, Address: c.Address, Stage: "lead", Temperature: "cold", ConsentBasis: optIn}
	}
	want[2].Matches, want[2].Category, want[2].TimeZone = true, "C", "Asia/Omsk"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("candidates (-want +got):\n%s", diff)
	}
}

func TestPastIsThatOfOneSequence(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	list := o.enroll("ann", "bob", "carol")
	end := func(e store.Enrollment) { must(store.EndEnrollments(ctx, o.db, []int64{e.ID}, "finished", noon))(t) }
	end(list[1])
	end(list[2])
	again := o.fresh(list[2].ClientID)
	again.StartedAt = noon.Add(time.Hour)
	must(store.InsertEnrollments(ctx, o.db, []store.Enrollment{again}))(t)
	ids := []int64{list[0].ClientID, list[1].ClientID, list[2].ClientID, 4711}
	want := map[int64]store.Past{ids[0]: {Open: true}, ids[1]: {Ended: true}, ids[2]: {Open: true, Ended: true}}
	if diff := cmp.Diff(want, must(store.PastsOf(ctx, o.db, o.version.SequenceID, ids))(t)); diff != "" {
		t.Errorf("histories (-want +got):\n%s", diff)
	}
	if other := must(store.PastsOf(ctx, o.db, o.version.SequenceID+1, ids))(t); len(other) != 0 {
		t.Errorf("of another sequence: %v", other)
	}
}

// A plan that is kept for lists of any length is no good for long ones: see anew.
func TestListsArePlannedAnew(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := t.Context()
	conn := must(o.db.Acquire(ctx))(t)
	defer conn.Release()
	for range 8 {
		must(store.ClientsByExternalID(ctx, conn, []string{"ann", "bob"}))(t)
		must(store.ClientsByID(ctx, conn, []int64{1, 2}))(t)
		must(store.PastsOf(ctx, conn, 1, []int64{1, 2}))(t)
		must(store.OpenEnrollments(ctx, conn, []int64{1, 2}))(t)
		must(store.LastEnded(ctx, conn, []int64{1, 2}))(t)
		must(store.AddressHolders(ctx, conn, []string{"ann@example.com"}))(t)
		must(store.SuppressionsOf(ctx, conn, []string{"ann@example.com"}))(t)
	}
	if n := value[int](t, conn, "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%ANY(%' AND statement NOT LIKE '%pg_prepared_statements%'"); n != 0 {
		t.Errorf("%d statements with lists keep a plan", n)
	}
}
