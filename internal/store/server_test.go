package store_test

import (
	"testing"

	"seventh/internal/pgtest"
	"seventh/internal/store"
)

func TestServerTellsWhatItIsSetTo(t *testing.T) {
	t.Parallel()
	tx := must(pgtest.DB(t).Begin(t.Context()))(t)
	defer tx.Rollback(t.Context())
	for _, setting := range []string{"synchronous_commit = remote_write", "transaction_read_only = on"} {
		must(tx.Exec(t.Context(), "SET LOCAL "+setting))(t)
	}
	got := must(store.ReadServer(t.Context(), tx))(t)
	if got.Number < 150000 || got.Version == "" || got.Now.IsZero() || got.SynchronousCommit != "remote_write" || !got.ReadOnly {
		t.Errorf("%+v", got)
	}
	if fsync := value[string](t, tx, "SHOW fsync"); (fsync == "on") != got.Fsync {
		t.Errorf("fsync is %s, and Fsync %t", fsync, got.Fsync)
	}
}
