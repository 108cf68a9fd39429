package inbound

import "time"

const (
	// Nobody reads a letter and follows a link of it within these times of its
	// delivery, or of its acceptance by the next server when nobody tells of that.
	soonAfterDelivery = 5 * time.Second
	soonAfterSending  = 10 * time.Second
	// longestTaking is how long a server may look at a letter before it says that it has it
	// (RFC 5321, 4.5.3.2.6). Who asks earlier has it already: the delivery was told late, or
	// it is a notice that somebody has read the letter.
	longestTaking = 10 * time.Minute

	burstLinks  = 3
	burstWindow = 10 * time.Second
	// Letters of two links are read through in a minute by people, too.
	allLinksWindow = time.Minute

	networksWindow = 12 * time.Second
	honeypotWindow = 30 * time.Second
	besideWindow   = 10 * time.Second
)

// crowd judges hits by each other.
type crowd struct {
	letter   HitLetter
	hits     []Hit
	order    []int // of the hits, by time
	verdicts []Verdict
	seeds    []bool // machines that look like people by themselves: their neighbours are suspect
}

func (c *crowd) condemn(i int, why string) {
	c.seeds[i] = true
	if c.verdicts[i].Actor != Machine {
		c.verdicts[i] = Verdict{Machine, why}
	}
}

// soon finds hits before anybody can have read the letter. What loads everything at any
// time, as Apple's privacy protection does, stays unknown.
func (c *crowd) soon() {
	if c.letter.Sent.IsZero() && c.letter.Delivered.IsZero() {
		return
	}
	first := c.letter.Sent.Add(soonAfterSending)
	for i := range c.hits {
		first := first
		if !c.letter.Delivered.IsZero() && !c.hits[i].At.Before(c.letter.Delivered.Add(-longestTaking)) {
			first = c.letter.Delivered.Add(soonAfterDelivery)
		}
		if c.hits[i].At.Before(first) && c.verdicts[i].Actor == Human {
			c.condemn(i, whySoon)
		}
	}
}

// plainClicks are the clicks that may be a person's, by time. What was too soon counts as
// well: the rest of that burst is not.
func (c *crowd) plainClicks() []int {
	var plain []int
	for _, i := range c.order {
		if c.hits[i].Purpose == HitClicked && (c.verdicts[i].Actor != Machine || c.seeds[i]) {
			plain = append(plain, i)
		}
	}
	return plain
}

// bursts finds clicks on several links faster than anybody reads, whatever networks and
// agents they come from: scanners have many.
func (c *crowd) bursts() {
	plain := c.plainClicks()
	c.burst(plain, burstLinks, burstWindow, whyBurst)
	if c.letter.Links >= burstLinks {
		c.burst(plain, c.letter.Links, allLinksWindow, whyAll)
	}
}

// burst condemns clicks on many links within a window.
func (c *crowd) burst(clicks []int, links int, window time.Duration, why string) {
	inside := make(map[int]int) // clicks by link, from the first to the last one
	first, condemned := 0, 0
	for last, i := range clicks {
		inside[c.hits[i].Link]++
		for c.hits[i].At.Sub(c.hits[clicks[first]].At) > window {
			link := c.hits[clicks[first]].Link
			if inside[link]--; inside[link] == 0 {
				delete(inside, link)
			}
			first++
		}
		if len(inside) < links {
			continue
		}
		for condemned = max(condemned, first); condemned <= last; condemned++ {
			c.condemn(clicks[condemned], why)
		}
	}
}

// twoNetworks finds clicks that follow each other from another network and another
// operating system. A phone that changes networks stays what it is, and colleagues share
// a network.
func (c *crowd) twoNetworks() {
	clicks := c.plainClicks()
	systems := make([]string, len(clicks))
	for n, i := range clicks {
		systems[n] = systemOf(c.hits[i].UserAgent)
	}
	for n, i := range clicks {
		for m := n + 1; m < len(clicks) && c.hits[clicks[m]].At.Sub(c.hits[i].At) <= networksWindow; m++ {
			a, b := &c.hits[i], &c.hits[clicks[m]]
			if a.Network != "" && b.Network != "" && a.Network != b.Network && systems[n] != "" && systems[m] != "" && systems[n] != systems[m] {
				c.condemn(i, whyNetworks)
				c.condemn(clicks[m], whyNetworks)
			}
		}
	}
}

// besideHoneypots condemns whatever came from the network or the agent of a hit on the
// honeypot, half a minute before or after it.
func (c *crowd) besideHoneypots() {
	for n, i := range c.order {
		if c.hits[i].Purpose != HitHoneypot {
			continue
		}
		c.around(n, honeypotWindow, func(j int) {
			trap, h := &c.hits[i], &c.hits[j]
			if trap.Network != "" && trap.Network == h.Network || trap.UserAgent != "" && trap.UserAgent == h.UserAgent {
				c.condemn(j, whyHoneypot)
			}
		})
	}
}

// besideMachines condemns what came from the network and the agent of a machine in
// disguise, seconds before or after it.
func (c *crowd) besideMachines() {
	var seeds []int // places in order; what is found here is none itself
	for n, i := range c.order {
		if c.seeds[i] {
			seeds = append(seeds, n)
		}
	}
	for _, n := range seeds {
		seed := &c.hits[c.order[n]]
		c.around(n, besideWindow, func(j int) {
			h := &c.hits[j]
			if seed.Network == h.Network && seed.UserAgent == h.UserAgent && c.verdicts[j].Actor == Human {
				c.verdicts[j] = Verdict{Machine, whyBeside}
			}
		})
	}
}

// around does something with each hit within a time of the nth one.
func (c *crowd) around(n int, window time.Duration, do func(i int)) {
	at := c.hits[c.order[n]].At
	for m := n - 1; m >= 0 && at.Sub(c.hits[c.order[m]].At) <= window; m-- {
		do(c.order[m])
	}
	for m := n + 1; m < len(c.order) && c.hits[c.order[m]].At.Sub(at) <= window; m++ {
		do(c.order[m])
	}
}
