package sandbox

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/textproto"
	"strings"
	"time"

	"github.com/emersion/go-smtp"

	"seventh/internal/store"
)

const (
	maxLetter    = 10 << 20
	storeTimeout = 30 * time.Second // then the client is told to come again, before it gives up by itself
	idleTimeout  = 5 * time.Minute  // RFC 5321, section 4.5.3.2.7
	writeTimeout = time.Minute
)

// Inbox is a mail server on this machine that takes every letter and stores it
// instead of delivering it.
type Inbox struct {
	// Refuse answers a recipient instead of taking a letter for him; nil, or an
	// empty answer, takes all.
	Refuse func(to string) Refusal

	db       store.DB
	log      *slog.Logger
	server   *smtp.Server
	listener net.Listener
	stopped  chan struct{}
}

// Refusal is an answer of SMTP that refuses; zero is none.
type Refusal struct {
	Code int
	Text string
	// Silent takes the letter and hangs up without a word: nobody knows whether it
	// arrived.
	Silent bool
}

// StartInbox starts the server on a free port of the loopback interface. It runs
// until Close.
func StartInbox(db store.DB, log *slog.Logger, change ...func(*Inbox)) (*Inbox, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("starting the sandbox's inbox: %w", err)
	}
	i := &Inbox{db: db, log: log, listener: listener, stopped: make(chan struct{})}
	for _, c := range change {
		c(i)
	}
	i.server = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{inbox: i, hangUp: c.Close}, nil
	}))
	i.server.Domain = "localhost"
	i.server.EnableSMTPUTF8 = true
	i.server.MaxMessageBytes = maxLetter
	// A letter of ours has one recipient. Whoever names a second is told to send
	// it again for him (452), so that a letter is one row, stored or not.
	i.server.MaxRecipients = 1
	i.server.ReadTimeout = idleTimeout
	i.server.WriteTimeout = writeTimeout
	i.server.ErrorLog = slog.NewLogLogger(log.Handler(), slog.LevelDebug)
	go i.serve()
	return i, nil
}

func (i *Inbox) serve() {
	defer close(i.stopped)
	if err := i.server.Serve(i.listener); err != nil {
		i.log.Error("sandbox inbox stopped", "err", err)
	}
}

// URL is the inbox as an SMTP setting.
func (i *Inbox) URL() string {
	return "smtp://" + i.listener.Addr().String() + "?tls=none&pool=10"
}

// Close stops the server and drops its connections. A letter whose 250 has not
// been sent may have been stored.
func (i *Inbox) Close() {
	_ = i.server.Close()
	_ = i.listener.Close() // the server knows it only once it serves
	<-i.stopped
}

// session is one connection's letter in the making.
type session struct {
	inbox    *Inbox
	from, to string
	silent   bool
	hangUp   func() error
}

func (s *session) Reset()        { s.from, s.to, s.silent = "", "", false }
func (s *session) Logout() error { return nil }

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.inbox.Refuse != nil {
		r := s.inbox.Refuse(to)
		s.silent = r.Silent
		if r.Code != 0 {
			return &smtp.SMTPError{Code: r.Code, EnhancedCode: smtp.NoEnhancedCode, Message: r.Text}
		}
	}
	s.to = to
	return nil
}

// Data stores the letter before it is accepted. What cannot be stored is refused
// for now, so that it comes again.
func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := s.inbox.capture(s.from, s.to, raw); err != nil {
		s.inbox.log.Error("letter not captured", "err", err)
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "The letter could not be stored, try again later"}
	}
	if s.silent {
		return s.hangUp()
	}
	return nil
}

func (i *Inbox) capture(from, to string, raw []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), storeTimeout)
	defer cancel()
	now, err := store.Now(ctx, i.db)
	if err != nil {
		return err
	}
	messageID, subject := describe(raw)
	return store.Capture(ctx, i.db, store.Captured{
		At: now, Sender: storable(from), Recipient: storable(to), MessageID: messageID, Subject: subject, Raw: raw,
	})
}

// describe reads a letter's Message-ID, without its brackets, and its decoded
// Subject. A header that is broken counts up to where it breaks: in the sandbox a
// broken letter is for looking at, not for refusing.
func describe(raw []byte) (messageID, subject string) {
	header, _ := textproto.NewReader(bufio.NewReader(bytes.NewReader(raw))).ReadMIMEHeader()
	subject = header.Get("Subject")
	if decoded, err := new(mime.WordDecoder).DecodeHeader(subject); err == nil {
		subject = decoded
	}
	return storable(strings.Trim(header.Get("Message-Id"), "<> \t")), storable(subject)
}

// storable makes text of the outside one that PostgreSQL takes: UTF-8 without NUL.
func storable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}
