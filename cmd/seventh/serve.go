package main

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"seventh/api"
	"seventh/api/pages"
	"seventh/internal/content"
	"seventh/internal/sandbox"
	"seventh/internal/store"
)

type serveCommand struct {
	Watch bool `help:"Look after the content folder (--content): every save shows its problems, or what publishing it would change, here and on the page /content. Nothing is published by itself."`
	Demo  bool `help:"Sandbox: load a demo base of 3 reps and 300 clients, if there are no clients yet."`
}

// Run serves API and pages, and works, until the process is told to stop.
func (c serveCommand) Run(p *process, s *Settings) (err error) {
	log, err := s.logger(p)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", s.Listen)
	if err != nil {
		if errors.Is(err, syscall.EADDRINUSE) {
			err = fmt.Errorf("%w. Is seventh running already? Else choose another port with SEVENTH_LISTEN=127.0.0.1:8081", err)
		}
		return fmt.Errorf("SEVENTH_LISTEN: %w", err)
	}
	defer listener.Close()
	m, err := newMachine(p, s, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.close()) }()
	if err := m.publish(p); err != nil {
		return err
	}
	if c.Demo && s.sandbox() {
		if err := loadDemo(p, m); err != nil {
			return fmt.Errorf("loading the demo base: %w", err)
		}
	}
	clock := &sandbox.Clock{DB: m.db.Pool, Plan: m.worker.PlanAll, Log: log}
	watcher, err := c.watcher(m)
	if err != nil {
		return err
	}
	handler, err := c.handler(m, clock, watcher)
	if err != nil {
		return err
	}
	if err := c.greet(p, m); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(p)
	group.Go(func() error { return m.worker.Run(ctx) })
	group.Go(func() error { return serveHTTP(ctx, listener, handler) })
	if watcher != nil {
		group.Go(func() error { watch(ctx, watcher, p.stdout); return nil })
	}
	if s.sandbox() {
		group.Go(func() error {
			if err := clock.Resume(ctx); err != nil && ctx.Err() == nil {
				log.Error("the clock could not go on to where it was being moved", "err", err)
			}
			return nil
		})
	}
	return group.Wait()
}

func (c serveCommand) handler(m *machine, clock *sandbox.Clock, watcher *content.Watcher) (http.Handler, error) {
	secret, err := m.settings.secret()
	if err != nil {
		return nil, err
	}
	key := m.settings.APIKey
	if key == "" && m.settings.sandbox() {
		if key, err = m.settings.sandboxKey(); err != nil {
			return nil, err
		}
	}
	options := api.Options{
		Engine: m.worker.Engine(), DB: m.db.Pool, Links: m.links, Log: m.log, PublicURL: m.settings.publicURL(),
		Key: key, Source: m.source, Secret: secret, Version: version, Ready: m.ready, Content: watcher,
		GenericHook: m.settings.GenericHook,
	}
	if m.settings.sandbox() {
		options.Sandbox = clock
	}
	return api.New(options), nil
}

// sandboxKey is a full-scope API key that the sandbox makes once and keeps.
func (s *Settings) sandboxKey() (string, error) {
	return s.kept("api-key", func() string {
		secret := make([]byte, 20)
		rand.Read(secret)
		return "sandbox_" + strings.ToLower(base32.StdEncoding.EncodeToString(secret))
	})
}

// greet tells where to click.
func (c serveCommand) greet(p *process, m *machine) error {
	s := m.settings
	if !s.sandbox() {
		m.log.Info("serving", "listen", s.Listen, "public_url", s.publicURL())
		return nil
	}
	admin, err := store.SaveUser(p, m.db.Pool, store.User{Email: "admin@sandbox.example", Name: "Sandbox admin", Role: "admin"})
	if err != nil {
		return err
	}
	login, err := pages.NewLoginLink(p, m.db.Pool, admin)
	if err != nil {
		return err
	}
	key := s.APIKey
	if key == "" {
		if key, err = s.sandboxKey(); err != nil {
			return err
		}
	}
	letters := "no letter leaves this machine"
	if m.inbox == nil {
		letters = "careful, SEVENTH_SMTP_URL is set and letters do leave this machine"
	}
	fmt.Fprintf(p.stdout, `
seventh is running in the sandbox: %[5]s.

  Log in (works once)  %[1]s%[2]s
  Letters sent         %[1]s/sandbox/inbox
  API documentation    %[1]s/docs
  API key              %[3]s

Ctrl-C stops it; everything is kept under %[4]s.

`, s.publicURL(), login, key, s.Data, letters)
	return nil
}

// serveHTTP serves until ctx ends, then lets requests under way finish.
func serveHTTP(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      10 * time.Minute, // advancing the sandbox clock by a year
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    32 << 10,
	}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		stopped <- server.Shutdown(closing)
	})
	err := server.Serve(listener)
	if stop() || !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving HTTP: %w", err)
	}
	return <-stopped
}
