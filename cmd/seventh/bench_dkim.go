package main

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
)

// writeBenchKey makes a key of the kind asked for and has the letters of a content
// folder signed with it.
func writeBenchKey(dir, kind string) error {
	var key crypto.PrivateKey
	var err error
	if kind == "rsa" {
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	} else {
		_, key, err = ed25519.GenerateKey(rand.Reader)
	}
	if err != nil {
		return fmt.Errorf("making a DKIM key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("making a DKIM key: %w", err)
	}
	path := filepath.Join(dir, "dkim.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		return fmt.Errorf("writing a DKIM key: %w", err)
	}
	settings, err := os.OpenFile(filepath.Join(dir, "seventh.yaml"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("naming a DKIM key: %w", err)
	}
	defer settings.Close()
	if _, err := fmt.Fprintf(settings, "dkim:\n  example.com: [ { selector: bench, key: %q } ]\n", "file:"+path); err != nil {
		return fmt.Errorf("naming a DKIM key: %w", err)
	}
	return settings.Close()
}
