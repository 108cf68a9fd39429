//go:build unix

package main

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"seventh/internal/failpoint"
	"seventh/internal/pgtest"
	"seventh/internal/smtptest"
)

// deaths are the points, and what they mean for a letter that is alone on its way when
// its process dies there: unconfirmed only between T2 and T3.
var deaths = []struct {
	point       string
	hit         int // for the second death, in the middle of many letters
	unconfirmed bool
	arrived     int // at the mail server, if it is unconfirmed
}{
	{failpoint.BeforeT1, 3, false, 0}, // once a chunk
	{failpoint.AfterT1, 3, false, 0},
	{failpoint.AfterRender, 30, false, 0},
	{failpoint.AfterDial, 3, false, 0}, // once a connection
	{failpoint.AfterAuth, 3, false, 0},
	{failpoint.BeforeT2, 30, false, 0},
	{failpoint.AfterT2, 30, true, 0},
	{failpoint.AfterMail, 30, false, 0},
	{failpoint.AfterRcpt, 30, false, 0},
	{failpoint.After354, 30, false, 0},
	{failpoint.HalfBody, 30, true, 0},
	{failpoint.DotWritten, 30, true, 1},
	{failpoint.Read250, 30, true, 1},
	{failpoint.AfterT3, 15, false, 0}, // once a commit
}

func TestEveryPointIsTested(t *testing.T) {
	for i, name := range failpoint.Names {
		if i >= len(deaths) || deaths[i].point != name {
			t.Fatalf("point %d is %s: it is not in the table at its place", i+1, name)
		}
	}
}

// The real binary is killed with -9 at each named moment: first with one letter on its
// way, whose end is certain, then in the middle of 200 that it shares with a second
// process, over 4 connections each.
func TestKilledAtEveryPoint(t *testing.T) {
	path, err := killable()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range deaths {
		t.Run(d.point, func(t *testing.T) {
			t.Parallel()
			const connections, letters, batch = 4, 200, 25
			s := newSquad(t, pgtest.URL(t), path, smtptest.Options{Delay: 2 * time.Millisecond}, connections)
			victim := s.work(failpoint.Variable + "=" + d.point)
			s.enroll(1)
			killed(t, victim)

			victim = s.work(fmt.Sprintf("%s=%s:%d", failpoint.Variable, d.point, d.hit))
			want := toll{sent: 1}
			if d.unconfirmed {
				want = toll{unconfirmed: 1, arrived: d.arrived}
			}
			if alone := s.end(); alone != want {
				t.Errorf("one letter: %+v, want %+v", alone, want)
			}

			s.work() // survives
			for s.number <= letters || !victim.dead() {
				if s.number > 20*letters {
					t.Fatalf("after %d letters nobody has come to %s", s.number, d.point)
				}
				s.enroll(batch)
				at := min(s.number, s.smtp.Accepted()+batch/2)
				eventually(t, func() string {
					if n := s.smtp.Accepted(); n < at && !victim.dead() {
						return fmt.Sprintf("%d letters have arrived, want %d", n, at)
					}
					return ""
				})
			}
			killed(t, victim)
			all := s.end()
			if n := all.unconfirmed - want.unconfirmed; n > connections {
				t.Errorf("%d letters are unconfirmed after a kill over %d connections", n, connections)
			}
			t.Logf("%d letters, killed twice: %+v", s.number, all)
		})
	}
}

// killed waits until a process has ended, and checks that it was killed.
func killed(t *testing.T, p *program) {
	t.Helper()
	eventually(t, func() string {
		if !p.dead() {
			return "the process lives"
		}
		return ""
	})
	if status, ok := p.command.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
		t.Fatalf("the process ended with %s, want SIGKILL", p.command.ProcessState)
	}
}
