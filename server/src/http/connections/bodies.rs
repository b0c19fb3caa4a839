//! The bodies of a request and of its answer, which tell the [`Activity`] how far it is.

use super::{
    activity::{Activity, Request, Step, now},
    places::Held,
};
use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

/// How much of a body must come, or of an answer be taken, to count as movement: a byte now and then is none.
const PIECE: usize = 16 * 1024;

/// The body of a request, as it comes.
#[derive(Debug)]
pub struct RequestBody<B = Incoming> {
    body: B,
    activity: Arc<Activity>,
    id: u64,
    uncounted: usize,
}

impl<B> RequestBody<B> {
    /// The body of `request`.
    pub fn of(request: &Request, body: B) -> Self {
        Self { body, activity: request.activity.clone(), id: request.id, uncounted: 0 }
    }

    fn waits(&self, waits: bool) {
        self.activity.step(self.id, |step| {
            if !step.answered && step.waits != waits {
                *step = Step { answered: false, waits, moved: now() };
            }
        });
    }

    fn came(&mut self, bytes: usize) {
        self.uncounted += bytes;
        if self.uncounted >= PIECE {
            self.uncounted %= PIECE;
            self.activity.step(self.id, |step| step.moved = now());
        }
    }
}

impl<B: HttpBody<Data = Bytes> + Unpin> HttpBody for RequestBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        match &polled {
            Poll::Pending => self.waits(true),
            Poll::Ready(Some(Ok(frame))) => self.came(frame.data_ref().map_or(0, Bytes::len)),
            Poll::Ready(_) => self.waits(false),
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B> Drop for RequestBody<B> {
    fn drop(&mut self) {
        self.waits(false);
    }
}

/// The body of an answer, handed over in pieces; its request lasts until it is taken.
pub struct Answer {
    body: Body,
    piece: Bytes,
    request: Request,
    _held: Option<Held>,
}

impl Answer {
    /// The answer to `request`, and what it holds.
    pub fn to(request: Request, held: Option<Held>, body: Body) -> Self {
        request.activity.step(request.id, |step| *step = Step { answered: true, waits: true, moved: now() });
        Self { body, piece: Bytes::new(), request, _held: held }
    }

    /// Of HTTP/2 the last byte goes by itself: it is asked for when there is room for it, so when what was before is on
    /// its way. What is handed over with it would lie in a queue of which nobody knows.
    fn next_piece(&mut self) -> Bytes {
        let last = if self.request.activity.is_http2() { self.piece.len().saturating_sub(1).max(1) } else { PIECE };
        self.piece.split_to(self.piece.len().min(PIECE).min(last))
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.piece.is_empty() {
            let polled = Pin::new(&mut self.body).poll_frame(cx);
            let Request { activity, id } = &self.request;
            activity.step(*id, |step| {
                if polled.is_ready() || step.waits {
                    *step = Step { answered: true, waits: polled.is_ready(), moved: now() };
                }
            });
            match polled {
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => self.piece = data,
                    Err(frame) => return Poll::Ready(Some(Ok(frame))),
                },
                other => return other,
            }
        } else {
            self.request.activity.step(self.request.id, |step| step.moved = now());
        }
        let piece = self.next_piece();
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.piece.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (mut hint, more) = (self.body.size_hint(), self.piece.len() as u64);
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper + more);
        }
        hint.set_lower(hint.lower() + more);
        hint
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::activity::tests::{left, seconds},
        *,
    };
    use futures_util::FutureExt as _;
    use http_body_util::BodyExt as _;
    use std::{convert::Infallible, time::Duration};

    /// A body that comes as it is sent.
    fn body() -> (tokio::sync::mpsc::UnboundedSender<usize>, impl HttpBody<Data = Bytes, Error = Infallible> + Unpin) {
        let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
        let frames = futures_util::stream::poll_fn(move |cx| {
            receiver.poll_recv(cx).map(|sent| sent.map(|size| Ok(Frame::data(vec![b'x'; size].into()))))
        });
        (sender, http_body_util::StreamBody::new(frames))
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_has_time_for_as_long_as_it_is_taken() {
        let activity = Activity::new();
        activity.arrived(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        let mut answer = Answer::to(activity.begin(), None, Body::from(vec![b'x'; 2 * PIECE]));
        let mut sizes = Vec::new();
        while !answer.is_end_stream() {
            seconds(40).await;
            activity.arrived(b"a ping");
            activity.sent();
            assert_eq!(left(&activity), 10);
            let before = answer.size_hint().exact().unwrap();
            sizes.push(answer.frame().await.unwrap().unwrap().into_data().unwrap().len());
            assert_eq!(before - *sizes.last().unwrap() as u64, answer.size_hint().exact().unwrap());
            assert_eq!(left(&activity), 50);
        }
        assert_eq!(sizes, [PIECE, PIECE - 1, 1]);
        drop(answer);
        assert_eq!(left(&activity), 100);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_is_answered_by_http1_may_have_its_end_in_a_buffer() {
        let activity = Activity::new();
        activity.arrived(b"GET / HTTP/1.1\r\n\r\n");
        drop(Answer::to(activity.begin(), None, Body::empty()));
        seconds(30).await;
        activity.sent();
        assert_eq!(left(&activity), 100);
    }

    #[tokio::test(start_paused = true)]
    async fn a_byte_of_a_body_now_and_then_moves_nothing() {
        let activity = Activity::new();
        let request = activity.begin();
        let (sender, body) = body();
        let mut body = RequestBody::of(&request, body);
        let mut read = || while let Some(Some(_)) = body.frame().now_or_never() {};
        read();
        seconds(40).await;
        assert_eq!(left(&activity), 10, "it is waited for");
        for _ in 0..9 {
            sender.send(1).unwrap();
            seconds(1).await;
            read();
        }
        assert_eq!(left(&activity), 1);
        assert_eq!(activity.waits_since(Duration::from_secs(50)), None, "that long it is left alone");
        assert!(activity.waits_since(Duration::from_secs(49)).is_some());
        sender.send(PIECE).unwrap();
        read();
        assert_eq!(left(&activity), 50);
        drop(sender);
        read();
        assert_eq!(activity.waits_since(Duration::ZERO), None, "now it is the portal that is at work");
        drop(request);
        assert!(activity.waits_since(Duration::from_secs(10)).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_waited_for_when_all_of_its_requests_are() {
        let activity = Activity::new();
        let (_sender, unfinished) = body();
        let mut taken = Answer::to(activity.begin(), None, Body::new(unfinished));
        let at_work = activity.begin();
        assert_eq!(activity.waits_since(Duration::ZERO), None);
        drop(at_work);
        assert!(activity.waits_since(Duration::ZERO).is_some());
        assert!(taken.frame().now_or_never().is_none());
        assert_eq!(activity.waits_since(Duration::ZERO), None, "there is nothing to take yet");
    }
}
