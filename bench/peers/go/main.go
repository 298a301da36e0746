// Server-Sent Events with nothing but Go's net/http: a goroutine and a channel for each client, as
// most servers of this kind in Go are.
//
// What an event becomes is made once, and all channels have the same bytes. A client's goroutine
// takes all that is in its channel before it flushes, so that a burst is one write. Who does not
// read fast enough is cut when its channel is full, and comes back by itself.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

const (
	// Events that a client may be behind.
	clientBuffer = 128
	heartbeat    = 15 * time.Second
)

type client struct {
	frames chan []byte
	// Closed by the hub, under its lock, when the client is too slow.
	tooSlow chan struct{}
}

// The clients of each topic.
type hub struct {
	mutex  sync.Mutex
	topics map[string]map[*client]struct{}
	id     int
}

func (h *hub) join(topic string) *client {
	c := &client{frames: make(chan []byte, clientBuffer), tooSlow: make(chan struct{})}
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if h.topics[topic] == nil {
		h.topics[topic] = map[*client]struct{}{}
	}
	h.topics[topic][c] = struct{}{}
	return c
}

func (h *hub) leave(topic string, c *client) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	delete(h.topics[topic], c)
}

func (h *hub) publish(topic string, data []byte) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.id++
	frame := []byte(fmt.Sprintf("id: %d\ndata: %s\n\n", h.id, data))
	for c := range h.topics[topic] {
		select {
		case c.frames <- frame:
		default:
			delete(h.topics[topic], c)
			close(c.tooSlow)
		}
	}
}

func (h *hub) serveEvents(w http.ResponseWriter, r *http.Request) {
	flusher, ok := w.(http.Flusher)
	if !ok {
		http.Error(w, "no streaming", http.StatusInternalServerError)
		return
	}
	topic := r.URL.Query().Get("topic")
	c := h.join(topic)
	defer h.leave(topic, c)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache, no-transform")
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	flusher.Flush()

	ticker := time.NewTicker(heartbeat)
	defer ticker.Stop()
	for {
		var err error
		select {
		case frame := <-c.frames:
			_, err = w.Write(frame)
			for n := len(c.frames); n > 0 && err == nil; n-- {
				_, err = w.Write(<-c.frames)
			}
		case <-ticker.C:
			_, err = w.Write([]byte(":\n\n"))
		case <-c.tooSlow:
			return
		case <-r.Context().Done():
			return
		}
		if err != nil {
			return
		}
		flusher.Flush()
	}
}

// The body has an event in each line.
func (h *hub) servePublish(w http.ResponseWriter, r *http.Request) {
	topic := r.URL.Query().Get("topic")
	lines := bufio.NewScanner(r.Body)
	for lines.Scan() {
		h.publish(topic, bytes.TrimSpace(lines.Bytes()))
	}
	if lines.Err() != nil {
		http.Error(w, lines.Err().Error(), http.StatusBadRequest)
	}
}

func listen(variable string) net.Listener {
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Getenv(variable))
	if err != nil {
		log.Fatal(err)
	}
	return listener
}

func main() {
	h := &hub{topics: map[string]map[*client]struct{}{}}
	events := http.NewServeMux()
	events.HandleFunc("/events", h.serveEvents)
	publish := http.NewServeMux()
	publish.HandleFunc("/publish", h.servePublish)
	subscribers, publishers := listen("HTTP_PORT"), listen("PUBLISH_PORT")
	go func() { log.Fatal(http.Serve(publishers, publish)) }()
	if cert := os.Getenv("TLS_CERT"); cert != "" {
		log.Fatal(http.ServeTLS(subscribers, events, cert, os.Getenv("TLS_KEY")))
	}
	log.Fatal(http.Serve(subscribers, events))
}
