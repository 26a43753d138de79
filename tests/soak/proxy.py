"""A TCP proxy with a port that stays while servers come and go behind it, and that breaks connections when told to."""

import asyncio
import contextlib


class Link:
    """A connection of a client, and the one to the server that goes with it."""

    def __init__(self, client, server):
        self.ends = [client, server]

    async def run(self):
        """Carries bytes both ways until both ends are closed."""
        (from_client, to_client), (from_server, to_server) = self.ends
        pumps = [asyncio.create_task(self.pump(*ends)) for ends in [(from_client, to_server), (from_server, to_client)]]
        try:
            await asyncio.gather(*pumps)
        finally:
            for pump in pumps:
                pump.cancel()
            self.cut()

    async def pump(self, reader, writer):
        """Carries bytes one way; a broken end breaks the other."""
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
            if writer.can_write_eof() and not writer.is_closing():
                writer.write_eof()
        except (OSError, RuntimeError):
            self.cut()

    def cut(self):
        """Closes both ends at once, whatever is on its way."""
        for _, writer in self.ends:
            writer.transport.abort()

    def halve(self, end):
        """Closes the way to one end (0 the client, 1 the server) and leaves the other open."""
        _, writer = self.ends[end]
        with contextlib.suppress(OSError, RuntimeError):
            if not writer.is_closing():
                writer.write_eof()


class Proxy:
    """Listens on a port of the system's choice; connections go to the server of the moment."""

    def __init__(self):
        self.target = None
        self.links = set()
        self.listener = None

    async def start(self):
        """Listens; gives the address."""
        self.listener = await asyncio.start_server(self.accept, "127.0.0.1", 0)
        host, port = self.listener.sockets[0].getsockname()
        return f"{host}:{port}"

    async def accept(self, reader, writer):
        """Serves one connection; without a server it is closed at once."""
        try:
            if self.target is None:
                raise ConnectionRefusedError
            server = await asyncio.open_connection(*self.target.split(":"))
        except OSError:
            writer.transport.abort()
            return
        link = Link((reader, writer), server)
        self.links.add(link)
        try:
            await link.run()
        except asyncio.CancelledError:
            link.cut()
        finally:
            self.links.discard(link)

    def cut(self):
        """Breaks every connection; gives their number."""
        links = list(self.links)
        for link in links:
            link.cut()
        return len(links)

    def halve(self, end):
        """Closes every connection one way; gives their number."""
        links = list(self.links)
        for link in links:
            link.halve(end)
        return len(links)

    async def end(self):
        """Listens no more, and breaks what there is."""
        self.listener.close()
        self.cut()
