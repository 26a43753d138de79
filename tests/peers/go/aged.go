package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/interop"
	tests "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
)

// serveAged answers gRPC's test service until SIGTERM, over connections that end; or by one server after the other on
// the same socket, of which each stops gracefully.
func serveAged(arguments []string) error {
	flags := flag.NewFlagSet("serve-aged", flag.ExitOnError)
	listen := flags.String("listen", "127.0.0.1:0", "HOST:PORT")
	portFile := flags.String("port-file", "", "where the address is written")
	age := flags.Duration("max-connection-age", 0, "0 is for ever")
	grace := flags.Duration("max-connection-age-grace", 0, "0 is for ever")
	handover := flags.Duration("handover", 0, "how long a server serves; 0 is for ever")
	_ = flags.Parse(arguments)
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	// No connection is refused or lost between two servers: each listens on a copy of this.
	socket, err := listener.(*net.TCPListener).File()
	if err != nil {
		return err
	}
	ended, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := publish(*portFile, listener.Addr()); err != nil {
		return err
	}
	var servers sync.WaitGroup
	for {
		server := grpc.NewServer(
			grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionAge: *age, MaxConnectionAgeGrace: *grace}),
			grpc.UnaryInterceptor(sayPeer))
		tests.RegisterTestServiceServer(server, interop.NewTestServer())
		servers.Go(func() {
			if err := server.Serve(listener); err != nil {
				fmt.Println(err)
			}
		})
		var next <-chan time.Time
		if *handover > 0 {
			next = time.After(*handover)
		}
		select {
		case <-ended.Done():
			server.GracefulStop()
			servers.Wait()
			return nil
		case <-next:
			servers.Go(server.GracefulStop)
		}
		if listener, err = net.FileListener(socket); err != nil {
			return err
		}
	}
}

// sayPeer lets the client know how many connections it has had.
func sayPeer(ctx context.Context, request any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	if from, ok := peer.FromContext(ctx); ok {
		_ = grpc.SetHeader(ctx, metadata.Pairs("seen-from", from.Addr.String()))
	}
	return handler(ctx, request)
}
