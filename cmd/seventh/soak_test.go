//go:build unix

package main

import (
	"flag"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"seventh/internal/pgtest"
	"seventh/internal/smtptest"
)

// `make soak` asks for more than `make test` does.
var (
	soakKills   = flag.Int("soak-kills", 5, "how often a process is killed at a random moment")
	soakLetters = flag.Int("soak-letters", 1500, "how many letters are sent meanwhile")
)

// Three processes send letters in waves over 16 connections each, to a server that takes
// 5 to 50 ms for an answer. In each wave one that has letters in hand is killed with -9
// at a random moment, and another is started.
func TestKilledAtRandomMoments(t *testing.T) {
	const processes, connections = 3, 16
	if *soakKills < 1 || *soakLetters < *soakKills*processes {
		t.Fatalf("%d letters are too few for %d kills", *soakLetters, *soakKills)
	}
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	s := newSquad(t, pgtest.URL(t), path, smtptest.Options{Delay: 5 * time.Millisecond, Jitter: 45 * time.Millisecond}, connections)
	alive := make([]*program, processes)
	for i := range alive {
		alive[i] = s.work()
	}
	began := time.Now()
	var takeovers []time.Duration
	for kill := range *soakKills {
		wave := *soakLetters*(kill+1) / *soakKills - s.number
		moment := s.smtp.Accepted() + 1 + random.IntN(wave)
		for range processes - 1 {
			s.enroll(wave / processes) // so that the planner makes several chunks of it
		}
		s.enroll(wave - wave/processes*(processes-1))
		s.arrive(moment)
		victim := s.victim(alive, random)
		killed := time.Now()
		alive[victim].kill()
		eventually(t, func() string {
			if s.registered(alive[victim]) {
				return "the dead is not buried"
			}
			return ""
		})
		takeovers = append(takeovers, time.Since(killed))
		alive[victim] = s.work()
		if kill%50 == 49 {
			t.Logf("%d kills, %d letters after %s", kill+1, s.smtp.Accepted(), time.Since(began).Round(time.Second))
		}
	}
	all := s.end()
	if most := *soakKills * connections; all.unconfirmed > most {
		t.Errorf("%d letters are unconfirmed, at most %d were on the wire", all.unconfirmed, most)
	}
	slices.Sort(takeovers)
	t.Logf("%d letters, %d kills in %s: lost %d, twice %d, unconfirmed %d (%d of them arrived), taken over after %s in the median, %s at most",
		s.number, *soakKills, time.Since(began).Round(time.Second), all.lost, all.twice, all.unconfirmed, all.arrived,
		takeovers[len(takeovers)/2].Round(10*time.Millisecond), takeovers[len(takeovers)-1].Round(10*time.Millisecond))
}
