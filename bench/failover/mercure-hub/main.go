// A hub of Mercure as its library makes it, with its history in a file: mercure-hub <address> <file>.
package main

import (
	"context"
	"log"
	"net/http"
	"os"

	"github.com/dunglas/mercure"
)

func main() {
	key := []byte("a key of the comparison, 32 bytes or more")
	transport, err := mercure.NewBoltTransport(mercure.NewSubscriberList(1000), nil, os.Args[2], "history", 10000, 1)
	if err != nil {
		log.Fatal(err)
	}
	hub, err := mercure.NewHub(context.Background(), mercure.WithAnonymous(), mercure.WithTransport(transport),
		mercure.WithPublisherJWT(key, "HS256"), mercure.WithSubscriberJWT(key, "HS256"))
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe(os.Args[1], hub))
}
