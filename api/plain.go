package api

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"

	"github.com/labstack/echo/v4"
)

// The few pages that need no login, with a style of their own.
//
//go:embed plain
var plainFiles embed.FS

var plainPages = template.Must(template.ParseFS(plainFiles, "plain/*.html"))

// plain answers with one of the plain pages. It loads nothing but plain.css.
func plain(c echo.Context, status int, page string, data any) error {
	var b bytes.Buffer
	if err := plainPages.ExecuteTemplate(&b, page, data); err != nil {
		return fmt.Errorf("rendering %s: %w", page, err)
	}
	c.Response().Header().Set("Content-Security-Policy",
		"default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	return c.HTMLBlob(status, b.Bytes())
}

// plainMessagePage is what message.html shows.
type plainMessagePage struct {
	Title, Text, RequestID string
}

// plainTexts say in plain words what people can do about an error.
var plainTexts = map[int]string{
	http.StatusNotFound:           "There is nothing at this address. A link from a letter works only when it is whole: copy all of it.",
	http.StatusMethodNotAllowed:   "This address cannot be used in this way.",
	http.StatusServiceUnavailable: "We cannot answer at this moment. Please try again in a minute.",
}

// plainMessage tells a person what went wrong.
func (s *server) plainMessage(c echo.Context, status int) error {
	private(c)
	if c.Request().Method == http.MethodHead {
		return c.NoContent(status)
	}
	return plain(c, status, "message.html", plainMessagePage{
		Title: http.StatusText(status), Text: plainTexts[status], RequestID: requestID(c.Request().Context()),
	})
}

func plainCSS(c echo.Context) error {
	css, err := plainFiles.ReadFile("plain/plain.css")
	if err != nil {
		return fmt.Errorf("reading the style: %w", err)
	}
	c.Response().Header().Set("Cache-Control", "public, max-age=3600")
	return c.Blob(http.StatusOK, "text/css; charset=utf-8", css)
}
