package sequences

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

func TestConditionTurnsWhenAHappeningIsOldEnough(t *testing.T) {
	t.Parallel()
	now := at(t, "2026-03-02 10:00 UTC")
	ann := Facts{
		LastHumanTouchAt: ago(now, 24*time.Hour),
		History: []Happening{
			{Kind: "clicked", Step: "guide", Human: true, At: now.Add(-24 * time.Hour)},
			{Kind: "clicked", Step: "case", Human: false, At: now.Add(-time.Hour)},
		},
	}
	for text, want := range map[string]string{
		"clicked(guide) within 3d":                                  "2026-03-04T10:00:00Z",
		"any clicked within 3d":                                     "2026-03-05T09:00:00Z",
		"clicked(guide) older than 3d":                              "2026-03-04T10:00:00Z",
		"clicked(guide) older than 12h":                             "",
		"clicked(guide)":                                            "",
		"replied within 3d":                                         "",
		"not last_human_touch within 1w":                            "2026-03-08T10:00:00Z",
		"clicked(guide) within 3d or last_human_touch within 1w":    "2026-03-08T10:00:00Z",
		"clicked(guide) within 3d and last_human_touch within 1w":   "2026-03-04T10:00:00Z",
		"clicked(guide) within 3d and not last_touch older than 1w": "2026-03-04T10:00:00Z",
	} {
		got := ""
		if turn, ok := condition(t, text).Changes(ann, now); ok {
			got = turn.Format(time.RFC3339)
		}
		if got != want {
			t.Errorf("%s changes at %q, want %q", text, got, want)
		}
	}
}

// Whatever the condition, Match answers the same until the instant Changes tells,
// and otherwise at it.
func TestConditionsTurnExactlyAtChanges(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(4, 4))
	start := at(t, "2024-01-15 00:00 Europe/Berlin")
	spans := []string{"90m", "36h", "3d", "2w", "1mo", "5bd"}
	pick := func(list ...string) string { return list[random.IntN(len(list))] }
	for range 500 {
		var parts []string
		for range 1 + random.IntN(4) {
			what := pick("clicked(guide)", "any clicked", "replied", "last_touch", "last_human_touch", "last_purchase")
			parts = append(parts, pick("", "not ")+what+pick(" within ", " older than ")+pick(spans...), pick("and", "or"))
		}
		c := condition(t, strings.Join(parts[:len(parts)-1], " "))
		now := start.Add(time.Duration(random.Int64N(int64(500 * 24 * time.Hour))))
		past := func() *time.Time { return ago(now, time.Duration(random.Int64N(int64(40*24*time.Hour)))) }
		facts := Facts{LastTouchAt: past(), LastHumanTouchAt: past()}
		for range random.IntN(4) {
			facts.History = append(facts.History, Happening{Kind: pick("clicked", "replied"), Step: pick("guide", "case"), Human: random.IntN(2) == 0, At: *past()})
		}
		answer := c.Match(facts, now)
		turn, ok := c.Changes(facts, now)
		until := turn
		if !ok {
			until = now.Add(100 * 24 * time.Hour)
		}
		for range 30 {
			if moment := now.Add(time.Duration(random.Int64N(int64(until.Sub(now))))); c.Match(facts, moment) != answer {
				t.Fatalf("%s turned at %s, before %s: %+v", c, moment, until, facts)
			}
		}
		if ok && (c.Match(facts, turn.Add(-1)) != answer || c.Match(facts, turn) == answer) {
			t.Fatalf("%s does not turn at %s: %+v", c, turn, facts)
		}
	}
}
