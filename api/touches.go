package api

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"seventh/internal/store"
)

// touchJSON is one line of the ledger.
type touchJSON struct {
	ID        string         `json:"id"`
	Client    string         `json:"client"`
	Kind      string         `json:"kind"`
	Channel   string         `json:"channel" enum:"email,call,meeting,message,other"`
	At        time.Time      `json:"at"`
	Actor     string         `json:"actor" doc:"human, machine or unknown of opens and clicks; else who did it."`
	Sequence  string         `json:"sequence"`
	Step      string         `json:"step"`
	MessageID string         `json:"message_id" doc:"Message-ID of the letter it is about; empty without one."`
	Rep       string         `json:"rep"`
	Data      map[string]any `json:"data"`
}

type touchAnswer struct {
	Status int
	Body   touchJSON
}

// touches lists the ledger.
func (s *server) touches(ctx context.Context, in *struct {
	Paging
	Client   string    `query:"client"`
	Rep      string    `query:"rep" doc:"E-mail address."`
	Sequence string    `query:"sequence"`
	Kind     string    `query:"kind"`
	Channel  string    `query:"channel" enum:"email,call,meeting,message,other"`
	Since    time.Time `query:"since" doc:"This moment and later."`
	Until    time.Time `query:"until" doc:"Before this moment."`
}) (*list[touchJSON], error) {
	after, afterID, err := lastTime("touches", in.Cursor)
	if err != nil {
		return nil, err
	}
	rows, err := store.ListTouches(ctx, s.DB, store.TouchFilter{
		Client: in.Client, Rep: strings.ToLower(in.Rep), Sequence: in.Sequence, Kind: in.Kind, Channel: in.Channel,
		Since: given(in.Since), Until: given(in.Until), After: after, AfterID: afterID, Limit: in.Limit + 1,
	})
	if err != nil {
		return nil, err
	}
	names, err := s.messageIDs(ctx, rows)
	if err != nil {
		return nil, err
	}
	show := func(t *store.Touch) touchJSON { return showTouch(t, names) }
	return pageOf(rows, in.Limit, show, func(t *store.Touch) string { return timeCursor("touches", t.Place, t.ID) }), nil
}

func showTouch(t *store.Touch, messageIDs map[int64]string) touchJSON {
	shown := touchJSON{
		ID: t.ID, Client: t.Client, Kind: t.Kind, Channel: t.Channel, At: t.At.UTC(), Actor: t.Actor,
		Sequence: t.Sequence, Step: t.Step, Rep: t.Rep, Data: t.Data,
	}
	if t.MessageID != nil {
		shown.MessageID = messageIDs[*t.MessageID]
	}
	return shown
}

// messageIDs finds the Message-IDs of the letters that touches are about.
func (s *server) messageIDs(ctx context.Context, touches []store.Touch) (map[int64]string, error) {
	var ids []int64
	for _, t := range touches {
		if t.MessageID != nil {
			ids = append(ids, *t.MessageID)
		}
	}
	senders, err := store.SendersOf(ctx, s.DB, ids)
	if err != nil {
		return nil, err
	}
	names := make(map[int64]string, len(senders))
	for id, sender := range senders {
		names[id] = s.messageID(id, sender)
	}
	return names, nil
}

// newTouch is a touch by a person.
type newTouch struct {
	Client  string         `json:"client"`
	Kind    string         `json:"kind" doc:"call, meeting, letter, message, note, or a word of your own; not what seventh finds out itself."`
	Channel string         `json:"channel,omitempty" enum:"email,call,meeting,message,other" doc:"Follows from the kind if left out."`
	At      *time.Time     `json:"at,omitempty" doc:"Now if left out."`
	Rep     string         `json:"rep,omitempty" doc:"Who did it; the client's owner if left out."`
	Data    map[string]any `json:"data,omitempty" doc:"Whatever is worth keeping, such as notes."`
}

// channels of the usual kinds; any other is "other".
var channels = map[string]string{"call": "call", "meeting": "meeting", "letter": "email", "message": "message"}

// reserved are the kinds that come about by what seventh sees itself, and those
// that change a client's chains: the CRM tells them as events.
var reserved = []string{
	"sent", "delivered", "opened", "clicked", "replied", "auto_replied", "bounced", "complained", "unsubscribed",
	"purchase", "deal_opened", "deal_won", "deal_lost", "meeting_booked", "request", "refusal", "owner_changed", "category_changed",
}

var kindForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

// addTouch writes a human touch.
func (s *server) addTouch(ctx context.Context, in *struct{ Body newTouch }) (*touchAnswer, error) {
	now, err := store.Now(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	touch, check := &in.Body, (&rules{now: now}).check()
	check.touch(touch)
	client, err := store.ClientByExternalID(ctx, s.DB, touch.Client)
	if err := check.known("body.client", err); err != nil {
		return nil, err
	}
	if err := check.err(); err != nil {
		return nil, err
	}
	return s.writeTouch(ctx, touch, &client, now)
}

func (c *checking) touch(t *newTouch) {
	if !kindForm.MatchString(t.Kind) {
		c.add("body.kind", "must be a word of small letters, digits and _, at most 40", t.Kind)
	} else if slices.Contains(reserved, t.Kind) {
		c.add("body.kind", "is not for people to write down; tell what happened by POST /api/v1/events", t.Kind)
	}
	c.past("body.at", t.At)
	c.email("body.rep", &t.Rep)
}

func (s *server) writeTouch(ctx context.Context, t *newTouch, client *store.Client, now time.Time) (*touchAnswer, error) {
	row := store.NewTouch{ClientID: client.ID, Kind: t.Kind, Channel: t.Channel, At: now, Actor: "rep", Data: t.Data}
	if row.Channel == "" {
		row.Channel = channels[t.Kind]
	}
	if row.Channel == "" {
		row.Channel = "other"
	}
	if t.At != nil {
		row.At = *t.At
	}
	shown := touchJSON{Client: client.ExternalID, Kind: row.Kind, Channel: row.Channel, At: row.At.UTC(), Actor: row.Actor, Rep: client.Owner, Data: t.Data}
	if t.Rep != "" {
		address, err := store.NormalizeAddress(t.Rep)
		if err != nil {
			return nil, err
		}
		reps, err := store.OwnersByEmail(ctx, s.DB, []string{address})
		if err != nil {
			return nil, err
		}
		id := reps[address]
		row.RepID, shown.Rep = &id, address
	}
	var err error
	shown.ID, err = s.Engine.NoteTouch(ctx, row)
	return &touchAnswer{Status: http.StatusCreated, Body: shown}, err
}
