// Calls the project's server by grpc-go, and serves its client.
//
// Messages of the examples are encoded by hand, so that no generator is needed.
package main

import (
	"bytes"
	"fmt"
	"os"
	"time"
)

// cases counts what has passed: one printed line each, and `N passed, M failed` at the end.
type cases struct{ passed, failed int }

func (c *cases) run(name string, test func() error) {
	if err := test(); err != nil {
		c.failed++
		fmt.Printf("FAILED grpc-go: %s\n      %v\n", name, err)
		return
	}
	c.passed++
	fmt.Printf("ok     grpc-go: %s\n", name)
}

// raw carries messages as the bytes they are.
type raw struct{}

func (raw) Marshal(value interface{}) ([]byte, error) { return *value.(*[]byte), nil }

func (raw) Unmarshal(data []byte, value interface{}) error {
	*value.(*[]byte) = append([]byte(nil), data...)
	return nil
}

func (raw) Name() string { return "proto" }

// varint is a field of type int32.
func varint(field int, value uint64) []byte { return number(number(nil, uint64(field)<<3), value) }

// text is a field of type string, or of a message.
func text(field int, value []byte) []byte {
	return append(number(number(nil, uint64(field)<<3|2), uint64(len(value))), value...)
}

func number(out []byte, value uint64) []byte {
	for value >= 0x80 {
		out, value = append(out, byte(value)|0x80), value>>7
	}
	return append(out, byte(value))
}

// field gives the first field of a message, which has the number 1: its number, or its bytes.
func field(message []byte) (uint64, []byte) {
	if len(message) == 0 {
		return 0, nil
	}
	value, length := uint64(0), 1
	for shift := 0; length < len(message); shift += 7 {
		b := message[length]
		value, length = value|uint64(b&0x7f)<<shift, length+1
		if b < 0x80 {
			break
		}
	}
	if message[0] == 1<<3 {
		return value, nil
	}
	return value, message[length : length+int(value)]
}

func equal(got, expected []byte) error {
	if !bytes.Equal(got, expected) {
		return fmt.Errorf("got %q, expected %q", got, expected)
	}
	return nil
}

func main() {
	modes := map[string]func([]string) error{"serve": serve, "serve-aged": serveAged}
	tests := map[string]func(*cases, []string){"client": call, "ages": ages}
	mode := ""
	if len(os.Args) > 1 {
		mode = os.Args[1]
	}
	if run, found := modes[mode]; found {
		if err := run(os.Args[2:]); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return
	}
	test, found := tests[mode]
	if !found {
		fmt.Println("usage: peer (client | serve | ages | serve-aged) OPTIONS")
		os.Exit(2)
	}
	time.AfterFunc(120*time.Second, func() { fmt.Println("the cases hang"); os.Exit(1) })
	c := &cases{}
	test(c, os.Args[2:])
	fmt.Printf("%d passed, %d failed\n", c.passed, c.failed)
	if c.failed > 0 || c.passed == 0 {
		os.Exit(1)
	}
}
