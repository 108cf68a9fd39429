package engine

import (
	"fmt"
	"math"
	"time"
)

// patience is for how long a letter is tried again, counted over its delays as planned:
// RFC 5321 4.5.4.1 asks for at least four to five days.
const patience = 5 * 24 * time.Hour

// backoff is how a letter is tried again that was refused for the time being.
type backoff struct {
	delays  []time.Duration // after the first refusal, the second and so on
	then    string          // whose delays follow at the same place; "" ends with the last
	repeat  bool            // the last delay comes again until patience ends
	earlier bool            // letters are spread to both sides of a delay, not only behind it
	because string          // for people, once it was given up
}

// temporary names the schedule of everything that has no other.
const temporary = "temporary"

// backoffs by the class of the refusal; the names are those of the mail server's outcomes.
var backoffs = map[string]backoff{
	temporary: {
		delays: []time.Duration{
			5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 16 * time.Hour},
		repeat: true, earlier: true, because: "the mail server could not take it all that time",
	},
	// A greylisting server counts the minutes: coming too early starts them anew.
	"greylist": {
		delays: []time.Duration{5 * time.Minute, 15 * time.Minute, 30 * time.Minute},
		then:   temporary, because: "the mail server kept asking to come back later",
	},
	"rate": {
		delays: []time.Duration{30 * time.Minute, 30 * time.Minute},
		then:   temporary, because: "the mail server took no more letters at this pace",
	},
	"full":   {delays: []time.Duration{24 * time.Hour, 72 * time.Hour}, because: "the mailbox stayed full"},
	"policy": {delays: []time.Duration{4 * time.Hour}, repeat: true, because: "the mail server did not trust the sender"},
}

// retryAfter is when a letter is tried again: after its refusal of this class, when so many
// attempts have been made, that one included. The seed, the message's id, moves the moment
// by up to a tenth, always the same way, so that letters refused together do not all come
// back together. again is false when it is time to give up; see gaveUp.
func retryAfter(class string, attempts int, seed uint64) (after time.Duration, again bool) {
	var waited time.Duration
	for n := 1; ; n++ {
		delay, b, ok := delayOf(class, n)
		waited += delay
		if !ok || waited > patience {
			return 0, false
		}
		if n >= attempts {
			return b.spread(delay, seed+uint64(n)), true
		}
	}
}

// gaveUp is the reason that people read when retryAfter says no.
func gaveUp(class string, attempts int) string {
	b, ok := backoffs[class]
	if !ok {
		b = backoffs[temporary]
	}
	if attempts == 1 {
		return "given up after 1 attempt: " + b.because
	}
	var waited time.Duration
	for n := 1; n < attempts; n++ {
		delay, _, _ := delayOf(class, n)
		waited += delay
	}
	return fmt.Sprintf("given up after %d attempts in %s: %s", attempts, inWords(waited), b.because)
}

// delayOf is the delay after attempt n, from 1, and the schedule it is of.
func delayOf(class string, n int) (time.Duration, backoff, bool) {
	b, ok := backoffs[class]
	if !ok || n > len(b.delays) && b.then != "" {
		b = backoffs[temporary]
	}
	if n > len(b.delays) && !b.repeat {
		return 0, b, false
	}
	return b.delays[min(n, len(b.delays))-1], b, true
}

// spread moves a delay by up to a tenth.
func (b backoff) spread(delay time.Duration, seed uint64) time.Duration {
	part := float64(mix(seed)>>11) / (1 << 53) // 0 ≤ part < 1
	if b.earlier {
		part = 2*part - 1
	}
	return delay + time.Duration(part*float64(delay)/10).Round(time.Second)
}

// mix is the finalizer of SplitMix64 (Steele, Lea, Flood 2014): neighbouring ids come out
// far apart.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// inWords is a span for people, to the nearest day or hour.
func inWords(d time.Duration) string {
	n, unit := int(math.Round(d.Hours()/24)), "day"
	if d < 36*time.Hour {
		n, unit = max(1, int(math.Round(d.Hours()))), "hour"
	}
	if n != 1 {
		unit += "s"
	}
	return fmt.Sprintf("%d %s", n, unit)
}
