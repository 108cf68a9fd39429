package worker_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/tools/txtar"

	"seventh/internal/content"
	"seventh/internal/mail"
	"seventh/internal/smtptest"
	"seventh/internal/store"
)

// consequence is what a fault of the mail server means for a letter, its sender and its
// client.
type consequence struct {
	state      string
	attempts   int // counted against the letter
	paused     bool
	suppressed bool
	says       string // the reason begins so
}

var (
	// The server is in trouble: the whole chunk waits some seconds, at nobody's expense.
	chunkWaits = consequence{state: "planned", says: "the mail server smtp://127.0.0.1:"}
	// It refuses the account: the sender rests, at nobody's expense.
	senderRests = consequence{state: "planned", paused: true, says: "sending from rep0@firm.example.com is paused: the mail server refuses it: "}
	// It does so when it has the whole letter.
	senderRestsLate = consequence{state: "planned", paused: true, says: "sender_problem at dot: "}
	// It refuses this letter for now: the letter waits by itself.
	putOff = consequence{state: "planned", attempts: 1, says: "deferred at "}
	// It refuses this letter, or this client, for good.
	failed      = consequence{state: "failed", attempts: 1, says: "failed at "}
	dead        = consequence{state: "failed", attempts: 1, suppressed: true, says: "failed at "}
	inDoubt     = consequence{state: "unconfirmed", attempts: 1, says: "unconfirmed at dot: "}
	sentInSpite = consequence{state: "sent", attempts: 1}
)

// faultTable is the table of internal/mail (TestEveryFaultAtEveryPhaseHasItsOutcome),
// without the cells whose outcome has the same consequence for the same reason.
var faultTable = []struct {
	phase, name string
	fault       smtptest.Fault
	means       consequence
}{
	{"dial", "refused", smtptest.None, chunkWaits},
	{"connect", "reset", smtptest.Drop, chunkWaits},
	{"greeting", "421", smtptest.Reply(421, "4.3.2 too many connections"), chunkWaits},
	{"greeting", "5xx", smtptest.Reply(554, "5.7.1 your address is on a list"), chunkWaits},
	{"greeting", "garbage", smtptest.Garbage, chunkWaits},
	{"greeting", "stalled", smtptest.Stall, chunkWaits},
	{"ehlo", "5xx", smtptest.Reply(550, "5.7.1 what a name"), chunkWaits},
	{"ehlo", "closed", smtptest.HalfClose, chunkWaits},
	{"ehlo", "8 MB", smtptest.Reply(250, strings.Repeat("x ", 4<<20)), chunkWaits},
	{"starttls", "4xx", smtptest.Reply(454, "4.7.0 TLS not available now"), chunkWaits},
	{"starttls", "5xx", smtptest.Reply(550, "5.7.0 no"), senderRests},
	{"starttls", "reset", smtptest.Drop, chunkWaits},
	{"starttls", "bad certificate", smtptest.None, chunkWaits},
	{"auth", "4xx", smtptest.Reply(454, "4.7.0 try again"), chunkWaits},
	{"auth", "5xx", smtptest.Reply(535, "5.7.8 wrong password"), senderRests},
	{"auth", "reset", smtptest.Drop, chunkWaits},
	{"mail", "4xx", smtptest.Reply(451, "4.3.0 later"), chunkWaits},
	{"mail", "5xx", smtptest.Reply(550, "5.7.1 not your address"), senderRests},
	{"mail", "421", smtptest.Reply(421, "4.3.2 going down"), chunkWaits},
	{"mail", "reset", smtptest.Drop, chunkWaits},
	{"mail", "stalled", smtptest.Stall, chunkWaits},
	{"mail", "slow", smtptest.Slow, sentInSpite},
	{"rcpt", "4xx", smtptest.Reply(450, "4.2.0 greylisted"), putOff},
	{"rcpt", "421", smtptest.Reply(421, "4.3.2 going down"), putOff},
	{"rcpt", "reset", smtptest.Drop, putOff},
	{"rcpt", "stalled", smtptest.Stall, putOff},
	{"rcpt", "garbage", smtptest.Garbage, putOff},
	{"rcpt", "no such client", smtptest.Reply(550, "5.1.1 no such user"), dead},
	{"rcpt", "policy", smtptest.Reply(550, "5.7.1 rejected by policy"), failed},
	{"rcpt", "login wanted", smtptest.Reply(530, "5.7.0 authentication required"), senderRests},
	{"data", "4xx", smtptest.Reply(451, "4.3.0 later"), putOff},
	{"data", "5xx", smtptest.Reply(554, "5.5.1 no valid recipients"), failed},
	{"data", "reset", smtptest.Drop, putOff},
	{"body", "reset", smtptest.Drop, inDoubt}, // the letter fits in one write
	{"dot", "4xx", smtptest.Reply(451, "4.3.0 later"), putOff},
	{"dot", "421", smtptest.Reply(421, "4.3.2 going down"), putOff},
	{"dot", "5xx", smtptest.Reply(554, "5.6.0 I do not like it"), failed},
	{"dot", "8 MB", smtptest.Reply(554, "5.6.0 "+strings.Repeat("no ", 8<<20/3)), failed},
	{"dot", "no such client", smtptest.Reply(550, "5.1.1 no such user"), dead},
	{"dot", "day's limit", smtptest.Reply(550, "5.4.5 Daily user sending limit exceeded"), senderRestsLate},
	{"dot", "reset", smtptest.Drop, inDoubt},
	{"dot", "reset after acceptance", smtptest.DropAccepted, inDoubt},
	{"dot", "closed", smtptest.HalfClose, inDoubt},
	{"dot", "stalled", smtptest.Stall, inDoubt},
	{"dot", "garbage", smtptest.Garbage, inDoubt},
	{"dot", "slow", smtptest.Slow, sentInSpite},
	{"dot", "reset after 250", smtptest.ResetAfter250, sentInSpite},
	{"quit", "5xx", smtptest.Reply(550, "5.0.0 stay"), sentInSpite},
	{"rset", "5xx", smtptest.Reply(550, "5.0.0 no"), sentInSpite}, // over another connection, at once
	{"rset", "421", smtptest.Reply(421, "4.3.2 going down"), sentInSpite},
	{"rset", "reset", smtptest.Drop, sentInSpite},
	{"rset", "garbage", smtptest.Garbage, sentInSpite},
	{"rset", "stalled", smtptest.Stall, sentInSpite},
}

// The table runs by itself, so that what it leaves behind can be counted.
func TestEveryFaultHasItsConsequence(t *testing.T) {
	goroutines, files := runtime.NumGoroutine(), openFiles(t)
	t.Run("table", func(t *testing.T) {
		for _, cell := range faultTable {
			t.Run(cell.phase+"/"+cell.name, func(t *testing.T) {
				t.Parallel()
				suffer(t, cell.phase, cell.name, cell.fault, cell.means)
			})
		}
	})
	const few = 16 // the test kit's own connections to PostgreSQL
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for runtime.NumGoroutine() > goroutines+few || openFiles(t) > files+few {
		if ctx.Err() != nil {
			t.Fatalf("%d goroutines and %d files before the table, %d and %d after it", goroutines, files, runtime.NumGoroutine(), openFiles(t))
		}
		runtime.Gosched()
	}
}

// openFiles counts the descriptors of this process.
func openFiles(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/dev/fd")
	must(t, err)
	return len(list)
}

// suffer sends a letter to a server that has a fault at a phase.
func suffer(t *testing.T, phase, name string, fault smtptest.Fault, want consequence) {
	options := smtptest.Options{STARTTLS: phase == "starttls", Script: func(e smtptest.Event) smtptest.Fault {
		if e.Phase == phase {
			return fault
		}
		return smtptest.None
	}}
	if phase == "auth" {
		options.Auth = map[string]string{"user": "secret"}
	}
	server := smtptest.New(t, options)
	f := newFirm(t)
	subject, clients := "c0000", 1
	if phase == "rset" { // comes before the letter after one that was refused
		server.ReplyTo("c0000@example.com", 450, "4.2.0 greylisted")
		subject, clients = "c0001", 2
	}
	if name == "refused" {
		server.Close()
	}
	f.publishOnly(archive(hello + plain))
	f.invite("c", clients, 1)
	_, stop := f.hire("worker", wayTo(t, server, phase, name))
	got := f.suffered(subject, want.says)
	must(t, stop())
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	arrived := 0
	if want.state == "sent" || name == "reset after acceptance" {
		arrived = 1
	}
	if n := copies(server)[subject+"@example.com"]; n != arrived {
		t.Errorf("the client got %d letters, want %d", n, arrived)
	}
	if phase == "rset" && server.Sessions() != 2 {
		t.Errorf("%d connections, want another one after RSET", server.Sessions())
	}
}

// plain are the settings of a firm that has nothing but hello.
const plain = `
-- seventh.yaml --
company: { name: Firm, site: "https://firm.example.com", address: "1 Example Street", phone: "+1 555 0100", email: "hello@firm.example.com" }
time_zone: UTC
calendar: weekends
locale: en
senders:
  team: { email: "team@firm.example.com", name: "Firm" }
fallback_sender: team
`

// publishOnly puts files in force, and the built-in layout: a table of many firms has no
// time for the whole library.
func (f *firm) publishOnly(files []txtar.File) {
	f.t.Helper()
	const layout = "templates/layout.html"
	body, err := fs.ReadFile(content.BuiltIn(), layout)
	must(f.t, err)
	folder, problems, err := content.Load(laidOver(f.t, fstest.MapFS{layout: {Data: body}}, files))
	must(f.t, err)
	if folder == nil {
		f.t.Fatal(problems)
	}
	_, err = content.Publish(f.t.Context(), f.db, folder)
	must(f.t, err)
}

// wayTo is the way to a server that is about to have a fault.
func wayTo(t *testing.T, server *smtptest.Server, phase, name string) mail.Server {
	t.Helper()
	way := mailServer(t, server, 1)
	switch phase {
	case "auth":
		way.User, way.Password = "user", "secret"
	case "starttls":
		way.TLS, way.TLSConfig = mail.STARTTLS, server.TLSConfig()
	}
	switch name {
	case "stalled":
		const soon = 300 * time.Millisecond
		way.Timeouts = mail.Timeouts{Greeting: soon, Hello: soon, Envelope: soon, Data: soon, EndOfData: soon}
	case "bad certificate":
		way.TLSConfig = nil // which is to say, the system's
	}
	return way
}

// suffered waits until a client's letter has an end, or waits, with a reason that begins so,
// and returns what became of it.
func (f *firm) suffered(client, says string) consequence {
	f.t.Helper()
	var letter store.Message
	f.eventually("the letter to meet its fate", func() (bool, string) {
		list := f.letters(client)
		if len(list) == 0 {
			return false, "it is not planned"
		}
		letter = list[0]
		underWay := letter.State == "claimed" || letter.State == "transmitting" || letter.State == "planned" && letter.Reason == ""
		return !underWay && strings.HasPrefix(letter.Reason, says), fmt.Sprintf("%s, %q", letter.State, letter.Reason)
	})
	ctx := f.t.Context()
	pause, err := store.FindPause(ctx, f.db, store.PausedSender, "rep0@firm.example.com")
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		f.t.Fatal(err)
	}
	blamed, err := store.ListSuppressions(ctx, f.db, store.SuppressionFilter{Limit: 2})
	must(f.t, err)
	if len(blamed) > 1 || len(blamed) == 1 && blamed[0].Address != client+"@example.com" {
		f.t.Errorf("suppressed are %v", blamed)
	}
	return consequence{state: letter.State, attempts: letter.Attempts, paused: pause.Paused, suppressed: len(blamed) > 0, says: says}
}
