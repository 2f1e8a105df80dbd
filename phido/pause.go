package phido

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"aisles/aisles"
	"aisles/shopify"
)

// How long the schedule waits before it tries a paused shop again: as long as
// the pause has lasted, between these bounds, and no less than the
// connection's own interval.
const (
	shortestPause = time.Hour
	longestPause  = 24 * time.Hour
)

// nextTry is when the schedule tries a shop again that refuses everything.
func nextTry(now time.Time, c aisles.Connection) time.Time {
	var lasted time.Duration
	if c.Paused != nil {
		lasted = now.Sub(c.Paused.Since)
	}
	wait := min(max(lasted, shortestPause), longestPause)
	return now.Add(max(wait, time.Duration(c.IntervalSeconds)*time.Second))
}

// pausing says in plain words why a shop lets nothing be synced until a person
// has acted there, and is empty when an error says no such thing.
func pausing(err error, c aisles.Connection) string {
	var (
		api   *shopify.APIError
		grant *shopify.GrantError
	)
	if shopify.Classify(err) != shopify.ClassShop || !errors.As(err, &api) {
		return ""
	}
	switch api.Status {
	case http.StatusPaymentRequired:
		return "the shop is frozen: its Shopify bill is unpaid; the sync waits until the merchant has settled it"
	case http.StatusLocked:
		return "the shop is locked: Shopify has closed it to all apps; the sync waits until the merchant has settled that with Shopify"
	case http.StatusNotFound:
		return "there is no shop at " + c.Shop + ": it was closed or renamed, or the endpoint is wrong; connect it again"
	}
	switch {
	case errors.As(err, &grant):
		return "the shop gives no access token: " + cmp.Or(grant.Reason(), api.Message, http.StatusText(api.Status)) + "; install the app again, or connect the shop with other credentials"
	case api.Status != http.StatusUnauthorized:
		return ""
	case c.ClientID != "":
		return "the shop refuses every access token, also one it has just given; install the app again"
	}
	return "the shop refuses the access token: the app was uninstalled or the token revoked; connect it again"
}

// pause puts the shop on hold when that is what the error means, and words it
// for people. A dry run leaves no trace.
func (c *catalogRun) pause(ctx context.Context, err error) error {
	reason := pausing(err, c.connection)
	if reason == "" || ctx.Err() != nil {
		return err
	}
	var api *shopify.APIError
	errors.As(err, &api)
	refused := fmt.Errorf("%s (%w)", reason, api)
	now, changed := c.Ledger.Connection(ctx, c.run.Partner)
	if c.run.DryRun || changed != nil || !now.UpdatedAt.Equal(c.connection.UpdatedAt) {
		return refused // or the connection is another by now, whose turn is yet to come
	}
	c.Log.LogAttrs(ctx, slog.LevelWarn, "shop paused", slog.String("partner", c.run.Partner), slog.Any("error", err))
	return errors.Join(refused, c.Ledger.PauseShop(ctx, c.lease, c.run.Partner, reason, nextTry(c.Ledger.Now(), now)))
}

// resume asks a paused shop whether it answers again, at the price of one
// point, and ends the pause when it does.
func (c *catalogRun) resume(ctx context.Context) error {
	if c.connection.Paused == nil {
		return nil
	}
	if _, err := c.shop.Shop(ctx); err != nil || c.run.DryRun {
		return err
	}
	return c.Ledger.ResumeShop(ctx, c.lease, c.run.Partner)
}
