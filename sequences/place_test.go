package sequences

import (
	"strings"
	"testing"
)

// Whatever stands before a mistake, its place is where people see it. The
// mistake is stgae, as a key or as a value.
func TestPlacesAreWhereEditorsShowThem(t *testing.T) {
	t.Parallel()
	for name, src := range map[string]string{
		"after escapes":            `audience: { company: "a\"b \u00e9", stgae: x }`,
		"after doubled quotes":     `audience: { company: 'it''s', stgae: x }`,
		"after other alphabets":    "title: Ёж # 😀\naudience: { company: 😀 да, stgae: x }",
		"after folded text":        "title: >-\n  folded\n  text\n\n# c\naudience:\n  stgae: x",
		"after quotes over lines":  "title: \"two\n  lines\"\naudience:\n  stgae: x",
		"after plain lines":        "title: two\n  lines\naudience:\n  stgae: x",
		"with Windows line ends":   "title: \"two\r\n  lines\"\r\naudience:\r\n  stgae: x\r\n",
		"with old Mac line ends":   "title: Ёж\raudience:\r  stgae: x",
		"after a byte order mark":  "\ufeffaudience: { stgae: x }",
		"before blanks":            "audience:\n  category:   stgae   \n",
		"before blanks in a list":  "audience: { category: [ C , stgae  , D ] }",
		"before a comment":         "audience:\n  category: stgae   # Ё",
		"in a list over lines":     "audience: {\n  # к\n  category: [ C,\n   stgae ],\n }",
		"in a list of dashes":      "audience:\n\n  category:\n  - C\n  # x\n  - stgae \n",
		"twice in a line":          "audience: { category: C, owner: stgae, stage: stgae }",
		"in a key of many letters": "audience: { category: C, stgae : x }",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, problems := ParseSequence("c.yaml", []byte(src), nil)
			for _, p := range problems {
				if !strings.Contains(p.Message, `"stgae"`) {
					continue
				}
				rest := string([]rune(p.Source)[p.Column-1:])
				if !strings.HasPrefix(rest, "stgae") || strings.Contains(rest[1:], "stgae") {
					t.Errorf("%s points at %q", p, rest)
				}
				return
			}
			t.Errorf("no problem of stgae in %v", problems)
		})
	}
}
