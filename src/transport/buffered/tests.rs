use super::*;
use crate::transport::meter::Allowance;
use crate::transport::outlet::WRITE;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test]
async fn writes_go_out_when_drained_and_not_before() {
    let (near, mut far) = tokio::io::duplex(1 << 20);
    let (mut io, handle) = BufferedIo::new(near, Meter::client(&Allowance::default()));
    io.write_all(b"onetwo").await.unwrap();
    io.flush().await.unwrap();
    assert!(lock(&handle.0).outlet.has_unwritten());
    let mut got = [0; 6];
    let early = poll_fn(|cx| Poll::Ready(Pin::new(&mut far).poll_read(cx, &mut ReadBuf::new(&mut got)).is_pending()));
    assert!(early.await);
    poll_fn(|cx| handle.poll_drain(cx)).await.unwrap();
    assert!(!lock(&handle.0).outlet.has_unwritten());
    far.read_exact(&mut got).await.unwrap();
    assert_eq!(&got, b"onetwo");
}

async fn end_turn(handle: &IoHandle, others: bool) -> io::Result<Written> {
    poll_fn(|cx| Poll::Ready(handle.end_turn(cx, others).map(|turned| turned.written))).await
}

#[tokio::test]
async fn a_write_waits_for_the_next_turn_and_no_longer() {
    let (near, mut far) = tokio::io::duplex(1 << 20);
    let (mut io, handle) = BufferedIo::new(near, Meter::client(&Allowance::default()));
    io.write_all(b"one").await.unwrap();
    assert_eq!(end_turn(&handle, true).await.unwrap(), Written::Later);
    assert_eq!(end_turn(&handle, true).await.unwrap(), Written::All);
    assert_eq!(far.read_u8().await.unwrap(), b'o');
    // What nobody else can add to waits for nobody.
    io.write_all(b"two").await.unwrap();
    assert_eq!(end_turn(&handle, false).await.unwrap(), Written::All);
}

/// However much is written at once: a peer that takes nothing is seen to take nothing.
#[tokio::test]
async fn nothing_goes_past_the_buffer() {
    let (near, _far) = tokio::io::duplex(10);
    let (mut io, handle) = BufferedIo::new(near, Meter::client(&Allowance::default()));
    let large = vec![7; 3 * WRITE];
    assert_eq!(io.write(&large).await.unwrap(), WRITE);
    assert!(poll_fn(|cx| Poll::Ready(Pin::new(&mut io).poll_write(cx, &large).is_pending())).await);
    assert!(end_turn(&handle, true).await.is_ok());
    let written = end_turn(&handle, true).await.unwrap();
    assert_eq!(written, Written::Part(10));
}

#[tokio::test]
async fn a_lost_connection_ends_the_turns() {
    let (near, far) = tokio::io::duplex(10);
    let (mut io, handle) = BufferedIo::new(near, Meter::client(&Allowance::default()));
    drop(far);
    io.write_all(b"one").await.unwrap();
    // The first turn puts the write off.
    assert!(end_turn(&handle, true).await.is_ok());
    let error = end_turn(&handle, true).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
}

#[tokio::test]
async fn large_writes_keep_their_place() {
    let (near, mut far) = tokio::io::duplex(1 << 20);
    let (mut io, handle) = BufferedIo::new(near, Meter::client(&Allowance::default()));
    io.write_all(b"head").await.unwrap();
    io.write_all(&vec![7; 3 * WRITE]).await.unwrap();
    io.write_all(b"tail").await.unwrap();
    poll_fn(|cx| handle.poll_drain(cx)).await.unwrap();
    let mut got = vec![0; 8 + 3 * WRITE];
    far.read_exact(&mut got).await.unwrap();
    assert_eq!(got, [b"head", &vec![7; 3 * WRITE][..], b"tail"].concat());
}

#[tokio::test]
async fn what_is_discarded_ends_with_the_connection() {
    let (near, mut far) = tokio::io::duplex(1 << 20);
    let (_io, handle) = BufferedIo::new(near, Meter::client(&Allowance::default()));
    far.write_all(&vec![1; 2 * READ_PER_TURN]).await.unwrap();
    let pending = poll_fn(|cx| Poll::Ready(handle.poll_discard(cx).is_pending())).await;
    drop(far);
    poll_fn(|cx| handle.poll_discard(cx)).await;
    assert!(pending);
}

/// What any peer begins with.
const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];

#[tokio::test]
async fn a_turn_reads_so_much_and_no_more() {
    let (near, mut far) = tokio::io::duplex(1 << 20);
    far.write_all(&[&SETTINGS[..], &vec![1; 2 * READ_PER_TURN]].concat()).await.unwrap();
    let (mut io, handle) = BufferedIo::new(near, Meter::client(&Allowance::default()));
    let mut total = 0;
    let mut buffer = vec![0; 10_000];
    while let Poll::Ready(count) = poll_fn(|cx| {
        let mut target = ReadBuf::new(&mut buffer);
        Poll::Ready(Pin::new(&mut io).poll_read(cx, &mut target).map(|_| target.filled().len()))
    })
    .await
    {
        total += count;
    }
    assert_eq!(total, READ_PER_TURN);
    assert!(lock(&handle.0).starved);
    handle.begin_turn(false);
    assert_eq!(io.read(&mut buffer).await.unwrap(), 10_000);
}
