package mail

import (
	"errors"
	"strings"
	"testing"
)

func TestMailboxIsWhatGoesOnTheWire(t *testing.T) {
	t.Parallel()
	for email, want := range map[string]string{
		"ivan@example.com":            "ivan@example.com",
		"Ivan.Petrov+tag@Example.COM": "Ivan.Petrov+tag@Example.COM",
		"o'neil{}@sub_domain.example": "o'neil{}@sub_domain.example",
		"ivan@клиент.рф":              "ivan@xn--e1affem4a.xn--p1ai",
		"ivan@BÜCHER.example":         "ivan@xn--bcher-kva.example",
		"root@localhost":              "root@localhost",
	} {
		if got, err := Mailbox(email); got != want || err != nil {
			t.Errorf("%s: %q, error %v; want %q", email, got, err, want)
		}
	}
}

func TestMailboxRefusesWhatCannotGo(t *testing.T) {
	t.Parallel()
	for _, email := range []string{
		"", "@", "a", "a@", "@b", "иван@example.com", `"a b"@example.com`, `"a@evil.example> ORCPT=x"@example.com`,
		"a b@example.com", "a@b c", "a@b>", "<a@b>", "a@b\r\nDATA", "a\x00@b", ".a@b", "a.@b", "a..b@c", "a@.b", "a@b..c", "a@b.", "a@[127.0.0.1]",
		strings.Repeat("a", 65) + "@b", "a@" + strings.Repeat("b", 64), "a@" + strings.Repeat("b.", 130) + "c", "a@\u2028.com", "a,b@c@d e",
	} {
		if got, err := Mailbox(email); !errors.Is(err, ErrUnsupportedAddress) || got != "" {
			t.Errorf("%q: %q, error %v; want ErrUnsupportedAddress", email, got, err)
		}
	}
}
