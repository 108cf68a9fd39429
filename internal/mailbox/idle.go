package mailbox

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

// CanIdle reports whether the server tells of new letters by itself.
func (c *Conn) CanIdle() bool { return c.able["IDLE"] }

// Idle waits until the open folder has something new, or for so long (RFC 2177: less
// than 29 minutes).
func (c *Conn) Idle(wait time.Duration) error {
	if err := c.idle(wait); err != nil {
		return fmt.Errorf("waiting for letters: %w", err)
	}
	return nil
}

func (c *Conn) idle(wait time.Duration) error {
	tag, err := c.begin(0, maxLine, "IDLE")
	if err != nil {
		return err
	}
	for {
		a, err := c.read()
		if err != nil {
			return err
		}
		if rest, own := strings.CutPrefix(a.text, tag+" "); own {
			return status(rest)
		}
		if c.news = c.news || tellsNews(a.text); strings.HasPrefix(a.text, "+") {
			break
		}
	}
	if c.news { // told between the commands before
		wait = 0
	}
	if err := c.await(wait); err != nil {
		return err
	}
	if err := c.expect(0, maxLine, patience); err != nil {
		return err
	}
	if _, err := c.conn.Write([]byte("DONE\r\n")); err != nil {
		return err
	}
	return c.finish(tag, nil)
}

// await waits for word of a letter; that none comes is no error. A deadline that strikes
// within a line would lose its beginning, so a line that has begun is waited for.
func (c *Conn) await(wait time.Duration) error {
	deadline := time.Now().Add(wait)
	for time.Now().Before(deadline) {
		if err := c.conn.SetReadDeadline(deadline); err != nil {
			return err
		}
		if _, err := c.r.Peek(1); err != nil {
			if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
				return nil
			}
			return lost(err)
		}
		if err := c.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
			return err
		}
		a, err := c.read()
		if err != nil {
			return err
		}
		switch {
		case tellsNews(a.text):
			return nil
		case strings.HasPrefix(a.text, "* BYE"):
			return fmt.Errorf("the server hangs up: %s", clip(a.text))
		}
	}
	return nil
}
