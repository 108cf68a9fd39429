package engine

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// schedule is every delay of a class until it is given up, as planned and as spread.
func schedule(class string, seed uint64) (planned, spread []time.Duration) {
	for attempts := 1; ; attempts++ {
		after, again := retryAfter(class, attempts, seed)
		if !again {
			return planned, spread
		}
		delay, _, _ := delayOf(class, attempts)
		planned, spread = append(planned, delay), append(spread, after)
	}
}

func minutes(all ...int) []time.Duration {
	var delays []time.Duration
	for _, m := range all {
		delays = append(delays, time.Duration(m)*time.Minute)
	}
	return delays
}

func TestEachClassHasItsDelays(t *testing.T) {
	t.Parallel()
	const hour = 60
	tail := []int{hour, 2 * hour, 4 * hour, 8 * hour, 16 * hour, 16 * hour, 16 * hour, 16 * hour, 16 * hour, 16 * hour}
	after := func(first ...int) []time.Duration { return minutes(append(first, tail...)...) }
	var fourHours []int
	for range 30 {
		fourHours = append(fourHours, 4*hour)
	}
	for class, want := range map[string][]time.Duration{
		"temporary": after(5, 15, 30),
		"greylist":  after(5, 15, 30),
		"rate":      after(30, 30, 30),
		"protocol":  after(5, 15, 30), // as everything without delays of its own
		"":          after(5, 15, 30),
		"full":      minutes(24*hour, 72*hour),
		"policy":    minutes(fourHours...),
	} {
		planned, spread := schedule(class, 7)
		if diff := cmp.Diff(want, planned); diff != "" {
			t.Errorf("delays of %q (-want +got):\n%s", class, diff)
		}
		var total time.Duration
		for _, d := range planned {
			total += d
		}
		if total < 4*24*time.Hour || total > patience {
			t.Errorf("%q is given up after %s, want 4 to 5 days", class, total)
		}
		for i, d := range spread {
			if low, high := planned[i]-planned[i]/10, planned[i]+planned[i]/10; d < low || d > high {
				t.Errorf("delay %d of %q is %s, want %s to %s", i, class, d, low, high)
			}
		}
	}
}

func TestLettersRefusedTogetherComeBackApart(t *testing.T) {
	t.Parallel()
	moments := map[time.Duration]bool{}
	earlier := 0
	const letters = 1000
	for id := range uint64(letters) {
		after, _ := retryAfter("temporary", 8, id)
		moments[after] = true
		if after < 16*time.Hour {
			earlier++
		}
		if again, _ := retryAfter("temporary", 8, id); again != after {
			t.Fatalf("letter %d: %s, then %s", id, after, again)
		}
		if after, _ := retryAfter("greylist", 1, id); after < 5*time.Minute {
			t.Errorf("letter %d comes back to a greylisting server after %s", id, after)
		}
	}
	if len(moments) < letters*9/10 || earlier < letters*4/10 || earlier > letters*6/10 {
		t.Errorf("%d letters come back at %d moments, %d of them early", letters, len(moments), earlier)
	}
}

// A letter whose refusals change their class, or that was tried before these delays, is
// neither tried for ever nor given up at once.
func TestAttemptsOfAnotherClassCount(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		class    string
		attempts int
		again    bool
	}{
		{"temporary", 0, true}, {"temporary", 13, true}, {"temporary", 14, false}, {"temporary", 1000, false},
		{"greylist", 13, true}, {"greylist", 14, false}, {"rate", 13, true}, {"rate", 14, false},
		{"full", 2, true}, {"full", 3, false}, {"policy", 30, true}, {"policy", 31, false},
	} {
		if after, again := retryAfter(tc.class, tc.attempts, 1); again != tc.again || again != (after > 0) {
			t.Errorf("%s after %d attempts: %s, again %t, want %t", tc.class, tc.attempts, after, again, tc.again)
		}
	}
}

func TestGivingUpIsExplained(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"given up after 14 attempts in 5 days: the mail server could not take it all that time":   gaveUp("temporary", 14),
		"given up after 14 attempts in 5 days: the mail server kept asking to come back later":    gaveUp("greylist", 14),
		"given up after 14 attempts in 5 days: the mail server took no more letters at this pace": gaveUp("rate", 14),
		"given up after 3 attempts in 4 days: the mailbox stayed full":                            gaveUp("full", 3),
		"given up after 31 attempts in 5 days: the mail server did not trust the sender":          gaveUp("policy", 31),
		"given up after 3 attempts in 1 hour: the mail server could not take it all that time":    gaveUp("protocol", 3),
		"given up after 1 attempt: the mailbox stayed full":                                       gaveUp("full", 1),
	} {
		if got != want {
			t.Errorf("reason %q, want %q", got, want)
		}
	}
}
