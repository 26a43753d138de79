package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"sort"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	tests "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
)

const (
	callers = 3 // of each kind
	length  = 30
	pause   = 20 * time.Millisecond
	large   = 100_000
)

// tally counts what became of the calls.
type tally struct {
	sync.Mutex
	made        map[string]int
	lost        map[string]int
	connections map[string]bool
}

// ages calls while the server ends one connection after the other: a stream lasts longer than a connection.
func ages(c *cases, arguments []string) {
	flags := flag.NewFlagSet("ages", flag.ExitOnError)
	address := flags.String("server", "", "HOST:PORT")
	seconds := flags.Int("seconds", 3, "for how long to call")
	connections := flags.Int("connections", 1, "how many connections there must have been")
	cut := flags.Bool("cut", false, "some streams end by UNAVAILABLE, and nothing else is lost")
	_ = flags.Parse(arguments)
	c.run("no call is lost while connections end", func() error {
		connection, err := grpc.NewClient(*address, grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			return err
		}
		defer connection.Close()
		all := &tally{made: map[string]int{}, lost: map[string]int{}, connections: map[string]bool{}}
		all.load(tests.NewTestServiceClient(connection), time.Now().Add(time.Duration(*seconds)*time.Second))
		fmt.Printf("       ages: %d lost of %v over %d connections\n", total(all.lost), all.made, len(all.connections))
		return all.verdict(*cut, *connections)
	})
}

// load runs all callers until the end.
func (t *tally) load(client tests.TestServiceClient, end time.Time) {
	kinds := map[string]func(context.Context, tests.TestServiceClient, *peer.Peer) error{
		"unary": unary(1), "large": unary(large), "output": output, "input": input, "duplex": duplex,
	}
	var all sync.WaitGroup
	for kind, call := range kinds {
		for range callers {
			all.Go(func() {
				for time.Now().Before(end) {
					ctx, cancel := context.WithTimeout(context.Background(), patience)
					var seen peer.Peer
					err := call(ctx, client, &seen)
					cancel()
					t.note(kind, err, &seen)
				}
			})
		}
	}
	all.Wait()
}

func (t *tally) note(kind string, err error, seen *peer.Peer) {
	t.Lock()
	defer t.Unlock()
	t.made[kind]++
	if seen.LocalAddr != nil {
		t.connections[seen.LocalAddr.String()] = true
	}
	if err != nil {
		t.lost[fmt.Sprintf("%s %v: %v", kind, status.Code(err), err)]++
	}
}

func (t *tally) verdict(cut bool, connections int) error {
	var faults []string
	for fault, count := range t.lost {
		unary := strings.HasPrefix(fault, "unary") || strings.HasPrefix(fault, "large")
		if !cut || unary || !strings.Contains(fault, codes.Unavailable.String()+":") {
			faults = append(faults, fmt.Sprintf("%d of %s", count, fault))
		}
	}
	sort.Strings(faults)
	if len(faults) > 0 {
		return errors.New(strings.Join(faults, "\n      "))
	}
	if cut && len(t.lost) == 0 {
		return errors.New("no stream was cut")
	}
	if len(t.connections) < connections {
		return fmt.Errorf("expected %d connections or more, got %d", connections, len(t.connections))
	}
	return nil
}

func total(counts map[string]int) (sum int) {
	for _, count := range counts {
		sum += count
	}
	return sum
}

func unary(size int) func(context.Context, tests.TestServiceClient, *peer.Peer) error {
	return func(ctx context.Context, client tests.TestServiceClient, seen *peer.Peer) error {
		request := &tests.SimpleRequest{ResponseSize: 1, Payload: &tests.Payload{Body: make([]byte, size)}}
		reply, err := client.UnaryCall(ctx, request, grpc.Peer(seen))
		if err != nil {
			return err
		}
		return complete(len(reply.GetPayload().GetBody()), 1)
	}
}

// answers asks for so many of one byte, with a pause before each.
func answers(count int) *tests.StreamingOutputCallRequest {
	request := &tests.StreamingOutputCallRequest{}
	for range count {
		one := &tests.ResponseParameters{Size: 1, IntervalUs: int32(pause.Microseconds())}
		request.ResponseParameters = append(request.ResponseParameters, one)
	}
	return request
}

func output(ctx context.Context, client tests.TestServiceClient, _ *peer.Peer) error {
	stream, err := client.StreamingOutputCall(ctx, answers(length))
	if err != nil {
		return err
	}
	return rest(stream, 0)
}

func input(ctx context.Context, client tests.TestServiceClient, _ *peer.Peer) error {
	stream, err := client.StreamingInputCall(ctx)
	if err != nil {
		return err
	}
	for range length {
		// What ends a call, CloseAndRecv says.
		if stream.Send(&tests.StreamingInputCallRequest{Payload: &tests.Payload{Body: []byte{0}}}) != nil {
			break
		}
		time.Sleep(pause)
	}
	reply, err := stream.CloseAndRecv()
	if err != nil {
		return err
	}
	return complete(int(reply.GetAggregatedPayloadSize()), length)
}

func duplex(ctx context.Context, client tests.TestServiceClient, _ *peer.Peer) error {
	stream, err := client.FullDuplexCall(ctx)
	if err != nil {
		return err
	}
	for count := range length {
		if stream.Send(answers(1)) != nil {
			return rest(stream, count)
		}
		if _, err := stream.Recv(); err != nil {
			return err
		}
	}
	_ = stream.CloseSend()
	return rest(stream, length)
}

// rest takes what is left of a stream, of which so many answers have come.
func rest(stream interface {
	Recv() (*tests.StreamingOutputCallResponse, error)
}, count int) error {
	for {
		if _, err := stream.Recv(); err == io.EOF {
			return complete(count, length)
		} else if err != nil {
			return err
		}
		count++
	}
}

func complete(got, expected int) error {
	if got != expected {
		return status.Errorf(codes.DataLoss, "expected %d, got %d", expected, got)
	}
	return nil
}
