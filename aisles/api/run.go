package api

import (
	"context"
	"net/http"

	"aisles/aisles"

	"github.com/danielgtaylor/huma/v2"
)

// RunPath is the path of a run.
type RunPath struct {
	ID string `path:"id" doc:"The run's id."`
}

type runQuery struct {
	PagingInput
	Partner string `query:"partner" doc:"Only this partner's runs."`
}

func (a *api) runRoutes() {
	tags := []string{"runs"}
	route(a, huma.Operation{OperationID: "runs", Method: http.MethodGet, Path: "/v1/runs", Summary: "List runs, newest first", Tags: tags}, people,
		func(ctx context.Context, c caller, in *runQuery) (*page[aisles.Run], error) {
			phido, err := a.companion()
			if err != nil {
				return nil, err
			}
			partner, err := c.only(in.Partner)
			if err != nil {
				return nil, err
			}
			items, err := phido.Runs(ctx, partner, in.After, in.Limit)
			return pageOf(items, in.Limit, func(r aisles.Run) string { return r.ID }), err
		})
	route(a, huma.Operation{OperationID: "run", Method: http.MethodGet, Path: "/v1/runs/{id}", Summary: "Give a run", Tags: tags}, people,
		func(ctx context.Context, c caller, in *struct {
			RunPath
			MatchInput
		}) (*single[aisles.Run], error) {
			_, run, err := a.run(ctx, c, in.ID)
			if err != nil {
				return nil, err
			}
			return singleOf(in.MatchInput, run)
		})
	route(a, huma.Operation{OperationID: "actions", Method: http.MethodGet, Path: "/v1/runs/{id}/actions", Summary: "List what a run did, or means to do, by product", Tags: tags}, people,
		func(ctx context.Context, c caller, in *struct {
			RunPath
			PagingInput
		}) (*page[aisles.RunAction], error) {
			phido, _, err := a.run(ctx, c, in.ID)
			if err != nil {
				return nil, err
			}
			items, err := phido.Actions(ctx, in.ID, in.After, in.Limit)
			return pageOf(items, in.Limit, func(a aisles.RunAction) string { return a.Key }), err
		})
	for verb, approve := range map[string]bool{"approve": true, "reject": false} {
		summary := "Say no to a held run"
		if approve {
			summary = "Say yes to a held run"
		}
		route(a, huma.Operation{OperationID: verb, Method: http.MethodPost, Path: "/v1/runs/{id}/" + verb, Summary: summary, Tags: tags, Middlewares: a.once(),
			Description: "A yes gives the run that follows, a no the held one, now stopped."}, operators,
			func(ctx context.Context, c caller, in *struct{ RunPath }) (*result[aisles.Run], error) {
				phido, err := a.companion()
				if err != nil {
					return nil, err
				}
				run, err := phido.Decide(ctx, in.ID, approve, c.by())
				return &result[aisles.Run]{run}, err
			})
	}
}

// run gives a run that the caller may see.
func (a *api) run(ctx context.Context, c caller, id string) (Companion, aisles.Run, error) {
	phido, err := a.companion()
	if err != nil {
		return nil, aisles.Run{}, err
	}
	run, err := phido.Run(ctx, id)
	if err != nil {
		return nil, aisles.Run{}, err
	}
	if _, err := c.only(run.Partner); err != nil {
		return nil, aisles.Run{}, aisles.Errorf(aisles.NotFound, "there is no run %q", id)
	}
	return phido, run, nil
}
