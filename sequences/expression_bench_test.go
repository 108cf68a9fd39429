package sequences

import (
	"testing"
	"time"
)

// Ten conditions of all kinds, all of which are looked at.
func BenchmarkMatch(b *testing.B) {
	filter, problems := ParseExpression(`category in [C, D] and stage not in [customer, past_customer] and locale = ru and temperature != hot
		and products has pump and attributes.industry = food and attributes.power_kw >= 75 and attributes.kw = 7.5 and last_purchase older than 180d and touches < 12`, nil)
	if len(problems) > 0 {
		b.Fatal(problems)
	}
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	client := Facts{
		Category: "D", Stage: "lead", Locale: "ru", Temperature: "cold", Products: []string{"filter", "pump"}, Touches: 7,
		Attributes: map[string]any{"industry": "food", "power_kw": 90.0, "kw": 7.5}, LastPurchaseAt: ago(now, 200*24*time.Hour),
	}
	b.ReportAllocs()
	for b.Loop() {
		if !filter.Match(client, now) {
			b.Fatal("no match")
		}
	}
}

// An audience is looked at for every client again and again.
func TestMatchAllocatesNothing(t *testing.T) {
	filter := where(t, "'category in [C, D] and attributes.kw = 7.5 and attributes.industry = food and last_purchase older than 6mo and products has pump'")
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	client := Facts{
		Category: "C", Products: []string{"pump"}, LastPurchaseAt: ago(now, 300*24*time.Hour),
		Attributes: map[string]any{"industry": "food", "kw": 7.5},
	}
	if !filter.Match(client, now) {
		t.Fatal("no match")
	}
	if n := testing.AllocsPerRun(100, func() { filter.Match(client, now) }); n > 0 {
		t.Errorf("%v allocations a match", n)
	}
}
