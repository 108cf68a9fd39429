package rehearsal

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"seventh/internal/content"
	"seventh/internal/pgtest"
)

// A letter is expected of a day that the story has not come to: the story is at fault, and
// told how to go on.
func TestALetterAfterTheEndOfAStory(t *testing.T) {
	t.Parallel()
	const source = `Ann gets tips.

-- seventh.yaml --
time_zone: Europe/Moscow
locale: en
fallback_sender: team
senders:
  team: { email: hello@levanto.example.com }
windows:
  office: { days: [mon, tue, wed, thu, fri], hours: "09:00-18:00", holidays: ignore, spread: none }
attributes: { industry: {}, compressor: {}, power_kw: { type: number }, city: {} }
-- sequences/tips.yaml --
sequence: tips
sender: team
window: office
steps:
  - { id: tip-1, email: c/guide }
  - { id: tip-2, after: 7d, email: c/case }
-- clients.yaml --
- { external_id: ann, email: ann@example.com, category: B, consent: opt_in }
-- timeline --
at 2027-03-01 10:00 Europe/Moscow
enroll ann in tips
expect sent tip-1 to ann on 2027-03-01 10:00
expect sent tip-2 to ann on 2027-03-08 10:00
expect sent tip-2 to ann on 2027-03-01 10:00
`
	story, problems := Parse("story.txtar", []byte(source))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	played, err := Play(t.Context(), pgtest.DB(t), story, content.BuiltIn(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(played.Problems)
	for _, want := range []string{
		"story.txtar:25:1: the story has only come to Mon 2027-03-01 10:00 MSK here: write `wait` or `at` above this line",
		"story.txtar:26:1: no letter has gone to ann after tip-1 on Mon 2027-03-01 10:00 MSK",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s\nis not in %s", want, got)
		}
	}
}
