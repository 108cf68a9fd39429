package engine

import (
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seventh/internal/store"
)

// A segment is enrolled a page at a time: what it takes does not grow with it.
func TestSegmentIsEnrolledInBoundedMemory(t *testing.T) {
	e, pool := open(t)
	const clients = 8 * pageSize
	base(t, pool, clients)
	for _, dryRun := range []bool{true, false} {
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		result := enrolled(t, e, pool, EnrollRequest{Sequence: "manual", Segment: "everybody", DryRun: dryRun})
		runtime.ReadMemStats(&after)
		if result.Enrolled != clients || len(result.Reasons) != 0 {
			t.Errorf("dry run %v: %d are enrolled, %v are not", dryRun, result.Enrolled, result.Reasons)
		}
		if grown := int64(after.Sys) - int64(before.Sys); grown > 64<<20 {
			t.Errorf("dry run %v: the process grew by %d MB", dryRun, grown>>20)
		}
		if each := (after.TotalAlloc - before.TotalAlloc) / clients; each > 8<<10 {
			t.Errorf("dry run %v: %d bytes were allocated for each client", dryRun, each)
		}
	}
}

func TestSegmentTellsWhoIsLeftOut(t *testing.T) {
	t.Parallel()
	e, pool := open(t)
	base(t, pool, 10)
	change(t, pool, `
		UPDATE clients SET email = '', address = '' WHERE external_id = 'crm-1';
		UPDATE clients SET consent_basis = '' WHERE external_id = 'crm-2';
		UPDATE clients SET category = 'D' WHERE external_id = 'crm-3';
		UPDATE clients SET stage = 'not_target' WHERE external_id = 'crm-4';
		UPDATE clients SET locale = 'en' WHERE external_id = 'crm-10';
		INSERT INTO suppressions (address, scope, reason, created_at) SELECT address, 'manual', 'manual', now() FROM clients WHERE external_id = 'crm-5';
		INSERT INTO suppressions (address, scope, reason, created_at) SELECT address, 'other', 'manual', now() FROM clients WHERE external_id = 'crm-6'`)
	first := enrolled(t, e, pool, EnrollRequest{Sequence: "manual", Clients: []string{"crm-6", "crm-7", "crm-8"}})
	if first.Enrolled != 3 {
		t.Fatalf("%+v", first)
	}
	ended := func(client, reason string) {
		change(t, pool, `UPDATE enrollments SET state = 'ended', ended_at = now(), end_reason = $2, next_at = NULL, last_step = 'one'
			WHERE client_id = (SELECT id FROM clients WHERE external_id = $1)`, client, reason)
	}
	ended("crm-7", "finished")
	ended("crm-8", categoryChanged)

	result := enrolled(t, e, pool, EnrollRequest{Sequence: "manual", Segment: "everybody"})
	want := []Skipped{
		{"crm-1", SkipNoEmail}, {"crm-2", SkipNoConsent}, {"crm-3", SkipAudienceMismatch}, {"crm-4", SkipAudienceMismatch}, {"crm-5", SkipSuppressed},
		{"crm-6", SkipAlreadyActive}, {"crm-7", SkipReentryNotDue},
	}
	if diff := cmp.Diff(want, result.Skipped); diff != "" || result.Enrolled != 2 {
		t.Errorf("%d are enrolled; skipped (-want +got):\n%s", result.Enrolled, diff)
	}
	open, err := store.ListEnrollments(t.Context(), pool, store.EnrollmentFilter{Client: "crm-8", State: "active", Limit: 1})
	if err != nil || len(open) != 1 || open[0].LastStep != "one" || open[0].NextStep != "two" {
		t.Errorf("who was broken off goes on at %+v, %v", open, err)
	}
}

// Clients of different time zones get dates of their own.
func TestFirstStepIsDatedInTheClientsZone(t *testing.T) {
	t.Parallel()
	e, pool := open(t)
	base(t, pool, 40)
	enrolled(t, e, pool, EnrollRequest{Sequence: "manual", Segment: "everybody"})
	catalog, err := e.Catalog(t.Context(), pool)
	if err != nil {
		t.Fatal(err)
	}
	version := catalog.Current("manual")
	list, err := store.ListEnrollments(t.Context(), pool, store.EnrollmentFilter{Sequence: "manual", Limit: 100})
	if err != nil || len(list) != 40 {
		t.Fatal(len(list), err)
	}
	for _, enrollment := range list {
		client, err := store.ClientByID(t.Context(), pool, enrollment.ClientID)
		if err != nil {
			t.Fatal(err)
		}
		want, _, err := version.begin(&client, nil, "api", enrollment.StartedAt)
		if err != nil {
			t.Fatal(err)
		}
		if !enrollment.NextAt.Truncate(time.Millisecond).Equal(want.NextAt.Truncate(time.Millisecond)) {
			t.Errorf("%s in %s is due at %v, want %v", client.ExternalID, client.TimeZone, enrollment.NextAt, want.NextAt)
		}
	}
}
