package sequences

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the .want files in testdata")

// corpusSettings are what the sequences and segments of testdata refer to.
const corpusSettings = `
time_zone: Europe/Moscow
calendar: ru
fallback_sender: team
senders:
  team: { email: team@example.com, name: The team }
windows:
  office: { days: [mon, tue, wed, thu, fri], hours: "09:00-18:00" }
webhooks:
  crm: { url: "https://crm.example.com/hooks" }
attributes:
  industry: { type: string }
  employees: { type: number }
  partner: { type: bool }
  contract_until: { type: date }
`

// parseByName picks the parser by the start of the file's name.
func parseByName(t *testing.T, file string, src []byte) (any, []Problem) {
	t.Helper()
	settings, problems := ParseSettings("seventh.yaml", []byte(corpusSettings))
	if len(problems) > 0 {
		t.Fatalf("the corpus' settings: %v", problems)
	}
	switch kind, _, _ := strings.Cut(file, "-"); kind {
	case "settings":
		return ParseSettings(file, src)
	case "segment":
		return ParseSegment(file, src, settings)
	case "sequence":
		return ParseSequence(file, src, settings)
	case "condition":
		var step struct {
			If Condition `yaml:"if"`
		}
		problems := decode(file, src, settings, &step, "a condition").sorted()
		return step, problems
	}
	t.Fatalf("%s should start with settings-, segment-, sequence- or condition-", file)
	return nil, nil
}

func TestValidFilesBecomeTheseValues(t *testing.T) {
	t.Parallel()
	eachFile(t, "testdata/valid", func(t *testing.T, file string, src []byte) string {
		value, problems := parseByName(t, file, src)
		for _, p := range problems {
			t.Errorf("unexpected problem: %s", p)
		}
		if q, ok := value.(*Sequence); ok {
			if string(q.Source) != string(src) {
				t.Error("Source is not the text it was read from")
			}
			q.Source = nil // it is the file itself
		}
		data, err := json.MarshalIndent(value, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		return string(data) + "\n"
	})
}

func TestMistakesAreToldWithPlaceAndCure(t *testing.T) {
	t.Parallel()
	count := eachFile(t, "testdata/invalid", func(t *testing.T, file string, src []byte) string {
		_, problems := parseByName(t, file, src)
		if len(problems) == 0 {
			t.Error("no problem was found")
		}
		var told strings.Builder
		for _, p := range problems {
			told.WriteString(p.String() + "\n\t" + p.Source + "\n")
		}
		return told.String()
	})
	if count < 150 {
		t.Errorf("only %d invalid files", count)
	}
}

// eachFile compares what a file gives with the .want file beside it.
func eachFile(t *testing.T, dir string, give func(t *testing.T, file string, src []byte) string) int {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files in %s: %v", dir, err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			got, wanted := give(t, filepath.Base(path), read(t, path)), strings.TrimSuffix(path, ".yaml")+".want"
			if *update {
				if err := os.WriteFile(wanted, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(read(t, wanted)), got); diff != "" {
				t.Errorf("differs from %s (-want +got):\n%s", wanted, diff)
			}
		})
	}
	return len(paths)
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return src
}
