// Package token seals what the links in a letter have to say (which message,
// for what purpose, which link) into one encrypted 128-bit block, so that no
// table of tokens is needed and nothing can be read from, or made up for, a URL.
//
// The block is AES over message id (48 bits), purpose (8), index (8) and 64 zero
// bits: whoever guesses has one chance in 2^64 to hit a block that opens.
package token

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// Purpose says what a token may be used for; a token for one is refused for another.
type Purpose byte

// The purposes. Their numbers are in letters already sent: never reuse one.
const (
	Open        Purpose = 1 // the pixel
	Click       Purpose = 2 // a link; Index says which
	Unsubscribe Purpose = 3
	MessageID   Purpose = 4 // the left part of a Message-ID
	Return      Purpose = 5 // in the return path (VERP): bounces come to it
	Reply       Purpose = 6 // in the address that answers go to
	Leave       Purpose = 7 // in the address that mail programs unsubscribe at
)

// Honeypot is the Index of the link that nobody can see: whoever follows it is no person.
const Honeypot = 255

// Token is what a sealed block says.
type Token struct {
	Message int64
	Purpose Purpose
	Index   int
}

// ErrInvalid says that a text is not a token of ours, or not for this purpose.
var ErrInvalid = errors.New("not a valid token")

// KeySize is the length of a key in bytes (AES-256).
const KeySize = 32

// Sealer makes and opens tokens under one key.
type Sealer struct{ block cipher.Block }

// NewKey makes a random key.
func NewKey() []byte {
	key := make([]byte, KeySize)
	rand.Read(key) // never fails (crypto/rand)
	return key
}

// NewSealer returns a Sealer for a key of KeySize bytes.
func NewSealer(key []byte) (*Sealer, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("a link key has %d bytes, want %d", len(key), KeySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("preparing the link key: %w", err)
	}
	return &Sealer{block: block}, nil
}

// Seal returns the token as 22 characters of base64url.
func (s *Sealer) Seal(t Token) string {
	block := s.seal(t)
	return base64.RawURLEncoding.EncodeToString(block[:])
}

// Open reads a token made by Seal for the same purpose.
func (s *Sealer) Open(text string, purpose Purpose) (Token, error) {
	block, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(block) != aes.BlockSize {
		return Token{}, ErrInvalid
	}
	return s.open(block, purpose)
}

// lower is base32 in lower case: Message-IDs are copied by hand and by software
// that changes case.
var lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// MessageID returns the left part of a message's Message-ID: the same for ever.
func (s *Sealer) MessageID(message int64) string { return s.Mark(message, MessageID) }

// OpenMessageID reads the left part of a Message-ID.
func (s *Sealer) OpenMessageID(text string) (int64, error) { return s.OpenMark(text, MessageID) }

// Mark returns a message's token for a purpose as 26 small letters and digits, for
// Message-IDs and the left parts of addresses.
func (s *Sealer) Mark(message int64, purpose Purpose) string {
	block := s.seal(Token{Message: message, Purpose: purpose})
	return lower.EncodeToString(block[:])
}

// OpenMark reads what Mark made for the same purpose, in small or capital letters.
func (s *Sealer) OpenMark(text string, purpose Purpose) (int64, error) {
	block, err := lower.DecodeString(strings.ToLower(text))
	if err != nil || len(block) != aes.BlockSize {
		return 0, ErrInvalid
	}
	t, err := s.open(block, purpose)
	return t.Message, err
}

func (s *Sealer) seal(t Token) [aes.BlockSize]byte {
	var block [aes.BlockSize]byte
	binary.BigEndian.PutUint64(block[:8], uint64(t.Message)<<16|uint64(t.Purpose)<<8|uint64(byte(t.Index)))
	s.block.Encrypt(block[:], block[:])
	return block
}

func (s *Sealer) open(block []byte, purpose Purpose) (Token, error) {
	var plain [aes.BlockSize]byte
	s.block.Decrypt(plain[:], block)
	if binary.BigEndian.Uint64(plain[8:]) != 0 {
		return Token{}, ErrInvalid
	}
	head := binary.BigEndian.Uint64(plain[:8])
	t := Token{Message: int64(head >> 16), Purpose: Purpose(head >> 8), Index: int(byte(head))}
	if t.Purpose != purpose {
		return Token{}, ErrInvalid
	}
	return t, nil
}
