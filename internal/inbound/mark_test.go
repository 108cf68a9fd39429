package inbound

import "testing"

func TestTheMarkIsFoundInAddressesAndMessageIDs(t *testing.T) {
	t.Parallel()
	const mark = "abcdefghijklmnopqrstuvwx27"
	for _, ref := range []string{
		mark, mark + "@example.com", "<" + mark + "@example.com>", " bounces+b." + mark + "@bounce.example.com ", "ann+r." + mark + "@example.com", "b=" + mark + "@example.com",
	} {
		if got := MarkIn(ref); got != mark {
			t.Errorf("MarkIn(%q) = %q", ref, got)
		}
	}
}
