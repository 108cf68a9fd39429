package content_test

import (
	"testing"

	"seventh/internal/content"
)

func TestTheChainOfACategoryExists(t *testing.T) {
	t.Parallel()
	settings := func(categories string) string {
		return string(small()["seventh.yaml"].Data) + "categories: " + categories + "\n"
	}
	for _, tc := range []struct{ name, categories, want string }{
		{"one that is there", "{ C: { chain: hello } }", ""},
		{"the built-in one may be missing", "{ C: { letters: 2w } }", ""},
		{"a slip of the finger", "{ C: { chain: helo } }",
			`seventh.yaml:5:27: there is no sequence "helo" for the clients of category C, did you mean "hello"? Write it, or chain: none`},
		{"nothing like it", "{ D: { chain: d-nurture } }",
			`seventh.yaml:5:27: there is no sequence "d-nurture" for the clients of category D. Write it, or chain: none`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, problems, err := content.Load(with(small(), map[string]string{"seventh.yaml": settings(tc.categories)}))
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, p := range problems {
				got += p.String()
			}
			if got != tc.want {
				t.Errorf("problems %s\nwant %s", got, tc.want)
			}
		})
	}
}
