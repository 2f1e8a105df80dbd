package api

import (
	"context"
	"net/http"

	"aisles/aisles"

	"github.com/danielgtaylor/huma/v2"
)

type requestedRuns struct {
	Runs []aisles.Run `json:"runs" nullable:"false" required:"true"`
}

type modeInput struct {
	Mode   aisles.Mode `json:"mode" required:"true" enum:"sequential,queued,paused"`
	Reason string      `json:"reason" required:"true" minLength:"1" maxLength:"1000"`
	// What GET gives, PUT accepts, and does not change by it.
	By    string `json:"by" doc:"Not changed: it is you."`
	Since string `json:"since" doc:"Not changed: it is now."`
}

type whyInput struct {
	Partner string `query:"partner" required:"true"`
	Key     string `query:"key" required:"true"`
}

type retryInput struct {
	Keys []string `json:"keys" maxItems:"10000" doc:"Empty means all that are set aside."`
}

type retried struct {
	Retried int `json:"retried" doc:"The number of products freed."`
}

func (a *api) syncRoutes() {
	tags := []string{"sync"}
	route(a, huma.Operation{OperationID: "requestSync", Method: http.MethodPost, Path: "/v1/syncs", Summary: "Ask for a sync now", Tags: tags, DefaultStatus: http.StatusAccepted, Middlewares: a.once(),
		Description: "Gives the runs that wait for it, one per partner. While a partner's run is under way, one follows it; asking twice makes no second one."}, people, a.requestSync)
	route(a, huma.Operation{OperationID: "mode", Method: http.MethodGet, Path: "/v1/mode", Summary: "Give the mode in force", Tags: tags}, []Class{Operator, Sync},
		func(ctx context.Context, _ caller, in *struct{ MatchInput }) (*single[aisles.ModeSetting], error) {
			phido, err := a.companion()
			if err != nil {
				return nil, err
			}
			mode, err := phido.Mode(ctx)
			if err != nil {
				return nil, err
			}
			return singleOf(in.MatchInput, mode)
		})
	route(a, huma.Operation{OperationID: "setMode", Method: http.MethodPut, Path: "/v1/mode", Summary: "Switch the mode", Tags: tags,
		Description: "It takes effect within a second and the calls under way; nothing is restarted. What ran goes on in the new mode, unless that is paused."}, operators,
		func(ctx context.Context, c caller, in *struct{ Body modeInput }) (*result[aisles.ModeSetting], error) {
			phido, err := a.companion()
			if err != nil {
				return nil, err
			}
			mode, err := phido.SetMode(ctx, aisles.ModeSetting{Mode: in.Body.Mode, Reason: in.Body.Reason, By: c.by(), Since: a.Now().UTC()})
			return &result[aisles.ModeSetting]{mode}, err
		})
	route(a, huma.Operation{OperationID: "why", Method: http.MethodGet, Path: "/v1/why", Summary: "Tell why a product is, or is not, in its shop", Tags: tags}, people, a.why)
	route(a, huma.Operation{OperationID: "retry", Method: http.MethodPost, Path: "/v1/partners/{partner}/retry", Summary: "Try again what was set aside", Tags: tags, Middlewares: a.once()}, people,
		func(ctx context.Context, _ caller, in *struct {
			PartnerPath
			Body retryInput
		}) (*result[retried], error) {
			phido, err := a.companion()
			if err != nil {
				return nil, err
			}
			n, err := phido.Retry(ctx, in.Partner, in.Body.Keys)
			return &result[retried]{retried{n}}, err
		})
}

func (a *api) requestSync(ctx context.Context, c caller, in *struct{ Body aisles.SyncRequest }) (*result[requestedRuns], error) {
	phido, err := a.companion()
	if err != nil {
		return nil, err
	}
	request := in.Body
	if c.partner != "" && request.All {
		return nil, aisles.Errorf(aisles.Forbidden, "a partner's token cannot ask for all partners")
	}
	if request.All == (len(request.Partners) > 0) {
		return nil, aisles.FieldErrorf("partners", "name partners, or set all")
	}
	for _, partner := range request.Partners {
		if _, err := c.only(partner); err != nil {
			return nil, err
		}
	}
	if request.Routine == "" {
		request.Routine = aisles.RoutineCatalog
	}
	if request.Routine != aisles.RoutineCatalog {
		return nil, aisles.FieldErrorf("routine", "there is no routine %q", request.Routine)
	}
	runs, err := phido.RequestSync(ctx, request)
	if runs == nil {
		runs = []aisles.Run{}
	}
	return &result[requestedRuns]{requestedRuns{runs}}, err
}
