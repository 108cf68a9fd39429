package content_test

import (
	"strings"
	"testing"

	"seventh/internal/content"
	"seventh/internal/pgtest"
)

// BenchmarkPlanOfAMillion plans an edit of a sequence with a million people under way:
// all delays are others, so that every one of them is dated anew, a step is inserted,
// and the audience is another.
func BenchmarkPlanOfAMillion(b *testing.B) {
	const people = 1_000_000
	db := pgtest.DB(b)
	source := strings.Replace(walk, "sequence: walk\n", "sequence: walk\nenroll: automatic\nwindow: office\naudience: { category: C }\n", 1)
	files := map[string]string{
		"sequences/walk.yaml": source, "sequences/hello.yaml": "",
		"seventh.yaml": string(small()["seventh.yaml"].Data) + "windows: { office: { days: [mon, tue, wed, thu, fri], hours: \"09:00-18:00\" } }\ncalendar: ru\n",
	}
	base := with(small(), files)
	if _, err := content.Publish(b.Context(), db, load(b, base)); err != nil {
		b.Fatal(err)
	}
	for _, sql := range []string{
		"SET session_replication_role = replica",
		`INSERT INTO clients (external_id, email, address, category, time_zone, consent_basis, consent_at)
			SELECT 'c' || n, 'c' || n || '@x.example', 'c' || n || '@x.example', (ARRAY['C', 'D'])[n % 2 + 1], (ARRAY['', 'Europe/Moscow', 'Asia/Yekaterinburg'])[n % 3 + 1], 'opt_in', now()
			FROM generate_series(1, 1000000) n`,
		`INSERT INTO enrollments (client_id, sequence_id, version_id, origin, last_step, next_step, next_at, started_at, anchor_at)
			SELECT c.id, s.id, s.version_id, 'api', 'one', (ARRAY['two', 'three', 'four'])[c.id % 3 + 1], now() + random() * interval '10 days', now() - interval '10 days',
				now() - random() * interval '10 days' FROM clients c, sequences s WHERE s.name = 'walk'`,
		"ANALYZE",
	} {
		if _, err := db.Exec(b.Context(), sql); err != nil {
			b.Fatal(err)
		}
	}
	edited := strings.NewReplacer("10d", "7d", "category: C", "category: D", "  - { id: four", "  - { id: new, email: c/guide, after: 1d }\n  - { id: four").Replace(source)
	folder := load(b, with(base, map[string]string{"sequences/walk.yaml": edited}))
	for b.Loop() {
		plan, err := content.PlanFor(b.Context(), db, folder)
		if err != nil || plan.Sequences[0].People.Retimed != people {
			b.Fatal(err, plan)
		}
	}
}
