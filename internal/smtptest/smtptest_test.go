package smtptest_test

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/smtp"
	"net/textproto"
	"strings"
	"testing"

	"seventh/internal/smtptest"
)

// send delivers one letter with the standard library's client.
func send(s *smtptest.Server, to string) error {
	return smtp.SendMail(s.Addr(), nil, "a@example.com", []string{to}, []byte("Subject: x\r\n\r\n.dot\r\n"))
}

func TestAcceptedLettersAreKept(t *testing.T) {
	t.Parallel()
	s := smtptest.New(t, smtptest.Options{})
	if err := send(s, "b@example.com"); err != nil {
		t.Fatal(err)
	}
	l := s.WaitFor(t, 1)[0]
	if l.From != "a@example.com" || l.To != "b@example.com" || string(l.Raw) != "Subject: x\r\n\r\n.dot\r\n" || l.Session != 1 {
		t.Errorf("letter %+v", l)
	}
	if s.Sessions() != 1 || s.Accepted() != 1 || len(s.Letters()) != 1 {
		t.Errorf("sessions %d, accepted %d, letters %d; want 1 of each", s.Sessions(), s.Accepted(), len(s.Letters()))
	}
}

func TestReplyToRefusesOneRecipient(t *testing.T) {
	t.Parallel()
	s := smtptest.New(t, smtptest.Options{})
	s.ReplyTo("Ghost@example.com", 550, "5.1.1 no such user")
	var refused *textproto.Error
	if err := send(s, "ghost@example.com"); !errors.As(err, &refused) || refused.Code != 550 || refused.Msg != "5.1.1 no such user" {
		t.Errorf("error %v, want the 550", err)
	}
	if err := send(s, "b@example.com"); err != nil {
		t.Error(err)
	}
	s.WaitFor(t, 1)
}

func TestScriptSeesEveryStepAndCanFailOne(t *testing.T) {
	t.Parallel()
	var steps []string // by one session after the other
	s := smtptest.New(t, smtptest.Options{Script: func(e smtptest.Event) smtptest.Fault {
		steps = append(steps, e.Phase)
		if e.Phase == "dot" && e.N == 1 {
			return smtptest.Reply(451, "4.3.0 not now")
		}
		return smtptest.None
	}})
	if err := send(s, "b@example.com"); err == nil || !strings.HasPrefix(err.Error(), "451") {
		t.Errorf("first try: %v, want the 451", err)
	}
	if err := send(s, "b@example.com"); err != nil {
		t.Errorf("second try: %v", err)
	}
	s.WaitFor(t, 1)
	s.Close()
	if got, want := strings.Join(steps[:7], " "), "connect greeting ehlo mail rcpt data body"; got != want {
		t.Errorf("steps %s, want %s", got, want)
	}
}

func TestLetterCountsBeforeItsReplyIsLost(t *testing.T) {
	t.Parallel()
	s := smtptest.New(t, smtptest.Options{Script: func(e smtptest.Event) smtptest.Fault {
		if e.Phase == "dot" {
			return smtptest.DropAccepted
		}
		return smtptest.None
	}})
	if err := send(s, "b@example.com"); err == nil {
		t.Error("client got a reply")
	}
	if n := s.Accepted(); n != 1 {
		t.Errorf("accepted %d, want 1", n)
	}
}

func TestOnlyCRLFDotCRLFEndsALetter(t *testing.T) {
	t.Parallel()
	s := smtptest.New(t, smtptest.Options{})
	conn, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const smuggled = "one\n.\r\ntwo\r\n.\nthree\r\n"
	if _, err := io.WriteString(conn, "EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n"+smuggled+".\r\nQUIT\r\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, bufio.NewReader(conn)); err != nil {
		t.Fatal(err)
	}
	if got, want := string(s.WaitFor(t, 1)[0].Raw), "one\n.\r\ntwo\r\n\nthree\r\n"; got != want {
		t.Errorf("letter %q, want %q", got, want)
	}
}

func TestCertificateIsTrustedByItsPool(t *testing.T) {
	t.Parallel()
	s := smtptest.New(t, smtptest.Options{TLS: true})
	if !strings.HasPrefix(s.URL(), "smtps://127.0.0.1:") {
		t.Errorf("URL %s", s.URL())
	}
	conn, err := tls.Dial("tcp", s.Addr(), s.TLSConfig())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if !conn.ConnectionState().PeerCertificates[0].Equal(s.Certificate()) {
		t.Error("server showed another certificate")
	}
	var unknown *tls.CertificateVerificationError
	if _, err := tls.Dial("tcp", s.Addr(), nil); !errors.As(err, &unknown) {
		t.Errorf("without the pool: %v, want a certificate error", err)
	}
}
