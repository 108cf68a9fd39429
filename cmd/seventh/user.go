package main

import (
	"bufio"
	"errors"
	"fmt"
	"strings"

	"seventh/api/pages"
	"seventh/internal/store"
)

type userCommand struct {
	Add userAddCommand `cmd:"" help:"Add somebody who logs in, or set his password anew; it is read from standard input."`
}

type userAddCommand struct {
	Email    string `arg:"" help:"Address to log in with."`
	Role     string `required:"" enum:"rep,marketer,admin" help:"rep, marketer or admin."`
	Name     string `help:"Full name, as letters are signed."`
	Phone    string `help:"Phone, for the signature."`
	Position string `help:"Position, for the signature."`
}

const passwordMinimum = 12

// Run adds or changes a user.
func (c userAddCommand) Run(p *process, s *Settings) error {
	address, err := store.NormalizeAddress(c.Email)
	if err != nil {
		return fmt.Errorf("%q %w", c.Email, err)
	}
	fmt.Fprintf(p.stderr, "Password (at least %d characters): ", passwordMinimum)
	line, err := bufio.NewReader(p.stdin).ReadString('\n')
	password := strings.TrimRight(line, "\r\n")
	if len([]rune(password)) < passwordMinimum {
		return errors.Join(fmt.Errorf("the password has fewer than %d characters", passwordMinimum), err)
	}
	hash, err := pages.HashPassword(password)
	if err != nil {
		return err
	}
	return withDatabase(p, s, func(db *database) error {
		_, err := store.SaveUser(p, db, store.User{
			Email: address, Name: c.Name, Role: c.Role, Phone: c.Phone, Position: c.Position, PasswordHash: &hash,
		})
		if err == nil {
			fmt.Fprintf(p.stdout, "%s can log in as %s.\n", address, c.Role)
		}
		return err
	})
}
