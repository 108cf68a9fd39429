package pages

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// Argon2id as OWASP's Password Storage Cheat Sheet asks for at least.
const (
	argonMemory  = 19 * 1024 // KiB
	argonTime    = 2
	argonThreads = 1
	argonKey     = 32 // bytes
	argonSalt    = 16 // bytes
)

// hashing bounds the memory that logins at the same time take.
var hashing = make(chan struct{}, 4)

const (
	passwordMin = 8
	passwordMax = 1000 // bytes: nobody types more
)

// HashPassword returns a password's hash as a PHC string. Its error says what is
// wrong with the password.
func HashPassword(password string) (string, error) {
	if utf8.RuneCountInString(password) < passwordMin {
		return "", fmt.Errorf("a password needs at least %d characters", passwordMin)
	}
	if len(password) > passwordMax {
		return "", errors.New("this password is too long")
	}
	salt := make([]byte, argonSalt)
	rand.Read(salt) // never fails (crypto/rand)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads,
		b64.EncodeToString(salt), b64.EncodeToString(argon(password, salt, argonTime, argonMemory, argonThreads, argonKey))), nil
}

func argon(password string, salt []byte, time, memory uint32, threads uint8, length uint32) []byte {
	hashing <- struct{}{}
	defer func() { <-hashing }()
	return argon2.IDKey([]byte(password), salt, time, memory, threads, length)
}

// passwordMatches compares a password with a PHC string. A string that it cannot
// read matches nothing.
func passwordMatches(phc, password string) bool {
	if len(password) > passwordMax {
		return false
	}
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return false
	}
	var memory, time uint32
	var threads uint8
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &time, &threads); err != nil {
		return false
	}
	salt, badSalt := base64.RawStdEncoding.DecodeString(parts[4])
	key, badKey := base64.RawStdEncoding.DecodeString(parts[5])
	if badSalt != nil || badKey != nil || len(key) < 16 || time < 1 || threads < 1 || memory > 1<<20 || time > 100 {
		return false
	}
	return subtle.ConstantTimeCompare(key, argon(password, salt, time, memory, threads, uint32(len(key)))) == 1
}

// nobodysHash is compared with where there is no user or no password, so that the
// answer takes as long.
var nobodysHash = sync.OnceValue(func() string {
	hash, _ := HashPassword(rand.Text()) // long enough: no error
	return hash
})
