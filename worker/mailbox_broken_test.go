package worker_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// hangsUp is a server in front of a real one that hangs up whenever somebody wants letters
// among which is one with a UID, as some do with a letter that is broken on their disk.
func hangsUp(t *testing.T, real string, uid string) (address string) {
	t.Helper()
	wants := regexp.MustCompile(`UID FETCH ([0-9,]*,)?` + uid + `[ ,]`)
	return hangsUpOn(t, real, wants.MatchString)
}

// hangsUpOn is a server in front of a real one that hangs up on some commands.
func hangsUpOn(t *testing.T, real string, hates func(command string) bool) (address string) {
	t.Helper()
	u, err := url.Parse(real)
	must(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	var conns sync.WaitGroup
	relay := func(client net.Conn) {
		defer client.Close()
		server, err := tls.Dial("tcp", u.Host, &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			return
		}
		defer server.Close()
		conns.Go(func() { _, _ = io.Copy(client, server); client.Close() })
		for lines := bufio.NewScanner(client); lines.Scan() && !hates(lines.Text()); {
			fmt.Fprintf(server, "%s\r\n", lines.Text())
		}
	}
	conns.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			conns.Go(func() { relay(client) })
		}
	})
	t.Cleanup(func() { listener.Close() }) // workers, and so connections, end before
	return "imap://" + u.User.String() + "@" + listener.Addr().String() + "?tls=none"
}

// One letter that no server gives away keeps nobody waiting who stands behind it.
func TestABrokenLetterIsPassedOver(t *testing.T) {
	t.Parallel()
	c := corresponding(t, 3)
	stop := c.work()
	letters := c.smtp.WaitFor(t, 3)
	must(t, stop())
	for i, l := range letters { // their UIDs are 2, 3 and 4
		c.imap.Deliver(annsMailbox, "INBOX", answerTo(t, l, fmt.Sprint(i), "Yes."))
	}
	path := filepath.Join(c.secrets, "ann")
	must(t, os.WriteFile(path, []byte(hangsUp(t, c.imap.URL(annsMailbox), "3")), 0o600))
	c.work()
	if found := c.touches(2); len(found) != 2 || strings.Contains(fmt.Sprint(found), strings.TrimSuffix(letters[1].To, "@example.com")) {
		t.Errorf("the letters around the broken one became %v", found)
	}
	var note string
	must(t, c.db.QueryRow(t.Context(), "SELECT note FROM evidence WHERE state = 'quarantined'").Scan(&note))
	if !strings.HasPrefix(note, "letter 3 of folder INBOX cannot be read: ") {
		t.Errorf("it is put aside with the note %q", note)
	}
}

// A server that gives no letters at all for a while loses none of them.
func TestNoLetterIsPassedOverWhileTheServerGivesNone(t *testing.T) {
	t.Parallel()
	c := corresponding(t, 3)
	stop := c.work()
	letters := c.smtp.WaitFor(t, 3)
	must(t, stop())
	for i, l := range letters {
		c.imap.Deliver(annsMailbox, "INBOX", answerTo(t, l, fmt.Sprint(i), "Yes."))
	}
	var asked atomic.Int64
	ill := func(command string) bool { return strings.Contains(command, "UID FETCH") && asked.Add(1) <= 4 }
	must(t, os.WriteFile(filepath.Join(c.secrets, "ann"), []byte(hangsUpOn(t, c.imap.URL(annsMailbox), ill)), 0o600))
	c.work()
	if found := c.touches(3); len(found) != 3 {
		t.Errorf("the letters became %v", found)
	}
	if count := c.evidence(); count["quarantined"] != 0 {
		t.Errorf("the evidence is %v", count)
	}
}
