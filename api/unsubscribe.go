package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"seventh/internal/engine"
	"seventh/internal/store"
	"seventh/internal/token"
	"seventh/sequences"
)

// A letter's link only ever takes letters away: whoever it was forwarded to has it, too,
// and must not be able to bring them back. That is for the client's rep.

// leavePage is what unsubscribe.html shows, in words of one language.
type leavePage struct {
	leaveWords
	Address string   // masked
	Notice  string   // what has been done, or holds already
	Choices []choice // what can still be chosen
}

// choice is one button.
type choice struct{ Lead, Value, Label string }

// unsubscribePage asks. Programs follow every link of a letter, so that asking
// must not change anything.
func (s *server) unsubscribePage(c echo.Context) error {
	letter, err := s.letterToLeave(c)
	if err != nil {
		return err
	}
	words := s.leaveWords(c, letter)
	notice := ""
	if letter.all {
		notice = words.Already
	}
	return s.showLeave(c, words, letter, notice)
}

// unsubscribe acts: on the page's buttons, and on the one click of a mail program
// (RFC 8058), which sends no cookie and no origin. The token alone gives the right
// to it, and it may come as often as it likes.
func (s *server) unsubscribe(c echo.Context) error {
	letter, err := s.letterToLeave(c)
	if err != nil {
		return err
	}
	// Two notes and a button take far less. What is longer is not from our page.
	const limit, patience = 16 << 10, 10 * time.Second
	_ = http.NewResponseController(c.Response()).SetReadDeadline(time.Now().Add(patience)) // a recorder in tests has none
	body, _ := io.ReadAll(io.LimitReader(c.Request().Body, limit))                         // half of a body is as good as none
	wish := wishIn(c.Request().Header.Get(echo.HeaderContentType), body)
	words := s.leaveWords(c, letter)
	notice, err := s.leave(c.Request().Context(), letter, wish, words)
	if err != nil {
		return err
	}
	if letter, err = s.letterToLeave(c); err != nil {
		return err
	}
	return s.showLeave(c, words, letter, notice)
}

// leave does what is wished for and says so.
func (s *server) leave(ctx context.Context, letter *leaving, w wish, words *leaveWords) (string, error) {
	switch {
	case w.unclear:
		return words.Unclear, nil
	case w.sequence && !letter.erased:
		return words.series(words.LeftSeries, letter.series), s.Engine.LeaveSequence(ctx, letter.message)
	case !w.every.IsZero() && !letter.erased:
		holds, err := s.Engine.PreferFewer(ctx, letter.message, w.every)
		if err != nil || holds == w.every {
			return words.fewer(words.Fewer, w.every), err
		}
		return words.fewer(words.FewerBefore, holds), nil
	}
	return words.LeftAll, s.Engine.Unsubscribe(ctx, letter.message)
}

// leaving is a letter whose link is used, and what its client has said before.
type leaving struct {
	message int64
	erased  bool // its client: nothing else is known
	address string
	locale  string // of the client, '' if it is not known
	series  map[string]string
	all     bool // he gets no automated letters
	left    bool // nor any of this sequence
	every   sequences.Duration
}

// letterToLeave finds the letter that a link belongs to. It changes nothing.
func (s *server) letterToLeave(c echo.Context) (*leaving, error) {
	t, err := s.Links.Open(c.Param("token"), token.Unsubscribe)
	if err != nil {
		return nil, echo.ErrNotFound
	}
	ctx := c.Request().Context()
	letter, err := store.ToldLetterByID(ctx, s.DB, t.Message)
	if errors.Is(err, store.ErrNotFound) {
		return s.erasedLetter(ctx, t.Message)
	}
	if err != nil {
		return nil, err
	}
	client, err := store.ClientByID(ctx, s.DB, letter.ClientID)
	if err != nil {
		return nil, err
	}
	l := &leaving{message: t.Message, address: letter.Recipient, locale: client.Locale, series: map[string]string{}}
	if catalog, err := s.catalog(ctx); err == nil {
		if v := catalog.Current(letter.Sequence); v != nil {
			l.series = v.Sequence.SeriesNames()
		}
	}
	if wish, err := s.Engine.PreferenceOf(ctx, s.DB, client.ID); err != nil {
		return nil, err
	} else if wish != nil {
		l.every = wish.LettersEvery
	}
	said, err := store.SuppressionsOf(ctx, s.DB, []string{letter.Recipient})
	for _, x := range said {
		own := x.Reason == "unsubscribed" || x.Reason == "complained" // else he may still say so himself
		l.all = l.all || own && x.Scope == ""
		l.left = l.left || own && x.Scope == letter.Sequence
	}
	return l, err
}

func (s *server) erasedLetter(ctx context.Context, messageID int64) (*leaving, error) {
	erased, err := store.IsErased(ctx, s.DB, messageID)
	if err == nil && !erased {
		err = echo.ErrNotFound
	}
	return &leaving{message: messageID, erased: true}, err
}

// leaveWords are in the client's language, else in the browser's, else in that of the
// content.
func (s *server) leaveWords(c echo.Context, letter *leaving) *leaveWords {
	fallback := ""
	if catalog, err := s.catalog(c.Request().Context()); err == nil {
		fallback = catalog.Settings.Locale
	}
	return leaveWordsFor(letter.locale, c.Request().Header.Get("Accept-Language"), fallback)
}

func (s *server) showLeave(c echo.Context, words *leaveWords, letter *leaving, notice string) error {
	page := leavePage{leaveWords: *words, Address: masked(letter.address), Notice: notice}
	if !letter.all && !(letter.erased && notice != "") {
		page.Choices = words.choices(letter)
	}
	private(c)
	c.Response().Header().Set("Vary", "Accept-Language")
	return plain(c, http.StatusOK, "unsubscribe.html", page)
}

// choices are what a client may still say. What brings less is never taken back here.
func (w *leaveWords) choices(letter *leaving) []choice {
	list := []choice{{Value: chooseAll, Label: w.All}}
	if letter.erased {
		return list
	}
	if !letter.left {
		list = append(list, choice{Lead: w.OnlySeries, Value: chooseSequence, Label: w.series(w.Series, letter.series)})
	}
	lead := w.OrFewer
	for _, every := range engine.SlowerLetters {
		if letter.every.IsZero() || engine.Slower(every, letter.every) {
			list = append(list, choice{Lead: lead, Value: every.String(), Label: w.AtMost[every.String()]})
			lead = ""
		}
	}
	return list
}

// masked shows enough of an address for its owner to know it: a forwarded letter
// must not give it away.
func masked(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 1 {
		return ""
	}
	_, first := utf8.DecodeRuneInString(address)
	return address[:first] + "•••" + address[at:]
}
