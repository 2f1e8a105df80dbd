package api

import (
	"context"

	"aisles/aisles"
)

// Companion is the part of the sync's ledger the API reads and asks. Without
// one, its routes answer that they are unavailable. Errors are of the
// catalog's codes.
type Companion interface {
	Connection(ctx context.Context, partner string) (aisles.Connection, error)
	// PutConnection makes or changes a connection. The secret is that of the
	// client, where c names one, else the access token; an empty one keeps the
	// credentials there are.
	PutConnection(ctx context.Context, c aisles.Connection, secret string) (aisles.Connection, error)
	RemoveConnection(ctx context.Context, partner string) error
	// RequestSync gives the waiting runs, one per partner.
	RequestSync(ctx context.Context, request aisles.SyncRequest) ([]aisles.Run, error)
	// Runs gives the newest runs first; after is a run's id, and an empty
	// partner means all.
	Runs(ctx context.Context, partner, after string, limit int) ([]aisles.Run, error)
	Run(ctx context.Context, id string) (aisles.Run, error)
	// Actions gives a run's actions by key, after a key.
	Actions(ctx context.Context, run, after string, limit int) ([]aisles.RunAction, error)
	// Decide answers a held run, and gives the run that follows a yes.
	Decide(ctx context.Context, run string, approve bool, by string) (aisles.Run, error)
	Mode(ctx context.Context) (aisles.ModeSetting, error)
	SetMode(ctx context.Context, mode aisles.ModeSetting) (aisles.ModeSetting, error)
	// Why leaves out what the catalog knows.
	Why(ctx context.Context, ref aisles.Ref) (aisles.Why, error)
	// Retry frees products that were set aside, all when no keys are given.
	Retry(ctx context.Context, partner string, keys []string) (int, error)
}

// companion gives the ledger, or says that there is none.
func (a *api) companion() (Companion, error) {
	if a.Phido == nil {
		return nil, aisles.Errorf(aisles.Unavailable, "the sync is not part of this server")
	}
	return a.Phido, nil
}
