package content_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seventh/internal/content"
	"seventh/internal/pgtest"
	"seventh/internal/store"
)

var ivan = &store.Client{
	ExternalID: "crm-1", FirstName: "Ivan", LastName: "<b>Petrov</b>", Company: "North Mill", Locale: "ru-RU", Owner: "ann@firm.example",
	Attributes: map[string]any{"industry": "food"},
}

func script(t *testing.T, files map[string]string, name, locale string) content.Script {
	t.Helper()
	folder := load(t, with(small(), files))
	got, err := folder.Script(name, content.Data(folder.Settings, ivan, &store.User{Name: "Ann Lee", Email: "ann@firm.example"}, time.UTC), locale)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestScriptIsFilledForOneClient(t *testing.T) {
	t.Parallel()
	got := script(t, map[string]string{"scripts/c/follow-up.md": `Call **{{ .client.first_name }}** {{ .client.last_name }} of {{ .client.company }}.

{{ if .client.attributes.industry }}

- He makes {{ .client.attributes.industry }}.
- See [the case](https://example.com/case).

{{ end }}

Yours, {{ .rep.first_name }}. ---
`}, "c/follow-up", "")
	want := content.Script{
		HTML: `<p>Call <strong>Ivan</strong> &lt;b&gt;Petrov&lt;/b&gt; of North Mill.</p>
<ul>
<li>He makes food.</li>
<li>See <a href="https://example.com/case">the case</a>.</li>
</ul>
<p>Yours, Ann. ---</p>`,
		Text: "Call Ivan <b>Petrov</b> of North Mill.\n\n- He makes food.\n- See the case: https://example.com/case.\n\nYours, Ann. ---",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestScriptSpeaksTheClientsLanguage(t *testing.T) {
	t.Parallel()
	files := map[string]string{"scripts/ring.ru.md": "Здравствуйте!\n", "scripts/ring.en.md": "Hello!\n"}
	for locale, want := range map[string]string{"ru-RU": "Здравствуйте!", "en": "Hello!", "de": "Hello!"} {
		if got := script(t, files, "ring", locale).Text; got != want {
			t.Errorf("in %s: %q, want %q", locale, got, want)
		}
	}
	if got := script(t, files, "sing", "en"); got != (content.Script{}) {
		t.Errorf("a script that is not there says %+v", got)
	}
}

func TestMistakesOfScriptsAreToldAtTheirPlace(t *testing.T) {
	t.Parallel()
	const calls = "sequence: hello\nsteps:\n  - { id: ring, call: c/folow-up }\n  - { id: box, task: Send a box, script: c/box }\n" +
		"  - { id: if, if: { category: C }, then: [ { id: inner, call: c/inner } ] }\n"
	for name, tc := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"scripts that are not there, in branches too": {
			map[string]string{"sequences/hello.yaml": calls, "scripts/c/follow-up.en.md": "Hello!\n"},
			[]string{
				`sequences/hello.yaml:3:23: there is no script scripts/c/folow-up.md, did you mean "c/follow-up"?`,
				`sequences/hello.yaml:4:22: there is no script scripts/c/box.md: write what the rep should say there`,
				`sequences/hello.yaml:5:63: there is no script scripts/c/inner.md: write what the rep should say there`,
			},
		},
		"an unknown field, on the script's own line": {
			map[string]string{"scripts/c/ring.md": "Hello!\n\nMr {{ .client.lastname }}\n"},
			[]string{`scripts/c/ring.md:3:7: unknown field .client.lastname, did you mean .client.last_name?`},
		},
		"HTML": {
			map[string]string{"scripts/c/ring.md": "<script>alert(1)</script>\n"},
			[]string{`scripts/c/ring.md:1:1: HTML is not allowed in scripts: write Markdown`},
		},
		"a script with a mistake is not missing": {
			map[string]string{
				"scripts/c/ring.md":    "{{ .client.nobody }}\n",
				"sequences/hello.yaml": "sequence: hello\nsteps: [ { id: ring, call: c/ring } ]\n",
			},
			[]string{`scripts/c/ring.md:1:4: unknown field .client.nobody`},
		},
	} {
		_, problems, err := content.Load(with(small(), tc.files))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range content.Mistakes(problems) {
			got = append(got, p.String())
		}
		if !slices.EqualFunc(got, tc.want, strings.HasPrefix) {
			t.Errorf("%s: told %q, want %q", name, got, tc.want)
		}
	}
}

func TestWebhooksThatCannotBeTrustedAreWarnedAbout(t *testing.T) {
	t.Parallel()
	_, problems, err := content.Load(with(small(), map[string]string{"seventh.yaml": string(small()["seventh.yaml"].Data) + `webhooks:
  crm: { url: "http://crm.example.com/hook", secret: "env:CRM_SECRET" }
  near: { url: "http://127.0.0.1:9000", secret: "env:NEAR_SECRET" }
  open: { url: "https://open.example.com/hook" }
`}))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range problems {
		got = append(got, p.String())
	}
	want := []string{
		"seventh.yaml:6:3: warning: the webhook crm goes over http, so others on the way can read it: write https://",
		"seventh.yaml:8:3: warning: the webhook open has no secret, so its receiver cannot tell who speaks: add `secret: \"env:NAME\"`",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFolderInUseChangesWithAPublication(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	publish(t, db, small())
	var use content.InUse
	first, err := use.Folder(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := use.Folder(t.Context(), db); err != nil || again != first {
		t.Errorf("the same publication was read twice (%v)", err)
	}
	publish(t, db, with(small(), map[string]string{"scripts/ring.md": "Hello!\n"}))
	if second, err := use.Folder(t.Context(), db); err != nil || !second.Scripts.Has("ring") {
		t.Errorf("the new publication is not in use (%v)", err)
	}
}
