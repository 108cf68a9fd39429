package pages

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"time"

	"github.com/labstack/echo/v4"
)

//go:embed html/*.html
var htmlFiles embed.FS

//go:embed static/style.css static/htmx.min.js static/favicon.svg
var staticFiles embed.FS

// view is a page's template, which takes its struct P and nothing else.
type view[P any] struct{ template *template.Template }

// parse reads a page and its frame; a mistake in them stops the program at start.
func parse[P any](file string) view[P] {
	t := template.New("frame.html").Funcs(template.FuncMap{
		"asset": asset, "path": url.PathEscape, "phrase": phrase,
	})
	return view[P]{template.Must(t.ParseFS(htmlFiles, "html/frame.html", "html/parts.html", "html/"+file))}
}

// render answers with a page. It is made whole before its first byte goes out.
func (v view[P]) render(c echo.Context, status int, page P) error {
	var body bytes.Buffer
	if err := v.template.Execute(&body, page); err != nil {
		return fmt.Errorf("rendering %s: %w", c.Path(), err)
	}
	return c.HTMLBlob(status, body.Bytes())
}

// moment is a time as a page shows it, with the exact one behind it.
type moment struct {
	Shown string
	Exact string // RFC 3339, for machines and tooltips
}

func at(t time.Time, zone *time.Location) moment {
	local := t.In(zone)
	return moment{Shown: local.Format("Mon 2 Jan 2006, 15:04"), Exact: local.Format(time.RFC3339)}
}

// asset is the address of a static file, which changes with its content so that
// browsers may keep it for ever.
func asset(name string) (string, error) {
	body, err := staticFiles.ReadFile("static/" + name)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(body)
	return "/static/" + name + "?v=" + hex.EncodeToString(sum[:6]), nil
}

func serveStatic(c echo.Context) error {
	name := path.Base(c.Param("file"))
	body, err := fs.ReadFile(staticFiles, "static/"+name)
	if err != nil {
		return echo.ErrNotFound
	}
	types := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
	h := c.Response().Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	return c.Blob(http.StatusOK, types[path.Ext(name)], body)
}
