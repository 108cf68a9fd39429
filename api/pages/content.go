package pages

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"seventh/internal/content"
	"seventh/internal/store"
)

type contentPage struct {
	frame
	Number  int
	Saved   string // when, by the clock on the wall
	Changed string
	Failed  string
	Files   []problemFile
	Totals  string
	Plan    string
	Refused bool
	InForce bool // there is nothing to publish
}

// problemFile are the problems of one file.
type problemFile struct {
	Name     string
	Problems []content.Problem
}

var contentView = parse[contentPage]("content.html")

// showContent is the folder that is being written as it was saved last. The page asks
// again every second, and is answered when there is something new.
func (s *site) showContent(c echo.Context) error {
	page := contentPage{frame: frameOf(c, "content", "Content")}
	if page.User.Role == "rep" {
		return problem{http.StatusForbidden, "Content is the marketers’ business. Ask one of them."}
	}
	l := s.Content.Latest()
	if polls(c) && c.QueryParam("seen") == strconv.Itoa(l.Number) {
		return c.NoContent(http.StatusNoContent)
	}
	page.Number, page.Saved, page.Changed = l.Number, l.At.In(page.scene.zone).Format("15:04:05"), strings.Join(l.Changed, ", ")
	if l.Failed != nil {
		page.Failed = l.Failed.Error()
	}
	page.Files = byFile(l.Problems)
	if l.Plan != nil {
		page.Plan, page.Refused = l.Plan.Text(l.Zone()), len(l.Plan.Refused) > 0
		page.InForce = !l.Plan.Any() && !page.Refused
	}
	return contentView.render(c, http.StatusOK, page)
}

// polls tells that a page asks for news by itself. Its answer is shown in part, so what
// a person has to read, such as that something was published, is not for it.
func polls(c echo.Context) bool {
	return c.Request().Header.Get("HX-Request") != "" && c.QueryParam("seen") != ""
}

// byFile groups problems, which come in the order of the files.
func byFile(problems []content.Problem) []problemFile {
	var files []problemFile
	for _, p := range problems {
		if n := len(files); n == 0 || files[n-1].Name != p.File {
			files = append(files, problemFile{Name: p.File})
		}
		last := &files[len(files)-1]
		last.Problems = append(last.Problems, p)
	}
	return files
}

// publishContent puts in force what the page showed.
func (s *site) publishContent(c echo.Context) error {
	ctx, user := c.Request().Context(), frameOf(c, "", "").User
	if user.Role == "rep" {
		return problem{http.StatusForbidden, "Only marketers publish. Ask one of them."}
	}
	number, _ := strconv.Atoi(c.FormValue("number"))
	published, err := s.Content.Publish(ctx, number)
	flash := fmt.Sprintf("Publication %d is in force.", published.ID)
	switch {
	case errors.Is(err, content.ErrOldLook):
		flash = "The folder was saved again meanwhile, so nothing was published. Look at what it would change now."
	case err != nil:
		flash = "Nothing was published: " + err.Error()
	default:
		if err := store.Notify(ctx, s.DB, store.PlanChannel); err != nil {
			return err
		}
	}
	s.sessions.Put(ctx, sessionFlash, flash)
	return c.Redirect(http.StatusSeeOther, "/content")
}
