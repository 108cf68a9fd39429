package worker_test

import (
	"fmt"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"seventh/internal/engine"
	"seventh/internal/store"
)

// Three hundred clients whom the CRM enrolls in one request at night do not all get their letters at 09:00:00.
func TestWhoIsEnrolledAtOnceIsSpread(t *testing.T) {
	t.Parallel()
	const clients = 300
	f := newFirm(t)
	moscow, err := time.LoadLocation("Europe/Moscow")
	must(t, err)
	f.setClock(time.Date(2027, 3, 1, 3, 0, 0, 0, moscow))
	f.publish([]txtar.File{{Name: "sequences/mass.yaml", Data: []byte("sequence: mass\nsender: team\nwindow: office\nsteps:\n  - { id: first, email: c/guide }\n")}})
	var patches []engine.ClientPatch
	var ids []string
	for i := range clients {
		id := fmt.Sprintf("c%03d", i)
		ids = append(ids, id)
		patches = append(patches, engine.ClientPatch{ExternalID: id, Email: new(id + "@example.com"), Category: new("B"), Consent: &engine.Consent{Basis: "opt_in"}})
	}
	f.upsert(patches...)
	f.enroll("mass", ids...)
	list, err := store.ListEnrollments(t.Context(), f.db, store.EnrollmentFilter{Sequence: "mass", Limit: 2 * clients})
	must(t, err)
	minutes := make(map[string]int)
	for _, e := range list {
		minutes[e.NextAt.In(moscow).Format("2006-01-02 15:04")]++
	}
	for minute := range 15 {
		at := fmt.Sprintf("2027-03-01 09:%02d", minute)
		if n := minutes[at]; n < clients/15/3 || n > clients/15*3 {
			t.Errorf("%d letters are due at %s", n, at)
		}
	}
	if len(list) != clients || len(minutes) != 15 {
		t.Errorf("%d letters in %d minutes", len(list), len(minutes))
	}
}
