"""Runs the project's own client against a server of grpc-go and reads what it prints."""

import argparse

from cases import Cases, equal
from own_client import EXIT_BASE, UNIMPLEMENTED, Client


def main():
    """Runs all cases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True, help="the binary puregrpc")
    parser.add_argument("--go-server", required=True, help="HOST:PORT of grpc-go's server")
    options = parser.parse_args()
    client = Client(options.binary, options.go_server)
    cases = Cases("grpc-go's server")
    with cases.case("client hello prints the greeting"):
        equal(client.run("hello"), (0, ["client received: grpc-go greets なんしー"]))
    with cases.case("a service that it does not know is UNIMPLEMENTED"):
        equal(client.run("greeter"), (EXIT_BASE + UNIMPLEMENTED, []))
    cases.close()


if __name__ == "__main__":
    main()
