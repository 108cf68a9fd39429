package worker

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"seventh/internal/content"
	"seventh/internal/mail"
	"seventh/sequences"
)

// Keyring reads the DKIM keys that seventh.yaml names from where they are kept. The error
// is about all keys that cannot be used; the ring has the others, but a letter whose domain
// should be signed must not go out without.
func Keyring(s *sequences.Settings) (mail.Keyring, error) {
	if len(s.DKIM) == 0 {
		return nil, nil
	}
	ring := make(mail.Keyring, len(s.DKIM))
	var problems []error
	for _, domain := range slices.Sorted(maps.Keys(s.DKIM)) {
		for _, key := range s.DKIM[domain] {
			secret, err := content.Resolve(string(key.Key))
			if err != nil {
				problems = append(problems, fmt.Errorf("loading the DKIM key %s of %s: %w", key.Selector, domain, err))
				continue
			}
			signer, err := mail.ParseSigner(domain, key.Selector, []byte(secret))
			if err != nil {
				problems = append(problems, err)
				continue
			}
			ring[signer.Domain] = append(ring[signer.Domain], signer)
		}
	}
	return ring, errors.Join(problems...)
}
