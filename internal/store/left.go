package store

import (
	"context"
	"errors"
	"fmt"
)

// What a client unsubscribes from, as touches say it (data.scope).
const (
	ScopeSequence = "sequence" // that of the letter
	ScopeAll      = "all"      // every automated letter
)

// TellLeft is Tell for touches that have a scope: the widest one told stays, whichever
// was told first. It reports whether it says anything new.
func TellLeft(ctx context.Context, db DB, t NewTouch) (bool, error) {
	if t.Data["scope"] == ScopeSequence {
		told, err := ToldOf(ctx, db, *t.MessageID, t.Kind)
		if err == nil && told.Data["scope"] != ScopeSequence {
			return false, nil
		}
		if err != nil && !errors.Is(err, ErrNotFound) {
			return false, err
		}
	}
	fresh, err := Tell(ctx, db, t)
	if err != nil || fresh || t.Data["scope"] != ScopeAll {
		return fresh, err
	}
	tag, err := db.Exec(ctx, `
		UPDATE touches SET data = jsonb_set(data, '{scope}', to_jsonb($3::text))
		WHERE message_id = $1 AND kind = $2 AND data->>'scope' IS DISTINCT FROM $3`, t.MessageID, t.Kind, ScopeAll)
	if err != nil {
		return false, fmt.Errorf("writing that a client wants no more letters: %w", err)
	}
	return tag.RowsAffected() > 0, nil
}
