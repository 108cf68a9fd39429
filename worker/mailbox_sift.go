package worker

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"seventh/internal/inbound"
	"seventh/internal/mailbox"
	"seventh/internal/store"
	"seventh/internal/token"
	"seventh/sequences"
)

// sift reads letters and returns those that concern us. The others, which are their
// owner's alone, are not kept, and mostly not even read beyond their header.
func (r *reader) sift(conn *mailbox.Conn, uids []uint32) ([]store.Evidence, error) {
	heads, err := conn.Heads(uids)
	if err != nil {
		return nil, err
	}
	var list []store.Evidence
	for _, head := range heads {
		if head.Draft {
			continue
		}
		if head.Header == nil {
			return nil, errors.New("the server gives a letter without its header")
		}
		about := r.worker.lookAt(head.Header, r.own)
		if !about.ours && !about.maybe {
			continue
		}
		raw, err := conn.Letter(head.UID)
		if err != nil {
			return nil, err
		}
		if raw == nil {
			continue
		}
		if evidence, concerns := r.evidence(raw, about); concerns {
			list = append(list, evidence)
		}
	}
	return list, nil
}

// about is what a letter's header tells of it.
type about struct {
	ours  bool // it has a mark of ours
	maybe bool // it looks like something that a machine returns: its body will tell
}

// lookAt judges a letter by its header. What is no letter is nobody's.
func (w *Worker) lookAt(header []byte, own map[string]bool) about {
	l, err := inbound.Read(header)
	if err != nil {
		return about{}
	}
	maybe := returned(l)
	if w.isSent(l) || own[addressKey(l.From.Address)] {
		return about{maybe: maybe} // a copy of what we, or a rep, wrote, whatever it speaks of
	}
	_, found := w.messageOf(inbound.Refs(l))
	return about{ours: found, maybe: maybe}
}

// isSent reports whether a letter is one of those that we sent.
func (w *Worker) isSent(l *inbound.Letter) bool {
	_, err := w.options.Links.OpenMessageID(inbound.MarkIn(l.MessageID))
	return err == nil
}

// evidence is a whole letter, if it is to be kept.
func (r *reader) evidence(raw []byte, about about) (store.Evidence, bool) {
	l, err := inbound.Read(raw)
	if err != nil {
		return store.Evidence{}, false
	}
	if !about.ours && len(inbound.Bounces(l)) == 0 {
		if _, complaint := inbound.Complaint(l); !complaint {
			return store.Evidence{}, false
		}
	}
	return store.Evidence{Source: store.FromMailbox, Origin: r.mailbox.Name, DedupeKey: letterKey(l, raw), Raw: raw, ReceivedAt: r.worker.wall()}, true
}

// letterKey is the same for the copies of a letter, whichever way each came, and cannot
// be guessed by whoever has not got it.
func letterKey(l *inbound.Letter, raw []byte) string {
	hash := sha256.New()
	fmt.Fprintf(hash, "%q %q %q %q", l.MessageID, l.Header.Get("Date"), strings.ToLower(l.From.Address), l.Subject)
	if l.MessageID == "" {
		raw = bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n"))
		_, body, _ := bytes.Cut(raw, []byte("\n\n"))
		hash.Write(body)
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// returned reports whether a header looks like that of something that mail servers
// make: bounces and complaints, also the strange ones.
func returned(l *inbound.Letter) bool {
	kind := strings.ToLower(l.Header.Get("Content-Type"))
	if strings.HasPrefix(kind, "multipart/report") || strings.TrimSpace(l.Header.Get("Return-Path")) == "<>" || l.Header.Get("X-Failed-Recipients") != "" {
		return true
	}
	text := strings.ToLower(l.From.Address + " " + l.From.Name + " " + l.Subject)
	for _, sign := range []string{
		"daemon", "postmaster", "deliver", "bounce", "undeliver", "returned", "failure", "failed", "rejected", "abuse", "complaint", "feedback", "staff@", "unzustellbar", "достав", "отклон", "жалоб",
	} {
		if strings.Contains(text, sign) {
			return true
		}
	}
	return false
}

// ownAddresses are those that our letters, and those that reps write by hand, come from.
func (w *Worker) ownAddresses(ctx context.Context, s *sequences.Settings) (map[string]bool, error) {
	users, err := store.ListUsers(ctx, w.options.Pool)
	if err != nil {
		return nil, err
	}
	own := make(map[string]bool)
	for _, user := range users {
		own[addressKey(user.Email)] = true
	}
	for _, sender := range s.Senders {
		own[addressKey(sender.Email)] = true
	}
	return own, nil
}

func addressKey(address string) string {
	if normal, err := store.NormalizeAddress(address); err == nil {
		return normal
	}
	return strings.ToLower(address)
}

// readMail makes events of a letter from a mailbox.
func (w *Worker) readMail(ctx context.Context, raw []byte) ([]inbound.Event, error) {
	l, err := inbound.Read(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnreadable, err)
	}
	if w.isSent(l) && !returned(l) {
		return nil, nil
	}
	sent, err := w.sent(ctx, l)
	if err != nil {
		return nil, err
	}
	return inbound.Events(l, sent), nil
}

// sent is what is known of the letter of ours that one answers. When it went is told in
// the clock that dates answers: wall time, which the sandbox's business time is ahead of.
func (w *Worker) sent(ctx context.Context, l *inbound.Letter) (sent inbound.Sent, err error) {
	id, found := w.messageOf(inbound.Refs(l))
	if !found {
		return sent, nil
	}
	message, err := store.MessageByID(ctx, w.options.Pool, id)
	if errors.Is(err, store.ErrNotFound) {
		return sent, nil
	}
	if err != nil {
		return sent, err
	}
	sent.Subject = message.Subject
	if message.SentAt == nil {
		return sent, nil
	}
	clock, err := store.ReadClock(ctx, w.options.Pool)
	if err != nil {
		return sent, err
	}
	sent.At = message.SentAt.Add(-clock.Shift)
	return sent, nil
}

// messageOf finds the letter of ours that the first of some references names.
func (w *Worker) messageOf(refs []string) (int64, bool) {
	for _, ref := range refs {
		mark := inbound.MarkIn(ref)
		for _, purpose := range marks {
			if id, err := w.options.Links.OpenMark(mark, purpose); err == nil {
				return id, true
			}
		}
	}
	return 0, false
}

// marks are what addresses and Message-IDs of ours hold.
var marks = []token.Purpose{token.Return, token.Reply, token.MessageID, token.Leave}
