use puregrpc::{Request, Response, Status};

use super::proto::posXYZ::{Msg, Pos, Position, PositionService};
use super::{Clock, Walk};

/// Tells where a character is on its walk, and puts it elsewhere.
#[derive(Debug, Default)]
pub struct Character {
    walk: Walk,
}

impl Character {
    /// Puts the character at the start of its walk.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets the character walk by this clock.
    #[must_use]
    pub fn with_clock(clock: Clock) -> Self {
        Self { walk: Walk::new(clock) }
    }
}

impl PositionService for Character {
    async fn position_req(&self, _request: Request<Msg>) -> Result<Response<Position>, Status> {
        let (x, y, z) = self.walk.position();
        let position = Some(Pos { x, y, z, ..Default::default() }).into();
        let msg = "character position".into();
        Ok(Position { position, status: 0, msg, ..Default::default() }.into())
    }

    async fn position_pub(&self, request: Request<Position>) -> Result<Response<Msg>, Status> {
        let Some(position) = request.position.as_ref() else {
            return Err(Status::invalid_argument("position is missing"));
        };
        for (axis, value) in [("x", position.x), ("y", position.y), ("z", position.z)] {
            if !value.is_finite() {
                let message = format!("position has {axis} {value}, expected a finite number");
                return Err(Status::invalid_argument(message));
            }
        }
        self.walk.restart((position.x, position.y, position.z));
        Ok(Msg { status: 0, msg: "published".into(), ..Default::default() }.into())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use puregrpc::Code;

    use super::*;
    use crate::examples::clock::tests::Hand;

    fn position(x: f32, y: f32, z: f32) -> Position {
        let position = Some(Pos { x, y, z, ..Default::default() }).into();
        Position { position, ..Default::default() }
    }

    #[tokio::test]
    async fn position_comes_with_status_and_word() {
        let character = Character::with_clock(Hand::new().clock());
        let reply = character.position_req(Msg::default().into()).await.unwrap();
        assert_eq!((reply.status, &*reply.msg), (0, "character position"));
        assert_eq!((reply.position.x, reply.position.y, reply.position.z), (1.0, 0.0, 0.0));
    }

    #[tokio::test]
    async fn published_position_is_told_until_the_next_tick() {
        let hand = Hand::new();
        let character = Character::with_clock(hand.clock());
        let reply = character.position_pub(position(0.0, -7.5, 3.0).into()).await.unwrap();
        assert_eq!((reply.status, &*reply.msg), (0, "published"));

        let reply = character.position_req(Msg::default().into()).await.unwrap();
        assert_eq!((reply.position.x, reply.position.y, reply.position.z), (0.0, -7.5, 3.0));
        hand.advance(Duration::from_millis(100));
        let reply = character.position_req(Msg::default().into()).await.unwrap();
        assert_eq!(reply.position.z, 0.0);
    }

    #[tokio::test]
    async fn missing_position_is_refused_and_changes_nothing() {
        let character = Character::with_clock(Hand::new().clock());
        let status = character.position_pub(Position::default().into()).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
        let reply = character.position_req(Msg::default().into()).await.unwrap();
        assert_eq!(reply.position.x, 1.0);
    }

    #[tokio::test]
    async fn position_that_is_not_finite_is_refused() {
        let character = Character::new();
        for refused in
            [position(f32::NAN, 0.0, 0.0), position(0.0, f32::INFINITY, 0.0), position(0.0, 0.0, f32::NEG_INFINITY)]
        {
            let status = character.position_pub(refused.into()).await.unwrap_err();
            assert_eq!(status.code(), Code::InvalidArgument);
        }
    }
}
