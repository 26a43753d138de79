"""A relay that sends on in one piece what a client has written, once the client has been quiet for a moment."""

import contextlib
import select
import socket
import threading

# The machine may interrupt a client between two writes; it is rarely gone for longer.
QUIET_SECONDS = 0.03
READ = 1 << 20


@contextlib.contextmanager
def gathered(host, port):
    """Relays to a server as long as the block runs; gives the relay's own port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=accept, args=(listener, (host, port)))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def accept(listener, server):
    """A thread for each direction of each connection, until the listener is shut down."""
    with contextlib.suppress(OSError):
        while True:
            client, _ = listener.accept()
            ends = (client, socket.create_connection(server))
            for way in (gather, forward):
                threading.Thread(target=way, args=ends, daemon=True).start()


def gather(client, server):
    """Client to server: waits for a pause before it sends."""
    with contextlib.suppress(OSError):
        while held := client.recv(READ):
            while select.select([client], [], [], QUIET_SECONDS)[0] and (more := client.recv(READ)):
                held += more
            server.sendall(held)
        server.shutdown(socket.SHUT_WR)


def forward(client, server):
    """Server to client: sends at once, and closes both ends when the server has closed."""
    with contextlib.suppress(OSError):
        while some := server.recv(READ):
            client.sendall(some)
    for end in (client, server):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
