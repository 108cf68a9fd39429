package engine

import (
	"context"
	"errors"

	"seventh/internal/store"
)

// ErrClosed says that a task was closed before.
var ErrClosed = errors.New("this task was closed already")

// CloseTask closes a task as done.
func (e *Engine) CloseTask(ctx context.Context, id int64, by, note string) error {
	now, err := store.Now(ctx, e.DB)
	if err != nil {
		return err
	}
	if _, err := store.TaskByID(ctx, e.DB, id); err != nil {
		return err
	}
	open, err := store.CloseTask(ctx, e.DB, id, store.TaskDone, by, note, now)
	if err == nil && !open {
		return ErrClosed
	}
	return err
}
