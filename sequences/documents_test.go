package sequences

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// What people copy from the documents is accepted as it stands.
func TestDocumentsShowContentWithoutProblems(t *testing.T) {
	t.Parallel()
	block := regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$")
	library, err := os.ReadFile("library/seventh.yaml")
	if err != nil {
		t.Fatal(err)
	}
	settings, _ := ParseSettings("seventh.yaml", library)
	for file, want := range map[string]int{"README.md": 4, "DELIVERY.md": 1} {
		text, err := os.ReadFile("../" + file)
		if err != nil {
			t.Fatal(err)
		}
		blocks := block.FindAllStringSubmatch(string(text), -1)
		if len(blocks) != want {
			t.Errorf("%s shows %d pieces of content, want %d", file, len(blocks), want)
		}
		for _, b := range blocks {
			source, parse := b[1], func(source []byte) []Problem { _, problems := ParseSettings(file, source); return problems }
			if strings.HasPrefix(source, "sequence:") {
				parse = func(source []byte) []Problem { _, problems := ParseSequence(file, source, settings); return problems }
			} else if !strings.Contains(source, "time_zone:") { // a part of the file
				source = "time_zone: Europe/Moscow\nfallback_sender: team\n" + source
				if !strings.Contains(source, "senders:") {
					source += "senders: { team: { email: hello@example.com } }\n"
				}
			}
			for _, p := range parse([]byte(source)) {
				t.Errorf("%s: %v in\n%s", file, p, source)
			}
		}
	}
}
