//! What a client holds that it has not asked for.

use crate::{ALLOCATED, counted};
use puregrpc_support::{MORE, RawServer, message};

/// One message in one frame each: kept as they came, they would hold more than 500,000 bytes.
#[test]
fn many_small_frames_that_nobody_receives_share_a_buffer() {
    const FRAMES: usize = 12_000;
    counted(async {
        let mut server = RawServer::new();
        let client = server.client();
        let (mut peer, call) = tokio::join!(server.accept(), client.bidi(()));
        let (_sender, mut receiver) = call.unwrap();
        assert_eq!(peer.accept().await, 1);
        peer.respond(1, &[]).await;
        peer.data(1, message(b""), MORE).await;
        peer.settle().await;
        let before = ALLOCATED.allocated();
        for _ in 0..FRAMES / 100 {
            for _ in 0..100 {
                peer.data(1, message(b""), MORE).await;
            }
            // What waits in h2 takes room there that it keeps.
            peer.settle().await;
        }
        // Buffers that carried the frames may have been freed since.
        let held = ALLOCATED.allocated().saturating_sub(before);
        println!("{held} bytes are held for {} that came", 5 * FRAMES);
        assert!(held < 20 * FRAMES, "{held} bytes");
        for _ in 0..=FRAMES {
            assert!(receiver.recv().await.unwrap().is_some());
        }
    });
}
