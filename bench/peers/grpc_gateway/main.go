// grpc-gateway in front of a gRPC service that streams: each browser is a call of its own, from the
// proxy to the service, over one HTTP/2 connection, and each of its events is JSON made for it.
//
// Proxy and service are one process, so that what both do is counted. The proxy writes a line of
// JSON for each message; that it is Server-Sent Events for a browser's EventSource is a Marshaler's
// work. The service is a hub with a channel for each call, as bench/peers/go has it.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"log"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"feed"

	"github.com/golang/protobuf/proto"
	"github.com/grpc-ecosystem/grpc-gateway/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	// Events that a call may be behind.
	callBuffer = 128
	heartbeat  = 15 * time.Second
)

type call struct {
	dashboards chan *feed.Dashboard
	// Closed by the hub, under its lock, when the call is too slow.
	tooSlow chan struct{}
}

// The calls of each topic.
type hub struct {
	mutex  sync.Mutex
	topics map[string]map[*call]struct{}
}

func (h *hub) join(topic string) *call {
	c := &call{dashboards: make(chan *feed.Dashboard, callBuffer), tooSlow: make(chan struct{})}
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if h.topics[topic] == nil {
		h.topics[topic] = map[*call]struct{}{}
	}
	h.topics[topic][c] = struct{}{}
	return c
}

func (h *hub) leave(topic string, c *call) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	delete(h.topics[topic], c)
}

func (h *hub) publish(topic string, dashboard *feed.Dashboard) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	for c := range h.topics[topic] {
		select {
		case c.dashboards <- dashboard:
		default:
			delete(h.topics[topic], c)
			close(c.tooSlow)
		}
	}
}

// Subscribe implements feed.FeedServer.
func (h *hub) Subscribe(request *feed.SubscribeRequest, stream feed.Feed_SubscribeServer) error {
	c := h.join(request.Topic)
	defer h.leave(request.Topic, c)
	// The proxy sends the head of its answer with the first message.
	if err := stream.Send(&feed.Dashboard{}); err != nil {
		return err
	}
	ticker := time.NewTicker(heartbeat)
	defer ticker.Stop()
	for {
		var err error
		select {
		case dashboard := <-c.dashboards:
			err = stream.Send(dashboard)
		case <-ticker.C:
			err = stream.Send(&feed.Dashboard{})
		case <-c.tooSlow:
			return status.Error(codes.ResourceExhausted, "too slow")
		case <-stream.Context().Done():
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// The body has an event in each line.
func (h *hub) servePublish(w http.ResponseWriter, r *http.Request) {
	topic := r.URL.Query().Get("topic")
	lines := bufio.NewScanner(r.Body)
	for lines.Scan() {
		dashboard := &feed.Dashboard{}
		if err := json.Unmarshal(lines.Bytes(), dashboard); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		h.publish(topic, dashboard)
	}
}

// events makes Server-Sent Events of what the proxy would write as {"result":…} in a line.
type events struct {
	runtime.JSONPb
}

func (events) ContentType() string { return "text/event-stream" }

func (events) Delimiter() []byte { return []byte("\n\n") }

func (e *events) Marshal(v interface{}) ([]byte, error) {
	chunk, ok := v.(map[string]proto.Message)
	if !ok {
		return e.JSONPb.Marshal(v)
	}
	if chunk["error"] != nil {
		return nil, errors.New("the stream has ended with an error")
	}
	if dashboard, ok := chunk["result"].(*feed.Dashboard); ok && dashboard.Id == "" {
		return []byte(":"), nil
	}
	data, err := e.JSONPb.Marshal(chunk["result"])
	if err != nil {
		return nil, err
	}
	return append([]byte("data: "), data...), nil
}

func listen(address string) net.Listener {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	return listener
}

func main() {
	h := &hub{topics: map[string]map[*call]struct{}{}}
	service := grpc.NewServer()
	feed.RegisterFeedServer(service, h)
	backend := listen("127.0.0.1:" + os.Getenv("ORIGIN_PORT"))
	go func() { log.Fatal(service.Serve(backend)) }()

	proxy := runtime.NewServeMux(runtime.WithMarshalerOption(runtime.MIMEWildcard, &events{}))
	err := feed.RegisterFeedHandlerFromEndpoint(context.Background(), proxy, backend.Addr().String(),
		[]grpc.DialOption{grpc.WithInsecure()})
	if err != nil {
		log.Fatal(err)
	}
	publish := http.NewServeMux()
	publish.HandleFunc("/publish", h.servePublish)
	subscribers := listen("127.0.0.1:" + os.Getenv("HTTP_PORT"))
	publishers := listen("127.0.0.1:" + os.Getenv("PUBLISH_PORT"))
	go func() { log.Fatal(http.Serve(publishers, publish)) }()
	log.Fatal(http.Serve(subscribers, proxy))
}
