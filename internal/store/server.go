package store

import (
	"context"
	"fmt"
	"time"
)

// Server is what PostgreSQL says about itself.
type Server struct {
	Version           string
	Number            int       // 150004 is 15.4
	Fsync             bool      // a commit survives a power cut
	FullPageWrites    bool      // so does a page that was being written
	SynchronousCommit string    // of our sessions: on, off, local, remote_write or remote_apply
	ReadOnly          bool      // nothing can be written: a standby, or by configuration
	Now               time.Time // its wall clock
}

// ReadServer asks PostgreSQL about itself.
func ReadServer(ctx context.Context, db DB) (Server, error) {
	s, err := one[Server](db.Query(ctx, `
		SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS number,
			current_setting('fsync')::bool AS fsync, current_setting('full_page_writes')::bool AS full_page_writes,
			current_setting('synchronous_commit') AS synchronous_commit,
			current_setting('transaction_read_only')::bool AS read_only, clock_timestamp() AS now`))
	if err != nil {
		return s, fmt.Errorf("asking PostgreSQL about itself: %w", err)
	}
	return s, nil
}
