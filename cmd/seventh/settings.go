package main

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"seventh/internal/content"
	"seventh/internal/mail"
)

// Settings are the flags of every command; each has an environment variable.
// Everything about senders, categories and windows is in seventh.yaml.
type Settings struct {
	DatabaseURL string        `env:"SEVENTH_DATABASE_URL" placeholder:"URL" help:"PostgreSQL 15 or newer. Default: an embedded one under --data."`
	SMTPURL     string        `env:"SEVENTH_SMTP_URL" name:"smtp-url" placeholder:"URL" help:"smtp://user:pass@host:port or smtps://…; query: pool, rate, helo, tls, auth. Default: letters go to the sandbox inbox."`
	Listen      string        `env:"SEVENTH_LISTEN" default:"127.0.0.1:8080" help:"Address of API and pages."`
	PublicURL   string        `env:"SEVENTH_PUBLIC_URL" placeholder:"URL" help:"Base of the links in letters. Default: http:// and --listen."`
	Secret      string        `env:"SEVENTH_SECRET" placeholder:"TEXT" help:"At least 32 bytes; signs sessions. The sandbox makes its own."`
	Content     string        `env:"SEVENTH_CONTENT" type:"path" placeholder:"DIR" help:"Content folder. Default: the content built into the binary."`
	Data        string        `env:"SEVENTH_DATA" type:"path" default:".seventh" help:"State of the sandbox, and everywhere what tells a restored backup: keep it."`
	Sandbox     *bool         `env:"SEVENTH_SANDBOX" negatable:"" help:"Movable clock, inbox pages, one-time login link. Default: on when neither database nor SMTP is configured."`
	APIKey      string        `env:"SEVENTH_API_KEY" placeholder:"KEY" help:"A full-scope API key accepted beside the stored ones."`
	GenericHook string        `env:"SEVENTH_HOOK_GENERIC_SECRET" name:"hook-generic-secret" placeholder:"whsec_…" help:"Secret of the hook /hooks/generic (Standard Webhooks). Default: none, the hook answers 404."`
	Lease       time.Duration `env:"SEVENTH_LEASE" default:"2m" hidden:"" help:"How long a worker that hangs keeps its letters from others."`
	Log         string        `env:"SEVENTH_LOG" placeholder:"FORMAT,LEVEL" help:"text or json, and debug, info, warn or error: 'json,debug'. Default: text on a terminal."`
}

// sandbox reports whether this is the sandbox.
func (s *Settings) sandbox() bool {
	if s.Sandbox != nil {
		return *s.Sandbox
	}
	return s.DatabaseURL == "" && s.SMTPURL == ""
}

// publicURL is the base of links in letters, without a slash at its end.
func (s *Settings) publicURL() string {
	if s.PublicURL != "" {
		return strings.TrimRight(s.PublicURL, "/")
	}
	return "http://" + s.Listen
}

// validate reports every setting that cannot be used.
func (s *Settings) validate() error {
	var problems []error
	if !s.sandbox() && len(s.Secret) < 32 {
		problems = append(problems, errors.New("SEVENTH_SECRET must have at least 32 bytes: make one with `openssl rand -hex 32` and keep it"))
	}
	if !s.sandbox() && s.SMTPURL == "" {
		problems = append(problems, errors.New("SEVENTH_SMTP_URL is not set: where should letters go? (SEVENTH_SANDBOX=true captures them)"))
	}
	if s.SMTPURL != "" {
		if _, err := mail.ParseURL(s.SMTPURL); err != nil {
			problems = append(problems, fmt.Errorf("SEVENTH_SMTP_URL: %w", err))
		}
	}
	if key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s.GenericHook, "whsec_")); s.GenericHook != "" && (err != nil || len(key) == 0) {
		problems = append(problems, errors.New("SEVENTH_HOOK_GENERIC_SECRET must be whsec_ and then base64: make one with `echo whsec_$(openssl rand -base64 24)`"))
	}
	if url := s.publicURL(); !strings.HasPrefix(url, "http://") && !strings.HasPrefix(url, "https://") {
		problems = append(problems, fmt.Errorf("SEVENTH_PUBLIC_URL %q must begin with https:// (or http://)", url))
	}
	return errors.Join(problems...)
}

// secret is the key of sessions; the sandbox makes and keeps its own.
func (s *Settings) secret() ([]byte, error) {
	if s.Secret != "" {
		return []byte(s.Secret), nil
	}
	text, err := s.kept("secret", func() string {
		key := make([]byte, 32)
		rand.Read(key)
		return hex.EncodeToString(key)
	})
	return []byte(text), err
}

// kept returns the text of a file in the data folder, written when missing.
func (s *Settings) kept(name string, fresh func() string) (string, error) {
	path := filepath.Join(s.Data, name)
	body, err := os.ReadFile(path)
	if err == nil && len(body) > 0 {
		return strings.TrimSpace(string(body)), nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("reading %s: %w", name, err)
	}
	text := fresh()
	if err := os.MkdirAll(s.Data, 0o700); err != nil {
		return "", fmt.Errorf("making the data folder: %w", err)
	}
	if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("keeping %s: %w", name, err)
	}
	return text, nil
}

// folder opens a content folder: dir, else the one configured, else the built-in.
func (s *Settings) folder(dir string) (fs.FS, error) {
	if dir == "" {
		dir = s.Content
	}
	if dir == "" {
		return content.BuiltIn(), nil
	}
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the content folder: %w", err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%s is not a folder: name the one that holds seventh.yaml", dir)
	}
	return os.DirFS(dir), nil
}

// logger writes text on a terminal and JSON otherwise, unless told.
func (s *Settings) logger(p *process) (*slog.Logger, error) {
	format, level := "json", slog.LevelInfo
	if file, ok := p.stderr.(*os.File); ok && isTerminal(file) {
		format = "text"
	}
	for _, word := range strings.FieldsFunc(s.Log, func(r rune) bool { return r == ',' || r == ' ' }) {
		switch word {
		case "text", "json":
			format = word
		default:
			if err := level.UnmarshalText([]byte(word)); err != nil {
				return nil, fmt.Errorf("SEVENTH_LOG: %q is neither text, json nor a level (debug, info, warn, error)", word)
			}
		}
	}
	options := &slog.HandlerOptions{Level: level}
	if format == "text" {
		return slog.New(slog.NewTextHandler(p.stderr, options)), nil
	}
	return slog.New(slog.NewJSONHandler(p.stderr, options)), nil
}

func isTerminal(file *os.File) bool {
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
