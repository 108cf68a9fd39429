package content_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"seventh/internal/content"
	"seventh/internal/pgtest"
	"seventh/internal/store"
)

const walk = `sequence: walk
on_change: follow
steps:
  - { id: one, email: c/guide }
  - { id: two, email: c/case, after: 10d }
  - { id: three, email: c/guide, after: 10d }
  - { id: four, email: c/case, after: 10d }
`

var planDay = time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)

// planned is a database with walk in force, and people at its steps: one at one, two
// at two (since a day, and since eight), three at three, four at four.
func planned(t *testing.T) (*pgxpool.Pool, fstest.MapFS) {
	t.Helper()
	db := pgtest.DB(t)
	base := with(small(), map[string]string{"sequences/walk.yaml": walk, "sequences/hello.yaml": ""})
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := db.Exec(t.Context(), sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec("UPDATE clock SET shift = make_interval(secs => extract(epoch FROM $1::timestamptz - clock_timestamp())::float8)", planDay)
	publish(t, db, base)
	at := 0
	for i, step := range []string{"one", "two", "three", "four"} {
		for n := range i + 1 {
			at++
			name := fmt.Sprintf("c%d", at)
			since := planDay.AddDate(0, 0, -1-7*n)
			exec(`INSERT INTO clients (external_id, email, address, consent_basis) VALUES ($1, $2, $2, 'opt_in')`, name, name+"@client.example")
			exec(`INSERT INTO enrollments (client_id, sequence_id, version_id, origin, next_step, next_at, started_at, anchor_at)
				SELECT c.id, s.id, s.version_id, 'api', $2, $3, $4, $4 FROM clients c, sequences s WHERE c.external_id = $1 AND s.name = 'walk'`,
				name, step, since.AddDate(0, 0, 10), since)
		}
	}
	return db, base
}

func planOf(t *testing.T, db store.DB, fsys fstest.MapFS) *content.Plan {
	t.Helper()
	plan, err := content.PlanFor(t.Context(), db, load(t, fsys))
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// What people read before they publish.
func TestPlanSaysWhomAnEditConcerns(t *testing.T) {
	t.Parallel()
	db, base := planned(t)
	edited := func(pairs ...string) map[string]string {
		return map[string]string{"sequences/walk.yaml": strings.NewReplacer(pairs...).Replace(walk)}
	}
	for name, test := range map[string]struct {
		files map[string]string
		want  string
	}{
		"nothing": {nil, "Nothing to do: this folder is in force.\n"},
		"a shorter delay": {edited("c/case, after: 10d }\n  - { id: three", "c/case, after: 5d }\n  - { id: three"), `
~ sequence walk: 10 people are under way and follow the new steps
    ~ two: after: 10d → 5d: 2 people get another date, 2027-03-01 12:00 … 2027-03-05 12:00, 1 at once
Sequences: 0 new, 1 changed, 0 gone, 0 as they were; 0 other files. People: 10 under way in them, 10 go on by new steps, 2 get another date (1 at once), 0 end, 0 are newly enrolled.
`},
		"a new step": {edited("  - { id: three", "  - { id: new, notify: well }\n  - { id: three"), `
~ sequence walk: 10 people are under way and follow the new steps
    + new (notify well): 3 people get it; 7 people are past it
Sequences: 0 new, 1 changed, 0 gone, 0 as they were; 0 other files. People: 10 under way in them, 10 go on by new steps, 0 get another date (0 at once), 0 end, 0 are newly enrolled.
`},
		"a step is gone where people stand": {edited("  - { id: two, email: c/case, after: 10d }\n", ""), `
~ sequence walk: 10 people are under way and follow the new steps
    - two (email c/case after 10d): 1 person does not get it any more; 2 people get another date, 2027-03-03 12:00 … 2027-03-10 12:00
! sequences/walk.yaml: 2 people stand at step "two", which is gone: write where they go on, for example replace_with: { two: three }, or { two: end } to end them
Sequences: 0 new, 1 changed, 0 gone, 0 as they were; 0 other files. People: 10 under way in them, 10 go on by new steps, 2 get another date (0 at once), 0 end, 0 are newly enrolled. It cannot be published as it is: see the lines with an exclamation mark.
`},
		"they go on elsewhere, others end": {edited("  - { id: two, email: c/case, after: 10d }\n", "", "  - { id: three, email: c/guide, after: 10d }\n", "",
			"steps:", "replace_with: { two: four, three: end }\nsteps:"), `
~ sequence walk: 10 people are under way and follow the new steps
    - two (email c/case after 10d): 1 person does not get it any more; 2 people go on at four; 2 people get another date, 2027-03-03 12:00 … 2027-03-10 12:00
    - three (email c/guide after 10d): 3 people do not get it any more; 3 people end
Sequences: 0 new, 1 changed, 0 gone, 0 as they were; 0 other files. People: 10 under way in them, 7 go on by new steps, 2 get another date (0 at once), 3 end, 0 are newly enrolled.
`},
		"a pinned one": {edited("on_change: follow", "on_change: pin", "after: 10d", "after: 5d"), `
~ sequence walk: 10 people go on by the steps as they were (on_change: pin)
    ~ on_change: follow → pin
    ~ two: after: 10d → 5d
    ~ three: after: 10d → 5d
    ~ four: after: 10d → 5d
Sequences: 0 new, 1 changed, 0 gone, 0 as they were; 0 other files. People: 10 under way in them, 0 go on by new steps, 0 get another date (0 at once), 0 end, 0 are newly enrolled.
`},
		"the file is gone, and another one is new": {
			map[string]string{"sequences/walk.yaml": "", "sequences/all.yaml": "sequence: all\nenroll: automatic\nsteps: [{ id: hi, email: c/guide }, { id: by, email: c/case }]\n"}, `
+ sequence all
    + hi (email c/guide)
    + by (email c/case)
    * 10 people are newly enrolled
- sequence walk: 10 people are under way, and go on by the steps as they were (--end-removed ends them)
Sequences: 1 new, 0 changed, 1 gone, 0 as they were; 0 other files. People: 10 under way in them, 0 go on by new steps, 0 get another date (0 at once), 0 end, 10 are newly enrolled.
`},
		"letters, segments and settings": {
			map[string]string{
				"templates/c/guide.md": "", "templates/c/guide.en.md": "---\nsubject: Guide\n---\nHello!\n", "segments/food.yaml": "segment: food\nwhere: { category: C }\n",
				"seventh.yaml": "time_zone: Europe/Moscow\nsenders: { team: { email: team@example.com }, ann: { email: ann@example.com } }\nfallback_sender: ann\nattributes: { industry: { type: string } }\n",
			}, `
~ seventh.yaml: senders.ann: new
~ seventh.yaml: fallback_sender: team → ann
~ segments/food.yaml
+ letter c/guide (en)
- letter c/guide
Sequences: 0 new, 0 changed, 0 gone, 1 as they were; 4 other files.
`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			moscow := time.FixedZone("MSK", 3*60*60)
			got := planOf(t, db, with(base, test.files)).Text(moscow)
			if diff := cmp.Diff(strings.TrimPrefix(test.want, "\n"), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestRefusedFolderChangesNothing(t *testing.T) {
	t.Parallel()
	db, base := planned(t)
	gone := with(base, map[string]string{"sequences/walk.yaml": strings.Replace(walk, "  - { id: two, email: c/case, after: 10d }\n", "", 1)})
	_, err := content.Publish(t.Context(), db, load(t, gone))
	var refusal content.Refusal
	if !errors.As(err, &refusal) || len(refusal) != 1 {
		t.Fatalf("told %v", err)
	}
	if diff := cmp.Diff(map[string]int{"walk": 1}, versions(t, db)); diff != "" {
		t.Errorf("versions (-want +got):\n%s", diff)
	}
	reused := strings.Replace(walk, "{ id: two,", "{ id: story, renamed_from: two,", 1)
	publish(t, db, with(base, map[string]string{"sequences/walk.yaml": reused}))
	again := strings.Replace(reused, ", renamed_from: two", "", 1) + "  - { id: two, email: c/case }\n"
	_, err = content.Publish(t.Context(), db, load(t, with(base, map[string]string{"sequences/walk.yaml": again})))
	if !errors.As(err, &refusal) || !strings.Contains(refusal[0], `"story" and "two" are two names of one step`) {
		t.Errorf("told %v", err)
	}
}

// A plan is good for the folder and the content in force that it was made for, and for
// no more people than it said.
func TestStalePlanIsRefused(t *testing.T) {
	t.Parallel()
	db, base := planned(t)
	edited := with(base, map[string]string{"sequences/walk.yaml": strings.Replace(walk, "  - { id: two", "  - { id: new, email: c/guide }\n  - { id: two", 1)})
	body, err := json.Marshal(planOf(t, db, edited))
	if err != nil {
		t.Fatal(err)
	}
	plan := &content.Plan{}
	if err := json.Unmarshal(body, plan); err != nil {
		t.Fatal(err)
	}
	refused := func(why string, fsys fstest.MapFS) {
		t.Helper()
		var refusal content.Refusal
		_, err := content.PublishOn(t.Context(), db, load(t, fsys), content.Terms{Plan: plan})
		if !errors.As(err, &refusal) || !strings.Contains(refusal[0], why) {
			t.Errorf("told %v, want: %s", err, why)
		}
	}
	refused("the folder has changed", with(edited, map[string]string{"segments/food.yaml": ""}))
	if _, err := db.Exec(t.Context(), "UPDATE enrollments SET next_step = 'two' WHERE next_step = 'one'"); err != nil {
		t.Fatal(err)
	}
	refused("sequence walk: 10 would not get step new, the plan said 9", edited)
	if _, err := db.Exec(t.Context(), "UPDATE enrollments SET next_step = 'one' WHERE id = 1"); err != nil {
		t.Fatal(err)
	}
	publish(t, db, with(base, map[string]string{"segments/food.yaml": ""}))
	refused("has been put in force since", edited)
	publish(t, db, base)
	plan.Base += 2
	if _, err := content.PublishOn(t.Context(), db, load(t, edited), content.Terms{Plan: plan}); err != nil {
		t.Error(err)
	}
}
