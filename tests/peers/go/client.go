package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding/gzip"
	health "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

const patience = 20 * time.Second

var (
	hello  = "/hello.HelloService/SayHello"
	guide  = "/routeguide.RouteGuide/"
	stream = &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}
)

// call runs all cases against the server of the examples; the last one ends it.
func call(c *cases, arguments []string) {
	flags := flag.NewFlagSet("client", flag.ExitOnError)
	address := flags.String("server", "", "HOST:PORT")
	pid := flags.Int("pid", 0, "the process to end")
	_ = flags.Parse(arguments)
	connection, err := grpc.Dial(*address, grpc.WithInsecure(), grpc.WithBlock(), grpc.WithTimeout(patience))
	if err != nil {
		c.run("connects", func() error { return err })
		return
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Second)
	defer cancel()

	c.run("a greeting", func() error { return greet(ctx, connection) })
	c.run("a greeting, compressed", func() error { return greet(ctx, connection, grpc.UseCompressor(gzip.Name)) })
	c.run("a thousand greetings at a time", func() error { return greetings(ctx, connection) })
	c.run("a stream of answers", func() error {
		area := append(text(1, point(400000000, -750000000)), text(2, point(420000000, -730000000))...)
		replies, err := converse(ctx, connection, "ListFeatures", [][]byte{area})
		return least(len(replies), 10, err)
	})
	c.run("a stream of a hundred thousand requests", func() error {
		points := make([][]byte, 100_000)
		for number := range points {
			points[number] = point(int64(number), 0)
		}
		replies, err := converse(ctx, connection, "RecordRoute", points)
		if err != nil || len(replies) != 1 {
			return fmt.Errorf("%d replies: %v", len(replies), err)
		}
		if count, _ := field(replies[0]); count != 100_000 {
			return fmt.Errorf("%d points were recorded", count)
		}
		return nil
	})
	// grpc-go pings for each round of data that it receives, to learn the bandwidth.
	c.run("40 MB are received, and its pings are no fault", func() error { return chat(ctx, connection) })
	c.run("no such method", func() error {
		return expect(connection.Invoke(ctx, guide+"Nothing", new([]byte), new([]byte), grpc.ForceCodec(raw{})), codes.Unimplemented)
	})
	c.run("a deadline", func() error {
		short, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
		defer cancel()
		open, err := connection.NewStream(short, stream, guide+"RouteChat", grpc.ForceCodec(raw{}))
		if err != nil {
			return err
		}
		return expect(open.RecvMsg(new([]byte)), codes.DeadlineExceeded)
	})
	c.run("a call that is cancelled", func() error {
		short, cancel := context.WithCancel(ctx)
		open, err := connection.NewStream(short, stream, guide+"RouteChat", grpc.ForceCodec(raw{}))
		cancel()
		if err != nil {
			return err
		}
		return expect(open.RecvMsg(new([]byte)), codes.Canceled)
	})
	c.run("health", func() error {
		reply, err := health.NewHealthClient(connection).Check(ctx, &health.HealthCheckRequest{Service: "hello.HelloService"})
		if err == nil && reply.Status != health.HealthCheckResponse_SERVING {
			err = errors.New(reply.Status.String())
		}
		return err
	})
	c.run("a call under way outlives the end of the server", func() error { return outlive(ctx, connection, *pid) })
}

func point(latitude, longitude int64) []byte {
	return append(varint(1, uint64(latitude)), varint(2, uint64(longitude))...)
}

// note lies at one place; its message is that long.
func note(length int) []byte {
	return append(text(1, point(1, 1)), text(2, bytes.Repeat([]byte("x"), length))...)
}

func greet(ctx context.Context, connection *grpc.ClientConn, options ...grpc.CallOption) error {
	request, reply := text(1, []byte("Go")), []byte(nil)
	err := connection.Invoke(ctx, hello, &request, &reply, append(options, grpc.ForceCodec(raw{}))...)
	if err != nil {
		return err
	}
	_, greeting := field(reply)
	return equal(greeting, []byte("こんにちは, Go"))
}

func greetings(ctx context.Context, connection *grpc.ClientConn) error {
	results := make([]error, 1000)
	var all sync.WaitGroup
	for number := range results {
		all.Add(1)
		go func(number int) { defer all.Done(); results[number] = greet(ctx, connection) }(number)
	}
	all.Wait()
	for _, err := range results {
		if err != nil {
			return err
		}
	}
	return nil
}

// converse sends all requests, then takes all replies.
func converse(ctx context.Context, connection *grpc.ClientConn, method string, requests [][]byte) ([][]byte, error) {
	open, err := connection.NewStream(ctx, stream, guide+method, grpc.ForceCodec(raw{}))
	if err != nil {
		return nil, err
	}
	sent := make(chan error, 1)
	go func() {
		for number := range requests {
			if err := open.SendMsg(&requests[number]); err != nil {
				sent <- err
				return
			}
		}
		sent <- open.CloseSend()
	}()
	var replies [][]byte
	for {
		var reply []byte
		if err := open.RecvMsg(&reply); err == io.EOF {
			return replies, <-sent
		} else if err != nil {
			return replies, err
		}
		replies = append(replies, reply)
	}
}

func chat(ctx context.Context, connection *grpc.ClientConn) error {
	notes := make([][]byte, 30)
	for number := range notes {
		notes[number] = note(100_000)
	}
	replies, err := converse(ctx, connection, "RouteChat", notes)
	return least(len(replies), 400, err)
}

// outlive ends the server while a call is open, and goes on with the call.
func outlive(ctx context.Context, connection *grpc.ClientConn, pid int) error {
	open, err := connection.NewStream(ctx, stream, guide+"RouteChat", grpc.ForceCodec(raw{}))
	if err != nil {
		return err
	}
	say := func(count int) error {
		request := note(10)
		if err := open.SendMsg(&request); err != nil {
			return err
		}
		for ; count > 0; count-- {
			if err := open.RecvMsg(new([]byte)); err != nil {
				return err
			}
		}
		return nil
	}
	// What was said before at a place comes back: the second note, and those after, have answers.
	if err := say(0); err != nil {
		return err
	}
	if err := say(1); err != nil {
		return err
	}
	process, err := os.FindProcess(pid)
	if err == nil {
		err = process.Signal(syscall.SIGTERM)
	}
	if err != nil {
		return err
	}
	if err := say(2); err != nil {
		return err
	}
	if err := open.CloseSend(); err != nil {
		return err
	}
	if err := open.RecvMsg(new([]byte)); err != io.EOF {
		return fmt.Errorf("the stream ends with %v", err)
	}
	return nil
}

func least(got, expected int, err error) error {
	if err == nil && got < expected {
		err = fmt.Errorf("%d replies", got)
	}
	return err
}

func expect(err error, code codes.Code) error {
	if status.Code(err) != code {
		return fmt.Errorf("got %v, expected %v", err, code)
	}
	return nil
}
