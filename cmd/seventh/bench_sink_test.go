package main

import (
	"bufio"
	"net"
	"strings"
	"testing"
)

// dialogue plays a client that writes what it has to say in pieces, and returns
// everything that the sink answers.
func dialogue(t *testing.T, s *sink, pieces ...string) string {
	t.Helper()
	client, server := net.Pipe()
	go (&sinkSession{sink: s, conn: server}).serve()
	answers := make(chan string)
	go func() {
		var all strings.Builder
		lines := bufio.NewReader(client)
		for {
			line, err := lines.ReadString('\n')
			all.WriteString(line)
			if err != nil {
				answers <- all.String()
				return
			}
		}
	}()
	for _, piece := range pieces {
		if _, err := client.Write([]byte(piece)); err != nil {
			t.Fatalf("the sink hung up: %v", err)
		}
	}
	return <-answers // it hangs up after QUIT
}

const twoLetters = "EHLO seventh\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n" +
	"Subject: one\r\nMessage-ID: <1@b.example>\r\n\r\n..\r\nMessage-ID: <3@b.example>\r\n.\r\n" +
	"MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\nMessage-ID: <2@b.example>\r\n\r\n.\r\nQUIT\r\n"

const answers = "220 sink\r\n250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n250 2.0.0 ok\r\n250 2.0.0 ok\r\n354 go on\r\n250 2.0.0 taken\r\n" +
	"250 2.0.0 ok\r\n250 2.0.0 ok\r\n354 go on\r\n250 2.0.0 taken\r\n221 bye\r\n"

func newSink(c benchSinkCommand) *sink { return &sink{benchSinkCommand: c, seen: make(map[uint64]int)} }

func TestSinkTakesLettersHoweverTheyAreCut(t *testing.T) {
	t.Parallel()
	for cut := range len(twoLetters) - 1 {
		s := newSink(benchSinkCommand{Verify: true})
		if got := dialogue(t, s, twoLetters[:cut+1], twoLetters[cut+1:]); got != answers {
			t.Errorf("cut after %q: the sink answers\n%s", twoLetters[:cut+1], got)
		}
		if r := s.report(); r.Accepted != 2 || r.Distinct != 2 || r.Twice != 0 || r.Unnamed != 0 || r.By["seventh"] != 2 {
			t.Errorf("cut after %q: the sink has counted %+v", twoLetters[:cut+1], r)
		}
	}
}

func TestSinkTakesALetterLargerThanItsBuffer(t *testing.T) {
	t.Parallel()
	s := newSink(benchSinkCommand{Verify: true})
	dialogue(t, s, "EHLO x\r\nDATA\r\nMessage-ID: <1>\r\n\r\n", strings.Repeat("ninety-eight\r\n", 20_000), ".\r\nDATA\r\n.\r\nQUIT\r\n")
	if r := s.report(); r.Accepted != 2 || r.Distinct != 1 || r.Unnamed != 1 {
		t.Errorf("of a large letter and an empty one the sink has counted %+v", r)
	}
}

func TestSinkNoticesALetterThatComesTwice(t *testing.T) {
	t.Parallel()
	s := newSink(benchSinkCommand{Verify: true})
	for range 2 {
		dialogue(t, s, twoLetters)
	}
	if r := s.report(); r.Accepted != 4 || r.Distinct != 2 || r.Twice != 2 {
		t.Errorf("the sink has counted %+v, want 2 of 4 letters to have come before", r)
	}
	run := &benchRun{bench: &bench{benchCommand: benchCommand{Letters: 4, Verify: true}}}
	if err := run.compare(s.report()); err == nil {
		t.Error("the run passes although letters came twice")
	}
	s.reset()
	if r := s.report(); r.Accepted != 0 || r.Distinct != 0 || len(r.By) != 0 {
		t.Errorf("after a reset the sink has counted %+v", r)
	}
}

func TestSinkDoesNotCountTheCeiling(t *testing.T) {
	t.Parallel()
	s := newSink(benchSinkCommand{Verify: true})
	dialogue(t, s, strings.Replace(twoLetters, "EHLO seventh", "EHLO ceiling", 1))
	if r := s.report(); r.Accepted != 0 || r.Distinct != 0 {
		t.Errorf("the sink has counted %+v, want nothing", r)
	}
}

func TestSinkWaitsForTheLastLetter(t *testing.T) {
	t.Parallel()
	s := newSink(benchSinkCommand{})
	reached := make(chan struct{})
	go func() { s.await(4); close(reached) }()
	dialogue(t, s, twoLetters)
	select {
	case <-reached:
		t.Error("two letters are there, and four have been waited for")
	default:
	}
	dialogue(t, s, twoLetters)
	<-reached
}

func TestSinkTakesNoLetterInTheClearWhenItHasTLS(t *testing.T) {
	t.Parallel()
	s := newSink(benchSinkCommand{TLS: true, NoPipelining: true})
	certificate, err := throwAwayCertificate()
	if err != nil {
		t.Fatal(err)
	}
	s.offer(certificate)
	got := dialogue(t, s, "EHLO x\r\nMAIL FROM:<a@b.example>\r\nQUIT\r\n")
	want := "220 sink\r\n250-sink\r\n250-STARTTLS\r\n250 8BITMIME\r\n530 5.7.0 say STARTTLS first\r\n221 bye\r\n"
	if got != want {
		t.Errorf("the sink answers\n%s\nwant\n%s", got, want)
	}
}
