package content

import (
	"context"
	"sync"

	"seventh/internal/store"
)

// InUse is the folder in force, kept until the next publication. Its zero value is
// ready, and may be used from many goroutines.
type InUse struct {
	mu          sync.Mutex
	publication int64
	folder      *Folder
}

// Folder returns it; it is read anew after a publication.
func (u *InUse) Folder(ctx context.Context, db store.DB) (*Folder, error) {
	latest, err := store.LatestPublication(ctx, db)
	if err != nil {
		return nil, err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.folder != nil && u.publication == latest.ID {
		return u.folder, nil
	}
	folder, id, err := InForce(ctx, db)
	if err != nil {
		return nil, err
	}
	u.folder, u.publication = folder, id
	return folder, nil
}
