package demoapp

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/coder/websocket"
)

// Answer is what GET / says: who answered, and the newest customer.
type Answer struct {
	Version  string `json:"version"`
	Slot     string `json:"slot"`
	Customer string `json:"customer"`
}

func (s *shop) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("GET /slow", s.slow)
	mux.HandleFunc("GET /ws", s.echo)
	mux.HandleFunc("GET /healthz", s.health)
	mux.HandleFunc("GET /orders", s.orders)
	mux.HandleFunc("POST /customers", s.add)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.busy.Add(1)
		defer s.busy.Add(-1)
		mux.ServeHTTP(w, r)
	})
}

func (s *shop) home(w http.ResponseWriter, r *http.Request) {
	if s.behaviour.fails() {
		s.fail(w, errors.New("this version is bad on purpose"))
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), queryLimit)
	defer cancel()
	customer, err := s.database.newest(ctx)
	if err != nil {
		s.fail(w, err)
		return
	}
	s.answer(w, http.StatusOK, Answer{Version: s.version, Slot: s.slot, Customer: customer})
}

// slow takes its time, also when the shop closes meanwhile: it is a request in flight.
func (s *shop) slow(w http.ResponseWriter, r *http.Request) {
	timer := time.NewTimer(slowly)
	defer timer.Stop()
	select {
	case <-timer.C:
		s.answer(w, http.StatusOK, Answer{Version: s.version, Slot: s.slot})
	case <-r.Context().Done():
	}
}

func (s *shop) health(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), time.Second)
	defer cancel()
	err := s.database.pool.Ping(ctx)
	if s.behaviour.neverHealthy {
		err = errors.New("this version is never healthy, on purpose")
	}
	if err != nil {
		s.answer(w, http.StatusServiceUnavailable, map[string]string{"error": err.Error()})
		return
	}
	s.answer(w, http.StatusOK, map[string]any{"status": "healthy", "in_flight": s.busy.Load() - 1})
}

func (s *shop) orders(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), queryLimit)
	defer cancel()
	items, err := s.database.orders(ctx)
	if err != nil {
		s.fail(w, err)
		return
	}
	s.answer(w, http.StatusOK, items)
}

func (s *shop) add(w http.ResponseWriter, r *http.Request) {
	var customer struct {
		Name string `json:"name"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4096)).Decode(&customer); err != nil || customer.Name == "" {
		s.answer(w, http.StatusBadRequest, map[string]string{"error": `send {"name": "Ada Lovelace"}`})
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), queryLimit)
	defer cancel()
	id, err := s.database.add(ctx, customer.Name)
	if err != nil {
		s.fail(w, err)
		return
	}
	s.answer(w, http.StatusCreated, map[string]any{"id": id, "version": s.version, "slot": s.slot})
}

// echo sends back what it gets, until either side has enough.
func (s *shop) echo(w http.ResponseWriter, r *http.Request) {
	s.sockets.Add(1)
	defer s.sockets.Done()
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return // Accept has answered already
	}
	told := make(chan struct{})
	forget := context.AfterFunc(s.ending, func() {
		defer close(told)
		_ = conn.Close(websocket.StatusGoingAway, "this version is being retired") // the peer may be gone: all the same
	})
	defer func() {
		if !forget() {
			<-told
		}
		_ = conn.CloseNow()
	}()
	for {
		kind, text, err := conn.Read(r.Context())
		if err != nil {
			return
		}
		if err := conn.Write(r.Context(), kind, text); err != nil {
			return
		}
	}
}

func (s *shop) fail(w http.ResponseWriter, err error) {
	s.log.Error("request failed", "error", err)
	s.answer(w, http.StatusInternalServerError, map[string]string{"error": err.Error(), "version": s.version})
}

func (s *shop) answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		s.log.Warn("the answer was not taken", "error", err)
	}
}
