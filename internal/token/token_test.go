package token

import (
	"strings"
	"testing"
)

func sealer(t testing.TB) *Sealer {
	t.Helper()
	s, err := NewSealer([]byte(strings.Repeat("k", KeySize)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSealedTokenOpensForItsPurposeOnly(t *testing.T) {
	t.Parallel()
	s := sealer(t)
	want := Token{Message: 1<<47 + 12345, Purpose: Click, Index: 200}
	text := s.Seal(want)
	if len(text) != 22 {
		t.Errorf("token %q has %d characters, want 22", text, len(text))
	}
	if got, err := s.Open(text, Click); err != nil || got != want {
		t.Errorf("Open = %+v, %v, want %+v", got, err, want)
	}
	if _, err := s.Open(text, Unsubscribe); err != ErrInvalid {
		t.Errorf("a click token opened as unsubscribe: %v", err)
	}
}

func TestEveryChangedCharacterIsRefused(t *testing.T) {
	t.Parallel()
	s := sealer(t)
	text := s.Seal(Token{Message: 7, Purpose: Open})
	for i := range text {
		for _, c := range "ABCxyz019-_" {
			forged := text[:i] + string(c) + text[i+1:]
			if forged == text {
				continue
			}
			if got, err := s.Open(forged, Open); err == nil {
				t.Fatalf("forged %q opened as %+v", forged, got)
			}
		}
	}
	other, _ := NewSealer([]byte(strings.Repeat("x", KeySize)))
	if _, err := other.Open(text, Open); err != ErrInvalid {
		t.Errorf("a token opened under another key: %v", err)
	}
}

func TestMessageIDIsStableAndReadsBack(t *testing.T) {
	t.Parallel()
	s := sealer(t)
	id := s.MessageID(42)
	if id != s.MessageID(42) || id == s.MessageID(43) || len(id) != 26 {
		t.Errorf("MessageID(42) = %q is not stable, unique and 26 characters long", id)
	}
	if got, err := s.OpenMessageID(id); err != nil || got != 42 {
		t.Errorf("OpenMessageID = %d, %v, want 42", got, err)
	}
}

func FuzzOpen(f *testing.F) {
	s := sealer(f)
	f.Add(s.Seal(Token{Message: 1, Purpose: Open}))
	f.Add("")
	f.Add("AAAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, text string) {
		token, err := s.Open(text, Click)
		if err == nil && s.Seal(token) != text {
			t.Errorf("%q opened as %+v, which seals to %q", text, token, s.Seal(token))
		}
		s.OpenMessageID(text)
	})
}
