package store

import (
	"context"
	"encoding/json"
	"fmt"

	"aisles/aisles"
)

// PutProduct creates or updates one product of a partner, and gives it as it
// is then. A patch that is refused is an error. May is asked before, under the
// product's lock, about the product as it is, nil when there is none: its error
// ends the write. It is asked again when another write came first.
func (s *Store) PutProduct(ctx context.Context, partner string, patch aisles.Patch, may func(old *aisles.Product) error) (aisles.Product, aisles.Outcome, error) {
	var after aisles.Product
	var result Result
	err := s.change(ctx, partner, []string{patch.Key}, false, func(rows map[string]row) ([]change, error) {
		var old *aisles.Product
		if x, there := rows[patch.Key]; there && x.Removed == nil {
			p, err := x.product()
			if err != nil {
				return nil, err
			}
			old, after = &p, p
		}
		if err := may(old); err != nil {
			return nil, err
		}
		var c *change
		var err error
		if result, c, err = put(patch, rows, false); err == nil {
			err = result.Err
		}
		if err != nil || c == nil {
			return nil, err
		}
		after = aisles.Product{}
		return []change{*c}, json.Unmarshal([]byte(c.Product), &after)
	})
	if err != nil {
		return aisles.Product{}, "", fmt.Errorf("put product %s: %w", aisles.Ref{Partner: partner, Key: patch.Key}, err)
	}
	return after, result.Outcome, nil
}
