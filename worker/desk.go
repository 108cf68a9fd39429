package worker

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// deskConnections plan, claim, commit and settle; chunks at once need no more.
const deskConnections = 6

// newDesk opens connections for the statements that letters are planned and settled
// with. All of them look rows up by an index. A plan for one is kept for long, and
// made while a table is small it would read the whole table for ever after.
func newDesk(pool *pgxpool.Pool) (*pgxpool.Pool, error) {
	config := pool.Config()
	config.MinConns, config.MinIdleConns, config.MaxConns = 0, 0, deskConnections
	before := config.AfterConnect
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		if before != nil {
			if err := before(ctx, conn); err != nil {
				return err
			}
		}
		_, err := conn.Exec(ctx, "SET enable_seqscan = off; SET jit = off") // compiling takes longer than running
		return err
	}
	desk, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		return nil, fmt.Errorf("opening connections for letters: %w", err)
	}
	return desk, nil
}
