package sim

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// tokenSeconds is how long a token lasts that is granted for client
// credentials.
const tokenSeconds = 86399

// admits tells whether a token is one of the shop's and has not expired.
func (h *hosted) admits(token string, now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	expires, granted := h.grants[token]
	return !h.uninstalled && (token == h.config.AccessToken || granted && now.Before(expires))
}

// oauthRefusal is a refusal of the token endpoint.
type oauthRefusal struct {
	status            int
	code, description string
}

func (e *oauthRefusal) Error() string { return "Oauth error " + e.code + ": " + e.description }

func invalidRequest(format string, args ...any) error {
	return &oauthRefusal{http.StatusBadRequest, "invalid_request", fmt.Sprintf(format, args...)}
}

// serveGrant answers a request for an access token.
func (s *Server) serveGrant(w http.ResponseWriter, r *http.Request, shop *hosted) {
	w.Header().Set("X-Request-Id", rand.Text())
	form, err := readGrant(r)
	// The log has the names of what was asked, and no secret.
	shown, _ := json.Marshal(map[string]string{"client_id": form["client_id"], "grant_type": form["grant_type"]})
	c := &call{At: s.clock.now(), Shop: shop.state.info.domain, Kind: oauthCall, Operation: "accessToken", Variables: shown, roots: []string{"accessToken"}}
	x := &exchange{Server: s, shop: shop, call: c}
	x.fault = s.pickFault(shop, c)
	defer s.calls.add(c)
	if x.fault.answers(x, w, r) {
		return
	}
	if x.fault.is("slow") {
		time.Sleep(x.fault.latency(time.Second))
	}
	var granted map[string]any
	if err == nil {
		granted, err = shop.grant(form, s.clock.now())
	}
	if x.fault.is("drop_after_commit") {
		panic(http.ErrAbortHandler) // net/http closes the connection
	}
	var refused *oauthRefusal
	if errors.As(err, &refused) {
		c.Status = refused.status
		refused.write(w, r)
		return
	}
	c.Status = http.StatusOK
	writeJSON(w, http.StatusOK, granted)
}

// write answers in JSON those who ask for it, else with a page.
func (e *oauthRefusal) write(w http.ResponseWriter, r *http.Request) {
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		writeJSON(w, e.status, map[string]string{"error": e.code, "error_description": e.description})
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(e.status)
	_, _ = fmt.Fprintf(w, "<!DOCTYPE html><html><body><p>%s</p></body></html>", html.EscapeString(e.Error()))
}

// grantFields are the fields of a request for a token, all required.
var grantFields = []string{"client_id", "client_secret", "grant_type"}

// readGrant reads a form or a JSON object of texts.
func readGrant(r *http.Request) (map[string]string, error) {
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return nil, invalidRequest("%v", err)
	}
	form := map[string]string{}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch kind {
	case "application/json":
		if err := json.NewDecoder(bytes.NewReader(raw)).Decode(&form); err != nil {
			return form, invalidRequest("The body is no JSON object of texts")
		}
	case "application/x-www-form-urlencoded":
		values, err := url.ParseQuery(string(raw))
		if err != nil {
			return form, invalidRequest("The body is no form")
		}
		for name, list := range values {
			if form[name] = list[0]; len(list) > 1 {
				return form, invalidRequest("%s is given twice", name)
			}
		}
	default:
		return form, invalidRequest("The body is neither a form nor JSON")
	}
	for _, name := range grantFields {
		if form[name] == "" {
			return form, invalidRequest("Missing or invalid %s", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(form)) {
		if !slices.Contains(grantFields, name) {
			return form, invalidRequest("Unexpected %s", name)
		}
	}
	if form["grant_type"] != "client_credentials" {
		return form, &oauthRefusal{http.StatusBadRequest, "unsupported_grant_type", "Grants other than client_credentials are not simulated"}
	}
	return form, nil
}

// catalogScopes are what an app is said to have whose scopes are not limited.
var catalogScopes = scopes{"write_products", "write_inventory", "read_locations", "read_publications", "write_publications"}

// grant makes a token for an app that is in the shop and shows its secret.
// Those granted before stay good until they expire.
func (h *hosted) grant(form map[string]string, now time.Time) (map[string]any, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.config.ClientID == "" || form["client_id"] != h.config.ClientID:
		return nil, &oauthRefusal{http.StatusBadRequest, "application_cannot_be_found", "The application cannot be found"}
	case form["client_secret"] != h.config.ClientSecret:
		return nil, &oauthRefusal{http.StatusUnauthorized, "invalid_client", "Client authentication failed"}
	case h.uninstalled:
		return nil, &oauthRefusal{http.StatusBadRequest, "shop_not_permitted", "Client credentials cannot be performed on this shop."}
	}
	maps.DeleteFunc(h.grants, func(_ string, expires time.Time) bool { return !now.Before(expires) })
	token := "shpat_" + strings.ToLower(rand.Text())
	h.grants[token] = now.Add(time.Duration(h.config.TokenSeconds) * time.Second)
	granted := h.config.Scopes
	if granted == nil {
		granted = catalogScopes
	}
	return map[string]any{"access_token": token, "scope": strings.Join(granted, ","), "expires_in": h.config.TokenSeconds}, nil
}

// postRevoke ends the tokens a shop has granted, or all of the app's rights
// there until the shop is set again.
func (s *Server) postRevoke(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Uninstall bool `json:"uninstall"`
	}
	h := s.known(w, r)
	if h == nil || !decode(w, r, &in) {
		return
	}
	h.mu.Lock()
	revoked := len(h.grants)
	clear(h.grants)
	h.uninstalled = h.uninstalled || in.Uninstall
	h.mu.Unlock()
	writeJSON(w, http.StatusOK, map[string]int{"revoked": revoked})
}
