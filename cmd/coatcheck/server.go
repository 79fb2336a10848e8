package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/coatcheck/coatcheck"
	"github.com/coatcheck/coatcheck/cmd/coatcheck/internal/demo"
)

// Limits of the server. There is no ReadTimeout: it would cut off slow
// answers too, which are a part of the show.
const (
	headerTimeout = 10 * time.Second
	writeTimeout  = 5 * time.Minute
	quietTimeout  = 2 * time.Minute  // of a connection between two requests
	patience      = 10 * time.Second // with requests under way, at the end
)

// serve answers requests until ctx is done, then lets those under way end. What
// goes wrong with connections is written to faults.
func serve(ctx context.Context, listener net.Listener, site *demo.Site, stderr, faults io.Writer) error {
	server := &http.Server{
		Handler:           site,
		ReadHeaderTimeout: headerTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       quietTimeout,
		ErrorLog:          log.New(faults, "coatcheck: ", 0),
	}
	server.RegisterOnShutdown(site.Stop)
	broken := make(chan error, 1)
	go func() { broken <- server.Serve(listener) }()
	select {
	case err := <-broken:
		return err
	case <-ctx.Done():
	}
	fmt.Fprintln(stderr, "Ending: requests under way may finish.")
	ending, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	err := server.Shutdown(ending)
	if errors.Is(err, context.DeadlineExceeded) {
		fmt.Fprintf(stderr, "Some requests were still under way after %v and are cut off.\n", patience)
		return server.Close()
	}
	return err
}

// openUntil opens a store, and gives up when ctx is done.
func openUntil(ctx context.Context, url string, how opening) (coatcheck.Store, error) {
	store, opened, err := openBefore(ctx, func() (coatcheck.Store, error) { return openStore(url, how) })
	if !opened {
		return nil, failed(err)
	}
	return store, err
}
