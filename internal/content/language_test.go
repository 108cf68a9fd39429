package content_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"seventh/internal/content"
	"seventh/sequences"
)

// example is a fenced block of a reference that says what it holds: ```yaml sequence.
type example struct {
	page, kind, text string
	line             int
}

var fence = regexp.MustCompile("(?ms)^```([a-z]+)(?: ([a-z]+))?\n(.*?)^```$")

func examples(t *testing.T) []example {
	t.Helper()
	var all []example
	for _, name := range []string{"LANGUAGE.md", "INBOUND.md"} {
		all = append(all, examplesOf(t, name)...)
	}
	return all
}

func examplesOf(t *testing.T, name string) []example {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", name))
	if err != nil {
		t.Fatal(err)
	}
	var all []example
	for _, at := range fence.FindAllSubmatchIndex(page, -1) {
		kind := string(page[at[2]:at[3]])
		if at[4] >= 0 {
			kind = string(page[at[4]:at[5]])
		}
		all = append(all, example{name, kind, string(page[at[6]:at[7]]), 1 + strings.Count(string(page[:at[6]]), "\n")})
	}
	return all
}

// Every example of the reference is what it says, and refers to nothing that check
// would not find in a folder that has the letters it names.
func TestEveryExampleOfTheReferenceIsRight(t *testing.T) {
	t.Parallel()
	all := examples(t)
	if len(all) < 15 {
		t.Fatalf("only %d examples were found", len(all))
	}
	for _, e := range all {
		t.Run(fmt.Sprintf("%s-line-%d-%s", e.page, e.line, e.kind), func(t *testing.T) {
			t.Parallel()
			switch e.kind {
			case "sequence":
				checked(t, map[string]string{"sequences/example.yaml": e.text})
			case "steps":
				checked(t, map[string]string{"sequences/example.yaml": "sequence: example\nsteps:\n" + indented(e.text)})
			case "segment":
				checked(t, map[string]string{"segments/example.yaml": e.text})
			case "letter":
				checked(t, map[string]string{
					"templates/example.md":   e.text,
					"sequences/example.yaml": "sequence: example\nsteps: [{ id: a, email: example }]\n",
				})
			case "settings":
				checked(t, map[string]string{
					"seventh.yaml":             e.text,
					"sequences/c-nurture.yaml": "sequence: c-nurture\nsteps: [{ id: a, email: c/guide }]\n",
					"sequences/d-nurture.yaml": "sequence: d-nurture\nsteps: [{ id: a, email: c/guide }]\n",
				})
			case "part": // of seventh.yaml
				text := "time_zone: Europe/Moscow\n" + e.text
				if !strings.Contains(e.text, "senders:") {
					text += "senders: { team: { email: team@example.com } }\nfallback_sender: team\n"
				}
				checked(t, map[string]string{
					"seventh.yaml":             text,
					"sequences/c-nurture.yaml": "sequence: c-nurture\nsteps: [{ id: a, email: c/guide }]\n",
					"sequences/d-nurture.yaml": "sequence: d-nurture\nsteps: [{ id: a, email: c/guide }]\n",
				})
			case "condition":
				if _, problems := sequences.ParseCondition(strings.TrimSpace(e.text), referenceSettings(t)); len(problems) > 0 {
					t.Errorf("%v", problems)
				}
			case "story", "sh": // run by the rehearsal's and the commands' own tests
			default:
				t.Errorf("nobody tries an example of kind %q", e.kind)
			}
		})
	}
}

const referenceYAML = `time_zone: Europe/Moscow
senders: { team: { email: team@example.com } }
fallback_sender: team
windows: { office: { days: [mon, tue, wed, thu, fri], hours: "09:00-18:00" } }
webhooks: { crm: { url: "https://crm.example.com/hooks" } }
attributes:
  industry: { type: string }
  city: { type: string }
  power_kw: { type: number }
`

func referenceSettings(t *testing.T) *sequences.Settings {
	t.Helper()
	settings, problems := sequences.ParseSettings("seventh.yaml", []byte(referenceYAML))
	if len(problems) > 0 {
		t.Fatalf("%v", problems)
	}
	return settings
}

// checked is a folder with some files and all that they name, which must be without
// mistakes.
func checked(t *testing.T, files map[string]string) {
	t.Helper()
	folder := map[string]string{
		"seventh.yaml":            referenceYAML,
		"templates/layout.html":   "<html><body>{{ .body }}<a href=\"{{ .link.unsubscribe }}\">unsubscribe</a></body></html>\n",
		"sequences/win-back.yaml": "sequence: win-back\nsteps: [{ id: a, email: c/guide }]\n",
		"files/price-list.pdf":    "%PDF-1.4",
	}
	for _, script := range []string{"c/follow-up", "c/box"} {
		folder["scripts/"+script+".md"] = "Ask.\n"
	}
	maps.Copy(folder, files)
	for _, text := range maps.Clone(folder) {
		for _, letter := range letterNames.FindAllString(text, -1) {
			folder["templates/"+letter+".md"] = "---\nsubject: A letter\n---\nHello {{ .client.first_name }}!\n"
		}
	}
	_, problems, err := content.Load(with(fstest.MapFS{}, folder))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range content.Mistakes(problems) {
		t.Errorf("%s", p)
	}
}

// letterNames are the letters that examples name.
var letterNames = regexp.MustCompile(`\bc/[a-z0-9-]+`)

func indented(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n  ") + "\n"
}
