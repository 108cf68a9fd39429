package smtptest

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
)

// session is one connection. Replies are buffered and written when the client has nothing
// more in flight, so a pipelining client gets one packet for a group of commands.
type session struct {
	server *Server
	number int
	raw    net.Conn // TCP
	conn   net.Conn // raw, or TLS over it
	r      *bufio.Reader
	w      *bufio.Writer

	secure, authenticated bool
	helo, from, to        string
	inMail                bool
	letter                []byte // buffer of readLetter

	over  bool // the session must end
	slow  bool // the next reply drips
	after kind // what follows the next 250 after the dot
}

func newSession(s *Server, conn net.Conn, number int) *session {
	x := &session{server: s, number: number, raw: conn}
	x.use(conn)
	return x
}

func (x *session) use(conn net.Conn) {
	x.conn = conn
	x.r = bufio.NewReaderSize(conn, 64<<10)
	x.w = bufio.NewWriter(conn)
}

func (x *session) serve() {
	if !x.step("connect") && x.over {
		return
	}
	if x.server.options.TLS && !x.startTLS() {
		return
	}
	if x.step("greeting") {
		greeting := x.server.options.Greeting
		if greeting == "" {
			greeting = "test.invalid ESMTP"
		}
		x.reply(220, greeting)
	}
	for !x.over {
		line, err := x.readLine()
		if err != nil {
			return
		}
		if x.after == resetAfter250 {
			x.reset()
			return
		}
		x.server.heard(line)
		x.command(strings.TrimRight(line, "\r\n"))
	}
	x.flush()
}

func (x *session) command(line string) {
	verb, rest, _ := strings.Cut(line, " ")
	switch strings.ToUpper(verb) {
	case "EHLO":
		x.helo = rest
		x.ehlo()
	case "HELO":
		x.helo = rest
		if x.step("ehlo") {
			x.reply(250, "test.invalid")
		}
	case "STARTTLS":
		x.upgrade()
	case "AUTH":
		x.auth(rest)
	case "MAIL":
		x.mail(rest)
	case "RCPT":
		x.rcpt(rest)
	case "DATA":
		x.data()
	case "RSET":
		if x.step("rset") {
			x.endMail()
			x.reply(250, "2.0.0 ok")
		}
	case "NOOP":
		x.reply(250, "2.0.0 ok")
	case "QUIT":
		if x.step("quit") {
			x.reply(221, "2.0.0 bye")
			x.over = true
		}
	default:
		x.reply(500, "5.5.1 unknown command")
	}
}

func (x *session) ehlo() {
	if !x.step("ehlo") {
		return
	}
	o := x.server.options
	if o.NoEHLO {
		x.reply(502, "5.5.1 command not implemented")
		return
	}
	lines := []string{"test.invalid", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"}
	if !o.NoPipelining {
		lines = append(lines, "PIPELINING")
	}
	if o.STARTTLS && !x.secure {
		lines = append(lines, "STARTTLS")
	}
	if o.Auth != nil {
		lines = append(lines, "AUTH "+strings.Join(o.Mechanisms, " "))
	}
	x.reply(250, strings.Join(append(lines, o.Extensions...), "\n"))
}

func (x *session) upgrade() {
	if !x.server.options.STARTTLS || x.secure {
		x.reply(502, "5.5.1 not offered")
		return
	}
	if x.step("starttls") {
		x.reply(220, "2.0.0 ready")
		x.flush()
		x.startTLS()
	}
}

func (x *session) startTLS() bool {
	conn := tls.Server(x.raw, x.server.tlsConfig())
	if err := conn.Handshake(); err != nil {
		x.over = true
		return false
	}
	x.secure = true
	x.use(conn)
	return true
}

func (x *session) mail(rest string) {
	from, ok := path(rest, "FROM:")
	x.from, x.to = from, ""
	switch {
	case !x.step("mail"):
	case !ok:
		x.reply(501, "5.5.4 syntax: MAIL FROM:<address>")
	case x.server.options.Auth != nil && !x.authenticated:
		x.reply(530, "5.7.0 authentication required")
	case x.inMail:
		x.reply(503, "5.5.1 nested MAIL")
	default:
		x.inMail = true
		x.reply(250, "2.1.0 ok")
	}
}

func (x *session) rcpt(rest string) {
	to, ok := path(rest, "TO:")
	if !x.inMail {
		x.reply(503, "5.5.1 MAIL first")
		return
	}
	previous := x.to
	x.to = to
	switch {
	case !x.step("rcpt"):
		x.to = previous
	case !ok:
		x.to = previous
		x.reply(501, "5.5.4 syntax: RCPT TO:<address>")
	default:
		x.reply(250, "2.1.5 ok")
	}
}

func (x *session) endMail() { x.inMail, x.from, x.to = false, "", "" }

// readLine reads one line, its end included.
func (x *session) readLine() (string, error) {
	if x.r.Buffered() == 0 {
		x.flush()
	}
	return x.r.ReadString('\n')
}

func (x *session) reply(code int, text string) {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		sep := "-"
		if i == len(lines)-1 {
			sep = " "
		}
		x.write(fmt.Sprintf("%d%s%s\r\n", code, sep, line))
	}
	x.slow = false
}

func (x *session) write(line string) {
	if x.slow {
		x.flush()
		x.drip(line)
		return
	}
	_, _ = x.w.WriteString(line)
}

func (x *session) flush() { _ = x.w.Flush() }

// path reads "FROM:<a@b> PARAMS".
func path(rest, prefix string) (string, bool) {
	if len(rest) < len(prefix) || !strings.EqualFold(rest[:len(prefix)], prefix) {
		return "", false
	}
	rest = strings.TrimSpace(rest[len(prefix):])
	inner, _, found := strings.Cut(strings.TrimPrefix(rest, "<"), ">")
	return inner, found && strings.HasPrefix(rest, "<")
}
