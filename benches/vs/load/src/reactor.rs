//! All connections, and the one loop that waits for them.

use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};
use rustix::io::Errno;

use crate::connection::Connection;
use crate::event::Event;
use crate::failure::Failure;
use crate::request::Call;
use crate::wire::Route;

/// What is done with what happens.
pub(crate) trait Load {
    /// Something has happened on a connection.
    fn event(&mut self, connection: &mut Connection, event: Event);
}

/// The connections of a run.
pub(crate) struct Reactor {
    epoll: OwnedFd,
    ready: Vec<epoll::Event>,
    route: Route,
    calls: Rc<[Call]>,
    /// Where there is none, a place for the next one.
    connections: Vec<Option<Watched>>,
    live: usize,
    /// What all connections read into.
    input: Box<[u8]>,
    deadline: Instant,
}

/// A connection and what epoll has been told to wait for.
#[derive(Debug)]
struct Watched {
    connection: Connection,
    writing: bool,
}

impl Reactor {
    /// A reactor whose connections go along `route` and make `calls`, until `deadline`.
    pub(crate) fn new(route: Route, calls: Vec<Call>, deadline: Instant) -> io::Result<Self> {
        Ok(Self {
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
            ready: Vec::with_capacity(256),
            route,
            calls: calls.into(),
            connections: Vec::new(),
            live: 0,
            input: vec![0; INPUT].into(),
            deadline,
        })
    }

    /// Begins to connect.
    pub(crate) fn open(&mut self) -> io::Result<&mut Connection> {
        let connection = Connection::new(self.route.connect()?, Rc::clone(&self.calls));
        let at = self.connections.iter().position(Option::is_none).unwrap_or_else(|| {
            self.connections.push(None);
            self.connections.len() - 1
        });
        epoll::add(&self.epoll, connection.wire(), epoll::EventData::new_u64(at as u64), READ | WRITE)?;
        self.live += 1;
        Ok(&mut self.connections[at].insert(Watched { connection, writing: true }).connection)
    }

    /// Begins to connect so often.
    pub(crate) fn open_many(&mut self, number: usize) -> io::Result<()> {
        for _ in 0..number {
            self.open()?;
        }
        Ok(())
    }

    pub(crate) fn connections(&mut self) -> impl Iterator<Item = &mut Connection> {
        self.connections.iter_mut().flatten().map(|watched| &mut watched.connection)
    }

    /// How many connections there are.
    pub(crate) fn live(&self) -> usize {
        self.live
    }

    /// Waits for as long as `wait` at most, and tells `load` what has come.
    ///
    /// # Errors
    /// The deadline is over.
    pub(crate) fn turn(&mut self, load: &mut impl Load, wait: Duration) -> io::Result<()> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "the time is over, and the server is not done"));
        }
        let timeout = Timespec::try_from(left.min(wait)).map_err(io::Error::other)?;
        self.ready.clear();
        match epoll::wait(&self.epoll, spare_capacity(&mut self.ready), Some(&timeout)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        for next in 0..self.ready.len() {
            let epoll::Event { flags, data } = self.ready[next];
            self.drive(load, data.u64() as usize, flags)?;
        }
        Ok(())
    }

    /// Writes what connections have been given outside of `turn`.
    pub(crate) fn flush(&mut self, load: &mut impl Load) -> io::Result<()> {
        for at in 0..self.connections.len() {
            self.drive(load, at, WRITE)?;
        }
        Ok(())
    }

    fn drive(&mut self, load: &mut impl Load, at: usize, flags: epoll::EventFlags) -> io::Result<()> {
        let Some(Some(Watched { connection, writing })) = self.connections.get_mut(at) else { return Ok(()) };
        let mut result = Ok(());
        if flags != WRITE {
            result = connection.receive(&mut self.input, |connection, event| load.event(connection, event));
        }
        if let (Ok(()), false) = (&result, connection.closing()) {
            result = connection.flush();
            if result.is_err() {
                connection.last_words(&mut self.input, |connection, event| load.event(connection, event));
            }
        }
        match result {
            Ok(()) if connection.closing() => connection.farewell(),
            Ok(()) => {
                let wants = connection.wants_write();
                if wants != *writing {
                    *writing = wants;
                    let interest = if wants { READ | WRITE } else { READ };
                    epoll::modify(&self.epoll, connection.wire(), epoll::EventData::new_u64(at as u64), interest)?;
                }
                return Ok(());
            }
            Err(_) if connection.closing() => {}
            Err(failure) => tell_end(load, connection, failure),
        }
        // To close the socket is to take it out of epoll.
        self.connections[at] = None;
        self.live -= 1;
        Ok(())
    }
}

fn tell_end(load: &mut impl Load, connection: &mut Connection, failure: Failure) {
    let lost = connection.open_calls();
    load.event(connection, Event::Closed { failure, lost });
}

const READ: epoll::EventFlags = epoll::EventFlags::IN;
const WRITE: epoll::EventFlags = epoll::EventFlags::OUT;

/// More than a socket of Linux has at once, unless it is told so, and than the rest of a frame.
const INPUT: usize = 256 * 1024;

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;

    use super::*;
    use crate::connection::tests::frame;
    use crate::frames;
    use crate::request::Headers;
    use crate::streams::Upload;

    /// Keeps what it is told.
    #[derive(Default)]
    struct Told(Vec<Event>);

    impl Load for Told {
        fn event(&mut self, _: &mut Connection, event: Event) {
            self.0.push(event);
        }
    }

    #[test]
    fn what_the_server_said_last_is_told_though_it_takes_no_more() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let body = Upload { pattern: Rc::from(&b"body"[..]), offset: 0, left: 4, end: true };
        let call = Call { headers: Headers::new("/a.A/A", "h", false, 0), body };
        let deadline = Instant::now() + Duration::from_secs(60);
        let mut reactor = Reactor::new(Route::plain(address), vec![call], deadline).unwrap();
        let mut told = Told::default();
        reactor.open().unwrap().begin(0, Instant::now());
        let (mut server, _) = listener.accept().unwrap();
        reactor.turn(&mut told, Duration::MAX).unwrap();
        // To close a socket on what was not read resets the connection.
        server.write_all(&frame(frames::GOAWAY, 0, 0, &[0, 0, 0, 0, 0, 0, 0, 11])).unwrap();
        drop(server);
        while reactor.live() > 0 {
            if let Some(connection) = reactor.connections().next() {
                connection.begin(0, Instant::now());
            }
            reactor.flush(&mut told).unwrap();
        }
        assert!(matches!(told.0[..], [Event::GoAway { code: 11, .. }, Event::Closed { .. }]), "{:?}", told.0);
    }
}
