package main

import (
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// serve answers `hello.HelloService` until SIGTERM; other services are unknown to it.
func serve(arguments []string) error {
	flags := flag.NewFlagSet("serve", flag.ExitOnError)
	listen := flags.String("listen", "127.0.0.1:0", "HOST:PORT")
	portFile := flags.String("port-file", "", "where the address is written")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	server := grpc.NewServer(grpc.CustomCodec(legacy{}), grpc.UnknownServiceHandler(answer))
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	go func() { <-signals; server.GracefulStop() }()
	if err := publish(*portFile, listener.Addr()); err != nil {
		return err
	}
	return server.Serve(listener)
}

// publish writes the address beside the file first: who reads the file finds it whole.
func publish(file string, address net.Addr) error {
	if err := os.WriteFile(file+".new", []byte(address.String()), 0o644); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

func answer(_ interface{}, stream grpc.ServerStream) error {
	method, _ := grpc.MethodFromServerStream(stream)
	if method != "/hello.HelloService/SayHello" {
		return status.Error(codes.Unimplemented, fmt.Sprintf("grpc-go does not know %s", method))
	}
	var request []byte
	if err := stream.RecvMsg(&request); err != nil {
		return err
	}
	_, name := field(request)
	reply := text(1, append([]byte("grpc-go greets "), name...))
	return stream.SendMsg(&reply)
}

// legacy is raw as servers of this version want it.
type legacy struct{ raw }

func (legacy) String() string { return "proto" }
