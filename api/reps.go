package api

import (
	"context"
	"errors"

	"seventh/internal/store"
)

// repJSON is somebody who owns clients, as letters show him.
type repJSON struct {
	Email    string `json:"email"`
	Name     string `json:"name"`
	Role     string `json:"role" enum:"rep,marketer,admin"`
	Phone    string `json:"phone"`
	Position string `json:"position"`
}

type repAnswer struct{ Body repJSON }

func showRep(u *store.User) repJSON {
	return repJSON{Email: u.Email, Name: u.Name, Role: u.Role, Phone: u.Phone, Position: u.Position}
}

// reps lists everybody; there are as many as a sales department has people.
func (s *server) reps(ctx context.Context, _ *struct{}) (*list[repJSON], error) {
	users, err := store.ListUsers(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	return pageOf(users, len(users), showRep, nil), nil
}

// rep shows one.
func (s *server) rep(ctx context.Context, in *struct {
	Email string `path:"email"`
}) (*repAnswer, error) {
	user, err := store.UserByEmail(ctx, s.DB, in.Email)
	if err != nil {
		return nil, err
	}
	return &repAnswer{Body: showRep(&user)}, nil
}

// putRep adds a rep without a password, or changes what letters show of him.
// Roles and passwords are given by `seventh user add` only.
func (s *server) putRep(ctx context.Context, in *struct {
	Email string `path:"email"`
	Body  struct {
		Name     string `json:"name,omitempty" doc:"Missing or empty fields keep their value."`
		Phone    string `json:"phone,omitempty"`
		Position string `json:"position,omitempty"`
	}
}) (*repAnswer, error) {
	check := (&rules{}).check()
	check.externalID("path.email", in.Email)
	check.email("path.email", &in.Email)
	check.line("body.name", &in.Body.Name, nameLimit)
	check.line("body.phone", &in.Body.Phone, nameLimit)
	check.line("body.position", &in.Body.Position, nameLimit)
	if err := check.err(); err != nil {
		return nil, err
	}
	address, err := store.NormalizeAddress(in.Email)
	if err != nil {
		return nil, err
	}
	role := "rep"
	if before, err := store.UserByEmail(ctx, s.DB, address); err == nil {
		role = before.Role
	} else if !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	_, err = store.SaveUser(ctx, s.DB, store.User{Email: address, Name: in.Body.Name, Role: role, Phone: in.Body.Phone, Position: in.Body.Position})
	if err != nil {
		return nil, err
	}
	user, err := store.UserByEmail(ctx, s.DB, address)
	return &repAnswer{Body: showRep(&user)}, err
}
