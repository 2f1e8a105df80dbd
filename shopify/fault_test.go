package shopify_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aisles/shopify"
)

// TestFaults: what each fault of a shop becomes, after how many requests, and
// in what time.
func TestFaults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		kind     string
		count    int // of faulty answers, 0 is without end
		requests int
		within   time.Duration
		want     shopify.Class
		status   int // of the APIError
	}{
		{"http_401", 0, 1, 0, shopify.ClassShop, 401},
		{"http_402", 0, 1, 0, shopify.ClassShop, 402},
		{"http_423", 0, 1, 0, shopify.ClassShop, 423},
		{"http_429", 2, 3, 4 * time.Second, shopify.ClassNone, 0},
		{"http_429", 0, 5, 8 * time.Second, shopify.ClassTemporary, 429},
		{"http_500", 2, 3, 2 * time.Second, shopify.ClassNone, 0},
		{"http_500", 0, 5, 10 * time.Second, shopify.ClassUnknownOutcome, 500},
		{"http_503", 0, 5, 10 * time.Second, shopify.ClassUnknownOutcome, 503},
		{"html_502", 4, 5, 10 * time.Second, shopify.ClassNone, 0},
		{"html_502", 0, 5, 10 * time.Second, shopify.ClassUnknownOutcome, 502},
		{"timeout", 1, 2, 11 * time.Second, shopify.ClassNone, 0},
		{"hang", 1, 2, 16 * time.Second, shopify.ClassNone, 0},
		{"hang", 0, 5, 85 * time.Second, shopify.ClassUnknownOutcome, 0},
		{"drop_after_commit", 1, 2, time.Second, shopify.ClassNone, 0},
		{"throttle", 1, 2, time.Second, shopify.ClassNone, 0},
		{"throttle", 0, 21, 20 * time.Second, shopify.ClassTemporary, 0},
		{"slow", 0, 1, time.Second, shopify.ClassNone, 0},
		{"user_error", 0, 1, 0, shopify.ClassProduct, 0},
	}
	for _, tt := range tests {
		t.Run(tt.kind, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				requests := 0
				server, c := newShop(t, func(o *shopify.Options) { o.Observe = func(shopify.Call) { requests++ } })
				fail(t, server, tt.kind, tt.count)
				start := time.Now()
				_, err := c.ProductSet(t.Context(), tee()) // may be repeated
				var unknown *shopify.UnknownOutcomeError
				if errors.As(err, &unknown) && !unknown.Repeatable {
					t.Error("the caller is not told that it may repeat the call")
				}
				if took := time.Since(start); shopify.Classify(err) != tt.want || requests != tt.requests || took > tt.within {
					t.Errorf("%v (%s) after %d requests in %s, want %s after %d within %s", err, shopify.Classify(err), requests, took, tt.want, tt.requests, tt.within)
				}
				var api *shopify.APIError
				if errors.As(err, &api); tt.status != 0 && (api == nil || api.Status != tt.status) {
					t.Errorf("%v, want status %d", err, tt.status)
				}
				secretive(t, err)
			})
		})
	}
}

// secretive: no error tells the token.
func secretive(t *testing.T, err error) {
	t.Helper()
	if err != nil && strings.Contains(err.Error(), token) {
		t.Errorf("the token is in %q", err)
	}
}

// addsPicture is a write that may not be repeated: each time adds a file.
func addsPicture() shopify.ProductSetVariables {
	v := tee()
	v.Input.Files = shopify.Value([]shopify.FileSetInput{{OriginalSource: shopify.Value("https://pictures.example/tee.jpg")}})
	return v
}

// TestUnknownOutcome: a write that may not be repeated is sent once, and its
// caller told that nobody knows.
func TestUnknownOutcome(t *testing.T) {
	t.Parallel()
	anonymous := tee()
	anonymous.Identifier = shopify.Opt[shopify.ProductSetIdentifiers]{}
	variant := tee()
	variant.Input.Variants = shopify.Value([]shopify.ProductVariantSetInput{{File: shopify.Value(shopify.FileSetInput{OriginalSource: shopify.Value("https://pictures.example/s.jpg")})}})
	for name, v := range map[string]shopify.ProductSetVariables{"anonymous": anonymous, "picture": addsPicture(), "variant's picture": variant} {
		for _, kind := range []string{"http_500", "html_502", "timeout", "hang", "drop_after_commit"} {
			t.Run(name+" "+kind, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					requests := 0
					server, c := newShop(t, func(o *shopify.Options) { o.Observe = func(shopify.Call) { requests++ } })
					fail(t, server, kind, 0)
					start := time.Now()
					_, err := c.ProductSet(t.Context(), v)
					var unknown *shopify.UnknownOutcomeError
					if !errors.As(err, &unknown) || unknown.Operation != "ProductSet" || unknown.Repeatable || unknown.Err == nil || shopify.Classify(err) != shopify.ClassUnknownOutcome {
						t.Errorf("%v", err)
					}
					if took := time.Since(start); requests != 1 || took > shopify.DefaultAttemptTimeout {
						t.Errorf("%d requests in %s", requests, took)
					}
				})
			})
		}
	}
}

// TestDroppedAfterCommit: the product is there once, whether the client sent
// the write again or its caller has to look.
func TestDroppedAfterCommit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, c := newShop(t)
		fail(t, server, "drop_after_commit", 1)
		if _, err := c.ProductSet(t.Context(), addsPicture()); shopify.Classify(err) != shopify.ClassUnknownOutcome {
			t.Errorf("%v", err)
		}
		found, err := c.ProductByIdentifier(t.Context(), shopify.ProductByIdentifierVariables{Identifier: shopify.ProductIdentifierInput{Handle: shopify.Value("tee")}, Namespace: customNamespace, Key: customKey, Metafields: []string{"custom.care"}})
		if err != nil || found == nil || len(found.Media.Nodes) != 1 {
			t.Fatalf("looked and found %+v, %v", found, err)
		}
		fail(t, server, "drop_after_commit", 2)
		if _, err := c.ProductSet(t.Context(), tee()); err != nil {
			t.Error(err)
		}
		if got := strings.Count(control(t, server, "GET", "/_sim/shops/"+domain+"/state", ""), `"handle":"tee"`); got != 1 {
			t.Errorf("%d products", got)
		}
	})
}

// TestLostThenRefused: what one request may have done is not undone by the
// next one's refusal. Queries do nothing.
func TestLostThenRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		requests := 0
		c := newClient(t, shopify.Options{Shop: domain, Token: token, Transport: transport(func(r *http.Request) (*http.Response, error) {
			if requests++; requests%2 == 1 {
				return nil, io.ErrUnexpectedEOF
			}
			return respond(r, 423, `{"errors":"Locked"}`), nil
		})})
		_, err := c.ProductSet(t.Context(), tee())
		var unknown *shopify.UnknownOutcomeError
		var api *shopify.APIError
		if !errors.As(err, &unknown) || !unknown.Repeatable || !errors.As(err, &api) || api.Status != 423 || shopify.Classify(err) != shopify.ClassUnknownOutcome {
			t.Errorf("a write: %v", err)
		}
		if _, err := c.Shop(t.Context()); shopify.Classify(err) != shopify.ClassShop || requests != 4 {
			t.Errorf("a query: %v after %d requests", err, requests)
		}
	})
}

// TestRepeatable: which writes are sent again after a lost answer.
func TestRepeatable(t *testing.T) {
	t.Parallel()
	const id = "gid://shopify/Product/1"
	metafield := shopify.MetafieldsSetInput{OwnerID: id, Namespace: shopify.Value("custom"), Key: "care", Value: "wash"}
	compared := metafield
	compared.CompareDigest = shopify.Null[string]()
	update := func(v shopify.ProductVariantsBulkInput) func(context.Context, *shopify.Client) error {
		return func(ctx context.Context, c *shopify.Client) error {
			_, err := c.ProductVariantsBulkUpdate(ctx, shopify.ProductVariantsBulkUpdateVariables{ProductID: id, Variants: []shopify.ProductVariantsBulkInput{v}})
			return err
		}
	}
	metafields := func(m shopify.MetafieldsSetInput) func(context.Context, *shopify.Client) error {
		return func(ctx context.Context, c *shopify.Client) error {
			_, err := c.MetafieldsSet(ctx, shopify.MetafieldsSetVariables{Metafields: []shopify.MetafieldsSetInput{m}})
			return err
		}
	}
	tests := []struct {
		name  string
		send  func(context.Context, *shopify.Client) error
		again bool
	}{
		{"tags added", tag, true},
		{"tags removed", func(ctx context.Context, c *shopify.Client) error {
			_, err := c.TagsRemove(ctx, shopify.TagsRemoveVariables{ID: id, Tags: []string{"a"}})
			return err
		}, true},
		{"published", func(ctx context.Context, c *shopify.Client) error {
			_, err := c.PublicationUpdate(ctx, shopify.PublicationUpdateVariables{ID: "gid://shopify/Publication/1"})
			return err
		}, true},
		{"metafields", metafields(metafield), true},
		{"metafields that must not be there", metafields(compared), false},
		{"prices", update(shopify.ProductVariantsBulkInput{Price: shopify.Value("1.00")}), true},
		{"variants' pictures", update(shopify.ProductVariantsBulkInput{MediaSrc: shopify.Value([]string{"https://pictures.example/a.jpg"})}), false},
		{"stock by difference", update(shopify.ProductVariantsBulkInput{QuantityAdjustments: shopify.Value([]shopify.InventoryAdjustmentInput{{}})}), false},
		{"deletion", func(ctx context.Context, c *shopify.Client) error {
			_, err := c.ProductDelete(ctx, shopify.ProductDeleteVariables{})
			return err
		}, false},
		{"definition", func(ctx context.Context, c *shopify.Client) error {
			_, err := c.MetafieldDefinitionCreate(ctx, shopify.MetafieldDefinitionCreateVariables{})
			return err
		}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				requests := 0
				c := newClient(t, shopify.Options{Shop: domain, Token: token, Transport: transport(func(*http.Request) (*http.Response, error) {
					requests++
					return nil, io.ErrUnexpectedEOF
				})})
				err := tt.send(t.Context(), c)
				var unknown *shopify.UnknownOutcomeError
				if !errors.As(err, &unknown) || unknown.Repeatable != tt.again || (requests > 1) != tt.again {
					t.Errorf("%v after %d requests", err, requests)
				}
			})
		})
	}
}

// TestNeverSent: what did not reach Shopify is sent again, repeatable or not.
func TestNeverSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		server, _ := newShop(t)
		c := newClient(t, shopify.Options{Shop: domain, Token: token, Transport: transport(func(r *http.Request) (*http.Response, error) {
			if tries++; tries < 3 {
				return nil, &net.OpError{Op: "dial", Err: errors.New("connection refused for " + token)}
			}
			return server.RoundTrip(r)
		})})
		if _, err := c.ProductSet(t.Context(), addsPicture()); err != nil || tries != 3 {
			t.Errorf("%v after %d tries", err, tries)
		}
		tries = -100
		_, err := c.ProductSet(t.Context(), addsPicture())
		if shopify.Classify(err) != shopify.ClassTemporary || tries != -95 {
			t.Errorf("%v after %d tries", err, tries+100)
		}
		secretive(t, err)
	})
}

// TestCancel: a call that is cancelled ends at once, wherever it is.
func TestCancel(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]shopify.Class{
		"hang": shopify.ClassUnknownOutcome, "http_500": shopify.ClassUnknownOutcome, "slow": shopify.ClassUnknownOutcome,
		"http_429": shopify.ClassTemporary, "throttle": shopify.ClassTemporary,
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server, c := newShop(t)
				defer time.Sleep(2 * time.Minute) // the shop goes on when its client is gone
				control(t, server, "POST", "/_sim/faults", `{"kind":"`+kind+`","latency_ms":60000}`)
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(250*time.Millisecond, cancel)
				start := time.Now()
				_, err := c.ProductSet(ctx, tee())
				if took := time.Since(start); took > 300*time.Millisecond || !errors.Is(err, context.Canceled) || shopify.Classify(err) != want {
					t.Errorf("%v (%s) after %s", err, shopify.Classify(err), took)
				}
				if kind != "hang" && kind != "slow" {
					return
				}
				ctx, cancel = context.WithTimeout(t.Context(), 250*time.Millisecond)
				defer cancel()
				start = time.Now()
				_, err = c.ProductSet(ctx, addsPicture())
				if took := time.Since(start); took > 300*time.Millisecond || !errors.Is(err, context.DeadlineExceeded) || shopify.Classify(err) != shopify.ClassUnknownOutcome {
					t.Errorf("cut off: %v (%s) after %s", err, shopify.Classify(err), took)
				}
			})
		})
	}
}

// TestAttemptTimeout: an attempt is bounded, an earlier deadline holds, and a
// body that never ends is no way around it.
func TestAttemptTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, c := newShop(t, func(o *shopify.Options) { o.AttemptTimeout = 2 * time.Second })
		fail(t, server, "hang", 0)
		start := time.Now()
		_, err := c.ProductSet(t.Context(), addsPicture())
		if took := time.Since(start); took != 2*time.Second || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%v after %s", err, took)
		}
		c = newClient(t, shopify.Options{Shop: domain, Token: token, Transport: transport(func(r *http.Request) (*http.Response, error) {
			res := respond(r, 200, "")
			res.Body = io.NopCloser(endless{r.Context()})
			return res, nil
		})})
		start = time.Now()
		_, err = c.ProductSet(t.Context(), addsPicture())
		if took := time.Since(start); took != shopify.DefaultAttemptTimeout || shopify.Classify(err) != shopify.ClassUnknownOutcome {
			t.Errorf("endless body: %v after %s", err, took)
		}
	})
}

// endless is a body that has nothing to say until its request ends.
type endless struct{ ctx context.Context }

func (e endless) Read([]byte) (int, error) {
	<-e.ctx.Done()
	return 0, e.ctx.Err()
}
