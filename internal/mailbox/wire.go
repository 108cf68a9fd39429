package mailbox

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// What a server may send; it gets nothing beyond.
const (
	maxLine     = 64 << 10 // of an ordinary answer
	maxLiterals = 16       // in one answer
	overhead    = 1 << 20  // of a command's answers, beside what was asked for
)

// patience is how long a command may take, its answer included.
const patience = 2 * time.Minute

var (
	errTooMuch = errors.New("the server sends more than was asked for")
	errGarbage = errors.New("the server answers something that is not IMAP")
)

// Refused is an answer of NO or BAD: the connection goes on.
type Refused struct{ Text string }

func (r *Refused) Error() string { return "the server refuses: " + r.Text }

// Conn is a connection to a mailbox, for one goroutine.
type Conn struct {
	conn net.Conn
	r    *bufio.Reader
	tag  int
	able map[string]bool // capabilities, in capitals
	left int64           // bytes that the command under way may still bring
	long int             // bytes that a line of it may have
	stop func() bool     // ends the watch over the context
	news bool            // the server has spoken of new letters since the folder was opened
}

// answer is one response of a server, with its literals where they stood.
type answer struct {
	text     string // a literal is {n} in it
	literals [][]byte
}

func newConn(ctx context.Context, conn net.Conn) *Conn {
	c := &Conn{r: bufio.NewReaderSize(conn, 16<<10)}
	c.watch(ctx, conn)
	return c
}

// watch makes the end of a context break off whatever the connection waits for.
func (c *Conn) watch(ctx context.Context, conn net.Conn) {
	c.conn = conn
	c.stop = context.AfterFunc(ctx, func() { conn.Close() })
}

// Close hangs up.
func (c *Conn) Close() {
	c.stop()
	c.conn.Close()
}

// expect bounds what comes next: bytes, and time.
func (c *Conn) expect(bytes int64, line int, wait time.Duration) error {
	c.left, c.long = bytes+overhead, line
	return c.conn.SetDeadline(time.Now().Add(wait))
}

// command sends a command and hands each untagged answer to each, up to the tagged one.
func (c *Conn) command(bytes int64, line int, each func(answer) error, format string, args ...any) error {
	tag, err := c.begin(bytes, line, format, args...)
	if err != nil {
		return err
	}
	return c.finish(tag, each)
}

func (c *Conn) begin(bytes int64, line int, format string, args ...any) (tag string, err error) {
	if err := c.expect(bytes, line, patience); err != nil {
		return "", err
	}
	c.tag++
	tag = "s" + strconv.Itoa(c.tag)
	_, err = fmt.Fprintf(c.conn, tag+" "+format+"\r\n", args...)
	return tag, err
}

func (c *Conn) finish(tag string, each func(answer) error) error {
	for {
		a, err := c.read()
		if err != nil {
			return err
		}
		switch rest, own := strings.CutPrefix(a.text, tag+" "); {
		case own:
			return status(rest)
		case strings.HasPrefix(a.text, "* BYE"):
			return fmt.Errorf("the server hangs up: %s", clip(a.text[5:]))
		case strings.HasPrefix(a.text, "* "):
			c.news = c.news || tellsNews(a.text)
			if each == nil {
				continue
			}
			if err := each(answer{a.text[2:], a.literals}); err != nil {
				return err
			}
		case strings.HasPrefix(a.text, "+"): // nothing was asked for
		default:
			return fmt.Errorf("%w: %q", errGarbage, clip(a.text))
		}
	}
}

// tellsNews reports whether an answer says that letters have come: * 12 EXISTS.
func tellsNews(text string) bool {
	words := strings.Fields(strings.ToUpper(text))
	return len(words) == 3 && (words[2] == "EXISTS" || words[2] == "RECENT")
}

// status is what a tagged answer says.
func status(text string) error {
	word, rest, _ := strings.Cut(text, " ")
	switch strings.ToUpper(word) {
	case "OK":
		return nil
	case "NO", "BAD":
		return &Refused{clip(rest)}
	}
	return fmt.Errorf("%w: %q", errGarbage, clip(text))
}

// read reads one answer with its literals.
func (c *Conn) read() (answer, error) {
	var a answer
	var text strings.Builder
	for {
		line, err := c.line(c.long - text.Len())
		if err != nil {
			return a, err
		}
		text.Write(line)
		size, announced, err := literalAt(line)
		if err != nil {
			return a, err
		}
		if !announced {
			a.text = text.String()
			return a, nil
		}
		if len(a.literals) == maxLiterals {
			return a, errTooMuch
		}
		literal, err := c.literal(size)
		if err != nil {
			return a, err
		}
		a.literals = append(a.literals, literal)
	}
}

// line reads up to the end of a line, without that.
func (c *Conn) line(most int) ([]byte, error) {
	var long []byte
	for {
		chunk, err := c.r.ReadSlice('\n')
		if c.left -= int64(len(chunk)); c.left < 0 || len(long)+len(chunk) > most {
			return nil, errTooMuch
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, lost(err)
		}
		if err == nil && long == nil {
			return trimEnd(chunk), nil
		}
		if long = append(long, chunk...); err == nil {
			return trimEnd(long), nil
		}
	}
}

func trimEnd(line []byte) []byte {
	line = line[:len(line)-1]
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return line
}

// literalAt is the literal that a line announces at its end: {n}.
func literalAt(line []byte) (size int64, announced bool, err error) {
	if len(line) == 0 || line[len(line)-1] != '}' {
		return 0, false, nil
	}
	open := strings.LastIndexByte(string(line[max(0, len(line)-24):]), '{')
	if open < 0 {
		return 0, false, nil
	}
	digits := string(line[max(0, len(line)-24)+open+1 : len(line)-1])
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, false, nil
	}
	size, err = strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0, false, errTooMuch
	}
	return size, true, nil
}

// literal reads one. Memory is taken as bytes come, not as they are announced.
func (c *Conn) literal(size int64) ([]byte, error) {
	if c.left -= size; c.left < 0 {
		return nil, fmt.Errorf("%w: a literal of %d bytes", errTooMuch, size)
	}
	literal, err := io.ReadAll(io.LimitReader(c.r, size))
	if err == nil && int64(len(literal)) < size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, lost(err)
	}
	return literal, nil
}

// lost says in words that a connection is gone.
func lost(err error) error {
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return fmt.Errorf("the server does not answer: %w", err)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the server hung up: %w", err)
	}
	return err
}

// clip makes what a server says fit for a line that people read.
func clip(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\uFFFD' {
			return ' '
		}
		return r
	}, strings.TrimSpace(text))
	const most = 200
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}
