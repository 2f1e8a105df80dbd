package sim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// controlRoutes are the simulator's own endpoints. Errors are
// {"error": "…"}.
func (s *Server) controlRoutes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_sim/shops", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]any{"items": s.Shops()})
	})
	mux.HandleFunc("POST /_sim/shops", s.postShop)
	mux.HandleFunc("GET /_sim/shops/{domain}/state", s.getState)
	mux.HandleFunc("POST /_sim/shops/{domain}/edit", s.postEdit)
	mux.HandleFunc("POST /_sim/shops/{domain}/revoke", s.postRevoke)
	mux.HandleFunc("GET /_sim/calls", s.getCalls)
	mux.HandleFunc("GET /_sim/pictures/{name}", getPicture)
	mux.HandleFunc("GET /_sim/faults", func(w http.ResponseWriter, _ *http.Request) { s.writeFaults(w, http.StatusOK) })
	mux.HandleFunc("POST /_sim/faults", s.postFault)
	mux.HandleFunc("DELETE /_sim/faults", func(w http.ResponseWriter, _ *http.Request) {
		s.clearFaults()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("POST /_sim/clock", s.postClock)
	mux.HandleFunc("POST /_sim/reset", func(w http.ResponseWriter, _ *http.Request) {
		s.Reset()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("/_sim/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusNotFound, fmt.Errorf("no control endpoint %s %s", r.Method, r.URL.Path))
	})
	return mux
}

func refuse(w http.ResponseWriter, status int, err error) {
	writeJSON(w, status, map[string]string{"error": err.Error()})
}

// decode reads a control request; a field it does not know is an error.
func decode(w http.ResponseWriter, r *http.Request, to any) bool {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	d.DisallowUnknownFields()
	if err := d.Decode(to); err != nil {
		refuse(w, http.StatusBadRequest, err)
		return false
	}
	return true
}

func (s *Server) postShop(w http.ResponseWriter, r *http.Request) {
	var shop Shop
	if !decode(w, r, &shop) {
		return
	}
	if err := shop.check(); err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	if err := s.AddShop(shop); err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	writeJSON(w, http.StatusCreated, shop)
}

// known finds the shop of a control request, or answers 404.
func (s *Server) known(w http.ResponseWriter, r *http.Request) *hosted {
	h := s.shop(r.PathValue("domain"))
	if h == nil {
		refuse(w, http.StatusNotFound, fmt.Errorf("no shop %q", r.PathValue("domain")))
	}
	return h
}

func (s *Server) getState(w http.ResponseWriter, r *http.Request) {
	h := s.known(w, r)
	if h == nil {
		return
	}
	h.mu.Lock()
	snapshot := h.state.snapshot()
	h.mu.Unlock()
	writeJSON(w, http.StatusOK, snapshot)
}

func (s *Server) postEdit(w http.ResponseWriter, r *http.Request) {
	h := s.known(w, r)
	var e edit
	if h == nil || !decode(w, r, &e) {
		return
	}
	h.mu.Lock()
	id, err := h.state.apply(e)
	h.mu.Unlock()
	if err != nil {
		refuse(w, http.StatusUnprocessableEntity, err)
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"id": id})
}

func (s *Server) getCalls(w http.ResponseWriter, r *http.Request) {
	var after int64
	if text := r.URL.Query().Get("after"); text != "" {
		var err error
		if after, err = strconv.ParseInt(text, 10, 64); err != nil {
			refuse(w, http.StatusBadRequest, fmt.Errorf("after: %w", err))
			return
		}
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	lines := json.NewEncoder(w)
	lines.SetEscapeHTML(false)
	for _, c := range s.calls.after(after, r.URL.Query().Get("shop")) {
		if lines.Encode(c) != nil {
			return // the reader is gone
		}
	}
}

func (s *Server) postFault(w http.ResponseWriter, r *http.Request) {
	var f fault
	if !decode(w, r, &f) {
		return
	}
	if err := f.check(); err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	s.mu.Lock()
	s.faults = append(s.faults, &f)
	s.mu.Unlock()
	s.writeFaults(w, http.StatusCreated)
}

func (s *Server) writeFaults(w http.ResponseWriter, status int) {
	s.mu.Lock()
	list := make([]fault, len(s.faults))
	for i, f := range s.faults {
		list[i] = *f
	}
	s.mu.Unlock()
	writeJSON(w, status, map[string]any{"items": list})
}

func (s *Server) clearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// maxSpeed keeps the clock within what durations can hold.
const maxSpeed = 100_000

func (s *Server) postClock(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Speed float64 `json:"speed"`
	}
	if !decode(w, r, &in) {
		return
	}
	if in.Speed <= 0 || in.Speed > maxSpeed {
		refuse(w, http.StatusBadRequest, fmt.Errorf("speed %g is not above 0 and at most %d", in.Speed, maxSpeed))
		return
	}
	s.clock.setSpeed(in.Speed)
	writeJSON(w, http.StatusOK, map[string]any{"speed": in.Speed, "now": s.clock.now().UTC().Format(time.RFC3339Nano)})
}

// Reset empties all shops, fills their buckets, and forgets calls and faults.
// Shops, their tokens and the clock stay.
func (s *Server) Reset() {
	s.clearFaults()
	s.calls.clear()
	for _, h := range s.hosts() {
		h.mu.Lock()
		h.state.clear()
		h.bucket = newBucket(tariffs[h.config.Plan], s.clock.now())
		h.mu.Unlock()
	}
}
