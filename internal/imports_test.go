// Package internal_test holds the shape of the whole module.
package internal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// imports is who may import whom: the table of the design. Packages below one of
// these (api/pages) are part of it. Imports run one way, so that a change of the
// pages cannot break the engine, and api and worker never import each other.
var imports = map[string][]string{
	"internal":          {}, // this test
	"sequences":         {},
	"templates":         {},
	"internal/inbound":  {},
	"internal/token":    {},
	"internal/postgres": {},
	"internal/smtptest": {},
	"internal/imaptest": {},
	"internal/mailbox":  {},
	"migrations":        {},
	"internal/pgtest":   {"internal/postgres", "migrations"},
	"internal/store":    {"sequences"}, // filters become SQL there
	"internal/sandbox":  {"internal/store", "sequences"},
	"internal/mail":     {"internal/failpoint", "internal/inbound", "templates"},
	"internal/content":  {"internal/store", "sequences", "templates"},
	"internal/engine":   {"internal/inbound", "internal/store", "internal/token", "sequences"},
	"worker":            {"internal/engine", "internal/failpoint", "internal/content", "internal/store", "internal/mail", "internal/mailbox", "internal/inbound", "internal/token", "sequences", "templates"},
	"api":               {"internal/engine", "internal/content", "internal/inbound", "internal/store", "internal/sandbox", "internal/token", "sequences", "templates"},
	"cmd": {
		"api", "worker", "migrations", "sequences", "templates", "internal/content", "internal/engine", "internal/store", "internal/mail", "internal/mailbox", "internal/inbound",
		"internal/token", "internal/postgres", "internal/sandbox", "internal/rehearsal",
	},
	"internal/failpoint": {},
	"internal/rehearsal": {
		"worker", "migrations", "sequences", "internal/content", "internal/engine", "internal/inbound", "internal/store", "internal/mail", "internal/token", "internal/postgres",
		"internal/sandbox",
	},
}

// libraries is who may use a library that must not spread.
var libraries = map[string][]string{
	"github.com/labstack/echo":        {"api"},
	"github.com/danielgtaylor/huma":   {"api"},
	"github.com/wneessen/go-mail":     {"internal/mail"},
	"github.com/riverqueue":           {"internal/engine", "worker", "migrations", "cmd"},
	"seventh/internal/pgtest":         {}, // only tests
	"seventh/internal/smtptest":       {},
	"seventh/internal/imaptest":       {},
	"github.com/emersion/go-smtp":     {"internal/sandbox"},
	"github.com/emersion/go-msgauth":  {},
	"github.com/google/go-cmp":        {},
	"github.com/rogpeppe/go-internal": {},
	"github.com/chromedp":             {},
}

const module = "seventh/"

func TestImportsRunOneWay(t *testing.T) {
	t.Parallel()
	for path, imported := range packages(t) {
		from := part(path)
		allowed, known := imports[from]
		if !known {
			t.Errorf("%s is in no part of the design: the table does not have %s", path, from)
		}
		for _, other := range imported {
			if to := part(other); strings.HasPrefix(other, module) && to != from && !slices.Contains(allowed, to) {
				t.Errorf("%s imports %s: %s may import %q", path, other, from, allowed)
			}
		}
	}
}

func TestLibrariesStayWhereTheyBelong(t *testing.T) {
	t.Parallel()
	for path, imported := range packages(t) {
		for library, allowed := range libraries {
			for _, other := range imported {
				if within(other, library) && !slices.Contains(allowed, part(path)) {
					t.Errorf("%s imports %s, which only %q may", path, other, allowed)
				}
			}
		}
	}
}

func TestTableHasNoCircle(t *testing.T) {
	t.Parallel()
	var visit func(name string, trail []string)
	visit = func(name string, trail []string) {
		if slices.Contains(trail, name) {
			t.Fatalf("the table lets packages import each other: %q", append(trail, name))
		}
		for _, next := range imports[name] {
			visit(next, append(slices.Clone(trail), name))
		}
	}
	for name := range imports {
		visit(name, nil)
	}
}

func TestTopHasOnlyTheFoldersOfTheDesign(t *testing.T) {
	t.Parallel()
	design := []string{"api", "cmd", "internal", "migrations", "sequences", "templates", "worker"}
	built := "bin" // not in git
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, entry := range entries {
		if entry.IsDir() && !strings.HasPrefix(entry.Name(), ".") && entry.Name() != built {
			found = append(found, entry.Name())
		}
	}
	if !slices.Equal(found, design) {
		t.Errorf("folders at the top: %q, want %q", found, design)
	}
}

// part is the line of the table that a package of ours belongs to.
func part(path string) string {
	path = strings.TrimPrefix(path, module)
	parts := strings.Split(path, "/")
	if parts[0] == "internal" && len(parts) > 1 {
		return strings.Join(parts[:2], "/")
	}
	return parts[0]
}

func within(path, folder string) bool { return path == folder || strings.HasPrefix(path, folder+"/") }

// packages are the module's packages and what each imports outside its tests.
func packages(t *testing.T) map[string][]string {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "./...")
	list.Dir = ".."
	var stderr bytes.Buffer
	list.Stderr = &stderr
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &stderr)
	}
	found := make(map[string][]string)
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("reading go list: %v", err)
		}
		if strings.HasPrefix(p.ImportPath, module) {
			found[p.ImportPath] = p.Imports
		}
	}
	if len(found) < len(imports)/2 {
		t.Fatalf("go list found %d packages only", len(found))
	}
	return found
}
