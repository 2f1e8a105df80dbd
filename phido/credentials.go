package phido

import (
	"context"

	"aisles/aisles"
	"aisles/phido/ledger"
	"aisles/shopify"
)

// source gives the tokens of one shop for one app's credentials.
type source struct {
	credentials ledger.Credentials
	endpoint    string
	tokens      shopify.TokenSource
}

// credentials puts into the options what the partner's shop is called with.
func (p *Phido) credentials(ctx context.Context, connection aisles.Connection, o *shopify.Options) error {
	credentials, err := p.Ledger.Credentials(ctx, connection.Partner)
	if err != nil {
		return err
	}
	if credentials.ClientID == "" {
		o.Token = credentials.Token
		return nil
	}
	o.Tokens, err = p.tokens(connection, credentials)
	return err
}

// tokens gives the source of a shop's tokens. All runs of the shop have the
// same one, so that they share a token and its renewal, until the connection
// has other credentials.
func (p *Phido) tokens(connection aisles.Connection, credentials ledger.Credentials) (shopify.TokenSource, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	there := p.sources[connection.Shop]
	if there.tokens != nil && there.credentials == credentials && there.endpoint == connection.Endpoint {
		return there.tokens, nil
	}
	tokens, err := shopify.ClientCredentials{
		Shop: connection.Shop, Endpoint: connection.Endpoint, ID: credentials.ClientID, Secret: credentials.ClientSecret,
		Transport: p.Transport, AttemptTimeout: attemptTimeout,
	}.Source()
	if err != nil {
		return nil, err
	}
	p.sources[connection.Shop] = source{credentials, connection.Endpoint, tokens}
	return tokens, nil
}
