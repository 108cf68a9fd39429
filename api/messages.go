package api

import (
	"context"
	"strconv"
	"strings"
	"time"

	"seventh/internal/store"
)

// messageJSON is one letter for one step.
type messageJSON struct {
	ID        int64      `json:"id"`
	MessageID string     `json:"message_id" doc:"Message-ID, without the angle brackets."`
	Client    string     `json:"client"`
	Sequence  string     `json:"sequence"`
	Step      string     `json:"step"`
	Sender    string     `json:"sender"`
	Subject   string     `json:"subject"`
	State     string     `json:"state" enum:"planned,claimed,transmitting,sent,failed,unconfirmed,cancelled,held"`
	Reason    string     `json:"reason" doc:"Why it waits, or what became of it."`
	DueAt     time.Time  `json:"due_at"`
	Until     *time.Time `json:"until" doc:"When it is tried again, if it was put off."`
	SentAt    *time.Time `json:"sent_at"`
	Attempts  int        `json:"attempts"`
	Response  string     `json:"response" doc:"The mail server's words."`
}

func (s *server) showMessage(m *store.Message) messageJSON {
	return messageJSON{
		ID: m.ID, MessageID: s.messageID(m.ID, m.Sender), Client: m.Client, Sequence: m.Sequence, Step: m.Step, Sender: m.Sender,
		Subject: m.Subject, State: m.State, Reason: reasonOf(m), DueAt: m.DueAt.UTC(), Until: utc(m.Until), SentAt: utc(m.SentAt),
		Attempts: m.Attempts, Response: m.Response,
	}
}

// reasonOf says why a letter waits, and until when.
func reasonOf(m *store.Message) string {
	if m.Until == nil || !strings.HasPrefix(m.Reason, "waits") {
		return m.Reason
	}
	return m.Reason + ", goes " + m.Until.UTC().Format("Mon 2 Jan 15:04 MST")
}

// messageID is the Message-ID that a letter of a sender has.
func (s *server) messageID(id int64, sender string) string {
	if address, err := store.NormalizeAddress(sender); err == nil {
		sender = address
	}
	return s.Links.MessageID(id) + "@" + sender[strings.LastIndexByte(sender, '@')+1:]
}

// messages lists letters.
func (s *server) messages(ctx context.Context, in *struct {
	Paging
	Client   string    `query:"client"`
	Sequence string    `query:"sequence"`
	Sender   string    `query:"sender" doc:"E-mail address."`
	State    string    `query:"state" enum:"planned,claimed,transmitting,sent,failed,unconfirmed,cancelled,held"`
	Since    time.Time `query:"since" doc:"Due at this moment or later."`
}) (*list[messageJSON], error) {
	before, err := lastID("messages", in.Cursor)
	if err != nil {
		return nil, err
	}
	rows, err := store.ListMessages(ctx, s.DB, store.MessageFilter{
		Client: in.Client, Sequence: in.Sequence, Sender: in.Sender, State: in.State, Since: given(in.Since), Before: before, Limit: in.Limit + 1,
	})
	if err != nil {
		return nil, err
	}
	return pageOf(rows, in.Limit, s.showMessage, func(m *store.Message) string { return idCursor("messages", m.ID) }), nil
}

type messagePath struct {
	ID string `path:"id" doc:"Its id, or its Message-ID with or without the angle brackets."`
}

// row finds the id that a path means; store.ErrNotFound if it means none.
func (s *server) row(p *messagePath) (int64, error) {
	if id, err := strconv.ParseInt(p.ID, 10, 64); err == nil {
		return id, nil
	}
	local, _, _ := strings.Cut(strings.Trim(p.ID, "<>"), "@")
	id, err := s.Links.OpenMessageID(local)
	if err != nil {
		return 0, store.ErrNotFound
	}
	return id, nil
}

// message shows one letter.
func (s *server) message(ctx context.Context, in *messagePath) (*struct{ Body messageJSON }, error) {
	id, err := s.row(in)
	if err != nil {
		return nil, err
	}
	message, err := store.MessageByID(ctx, s.DB, id)
	if err != nil {
		return nil, err
	}
	return &struct{ Body messageJSON }{s.showMessage(&message)}, nil
}

type sourceAnswer struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte `contentType:"message/rfc822"`
}

// source gives the bytes of a letter that went out.
func (s *server) source(ctx context.Context, in *messagePath) (*sourceAnswer, error) {
	id, err := s.row(in)
	if err != nil {
		return nil, err
	}
	raw, err := s.Source(ctx, id)
	if err != nil {
		return nil, err
	}
	return &sourceAnswer{
		ContentType: "message/rfc822", Disposition: `attachment; filename="message-` + strconv.FormatInt(id, 10) + `.eml"`, Body: raw,
	}, nil
}
