package pages

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"seventh/internal/engine"
	"seventh/internal/store"
)

// unconfirmedPage are the letters of which nobody knows whether they arrived.
type unconfirmedPage struct {
	frame
	Zone    string
	Letters []unconfirmedLine
	Total   int
	Next    int64 // the id after which the next page begins; 0 without one
	First   bool
	Ways    []way
}

type unconfirmedLine struct {
	store.OpenUnconfirmed
	Who      string
	Sequence string
	Since    moment
	Then     string // what becomes of it by itself, '' for nothing
}

// way is what an unconfirmed letter can be taken for, with the words on its button.
type way struct{ As, Words string }

var ways = []way{
	{engine.AsSent, "It arrived"},
	{engine.AsFailed, "It is lost"},
	{engine.AsSendAgain, "Send it again"},
}

// unconfirmedAtOnce is how many letters a page shows.
const unconfirmedAtOnce = 50

var unconfirmedView = parse[unconfirmedPage]("unconfirmed.html")

func (s *site) listUnconfirmed(c echo.Context) error {
	ctx := c.Request().Context()
	f := frameOf(c, "touches", "Unconfirmed letters")
	if f.User.Role != "admin" {
		return errOnlyAdmins
	}
	page := unconfirmedPage{frame: f, Zone: f.scene.zone.String(), Ways: ways}
	after, _ := strconv.ParseInt(c.QueryParam("after"), 10, 64) // a broken one is the first page
	page.First = after == 0
	list, err := store.ListUnconfirmed(ctx, s.DB, store.UnconfirmedFilter{After: after, Limit: unconfirmedAtOnce + 1})
	if err != nil {
		return err
	}
	if len(list) > unconfirmedAtOnce {
		list = list[:unconfirmedAtOnce]
		page.Next = list[len(list)-1].MessageID
	}
	for _, u := range list {
		line := unconfirmedLine{OpenUnconfirmed: u, Who: orElse(u.Name, u.Client), Sequence: f.scene.title(u.Sequence), Since: at(u.Since, f.scene.zone)}
		line.Reason = orElse(lostWords(u.Reason), u.Reason)
		line.Subject = orElse(u.Subject, "Letter "+u.Step)
		if line.Then, err = s.byItself(ctx, f.scene, &u); err != nil {
			return err
		}
		page.Letters = append(page.Letters, line)
	}
	if page.Total, err = store.CountUnconfirmed(ctx, s.DB); err != nil {
		return err
	}
	return unconfirmedView.render(c, http.StatusOK, page)
}

// byItself says what becomes of a letter if nobody decides; "" for nothing.
func (s *site) byItself(ctx context.Context, sc scene, u *store.OpenUnconfirmed) (string, error) {
	as, when, err := s.Engine.ByItself(ctx, s.DB, u)
	on := when.In(sc.zone).Format("Mon 2 Jan 2006, 15:04")
	switch {
	case err != nil || as == "":
		return "", err
	case as == engine.AsSendAgain:
		return "Unless something comes back for it, it is sent once more on " + on + ".", nil
	case u.Ended:
		return "Unless something comes back for it, it is taken for sent on " + on + ".", nil
	}
	return "Unless something comes back for it, it is taken for sent on " + on + ", and the sequence goes on by itself.", nil
}

// thenOf is byItself of one letter.
func (s *site) thenOf(ctx context.Context, sc scene, messageID int64) (string, error) {
	list, err := store.ListUnconfirmed(ctx, s.DB, store.UnconfirmedFilter{After: messageID - 1, Limit: 1})
	if err != nil || len(list) == 0 || list[0].MessageID != messageID {
		return "", err
	}
	return s.byItself(ctx, sc, &list[0])
}

var errOnlyAdmins = problem{http.StatusForbidden, "Only admins decide about this. Ask one of them."}

// decisionOf is what a form decides, by whom.
func decisionOf(c echo.Context) (engine.Decision, error) {
	user := frameOf(c, "", "").User
	d := engine.Decision{As: c.FormValue("as"), By: user.Email, Note: strings.Join(strings.Fields(storable(c.FormValue("note"))), " ")}
	switch {
	case user.Role != "admin":
		return d, errOnlyAdmins
	case !slices.Contains(engine.Ways, d.As) || len(d.Note) > 2000:
		return d, problem{http.StatusBadRequest, "Choose what became of the letter, and keep the note under 500 characters."}
	}
	return d, nil
}

// confirmLetter decides about one letter.
func (s *site) confirmLetter(c echo.Context) error {
	ctx := c.Request().Context()
	d, err := decisionOf(c)
	if err != nil {
		return err
	}
	id := number(c, "id")
	flash := map[string]string{engine.AsSent: "Taken for sent. The sequence goes on.", engine.AsFailed: "Taken for lost. The sequence goes on.", engine.AsSendAgain: "It goes again."}[d.As]
	switch err := s.Engine.Confirm(ctx, id, d); {
	case errors.Is(err, engine.ErrConfirmed):
		flash = "This was cleared up already."
	case errors.Is(err, engine.ErrEnded):
		flash = "It cannot go again: the sequence has ended for this client."
	case err != nil:
		return err
	}
	s.sessions.Put(ctx, sessionFlash, flash)
	back := localPath(c.FormValue("back"))
	if back == "/" {
		back = fmt.Sprintf("/letters/%d", id)
	}
	return c.Redirect(http.StatusSeeOther, back)
}

// confirmAllLetters decides about all of them, a few thousand at a time.
func (s *site) confirmAllLetters(c echo.Context) error {
	ctx := c.Request().Context()
	d, err := decisionOf(c)
	if err != nil {
		return err
	}
	done, left, last := 0, 0, int64(0)
	for range 10 {
		var n, stay int
		if n, stay, last, err = s.Engine.ConfirmAll(ctx, store.UnconfirmedFilter{After: last, Limit: 500}, d); err != nil {
			return err
		}
		if done, left = done+n, left+stay; last == 0 {
			break
		}
	}
	flash := counted(done, "letter") + " decided about."
	if left > 0 {
		flash += fmt.Sprintf(" %d cannot go again: their sequence has ended.", left)
	}
	if last != 0 {
		flash += " There are more: press the button again."
	}
	s.sessions.Put(ctx, sessionFlash, flash)
	return c.Redirect(http.StatusSeeOther, "/unconfirmed")
}
