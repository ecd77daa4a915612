//! One client's connection, which two take care of: its own task, which waits for the client and for the clock, and a
//! lane of the [`super::Fan`], which comes by whenever there is something new. Only one of them has it at a time.

use std::future::poll_fn;
use std::sync::{Arc, PoisonError, TryLockError};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use cameracast_service::sync::{Mutex, MutexGuard};

use super::fan::Fanned;
use super::{Client, ClientStream, End, Feed, Moment, Socket, ahead};

/// A socket with what it is fed from, and whose it is.
pub(crate) struct Connection<S, F> {
    /// Nothing any more once it has ended.
    state: Mutex<Option<State<S, F>>>,
    client: Arc<Client>,
}

struct State<S, F> {
    socket: Socket<S>,
    feed: F,
    /// Of its own task.
    waker: Waker,
    /// When its own task looks again by itself.
    alarm_at: Option<Instant>,
    /// What a lane has met with, for its own task.
    end: Option<End>,
}

impl<S: ClientStream, F: Feed> Connection<S, F> {
    pub(crate) fn new(socket: Socket<S>, feed: F, client: Arc<Client>) -> Arc<Self> {
        let state = State { socket, feed, waker: Waker::noop().clone(), alarm_at: None, end: None };
        Arc::new(Self { state: Mutex::new(Some(state)), client })
    }

    /// Reads and writes until the connection has to end: what its own task does.
    pub(crate) async fn drive(&self) -> End {
        poll_fn(|cx| match &mut *self.lock() {
            Some(state) => state.poll_drive(cx),
            None => Poll::Pending,
        })
        .await
    }

    /// Takes the socket away, to see the client off: neither its task nor a lane writes any more.
    pub(crate) fn take(&self) -> Option<Socket<S>> {
        self.lock().take().map(|state| state.socket)
    }

    fn lock(&self) -> MutexGuard<'_, Option<State<S, F>>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: ClientStream, F: Feed> Fanned for Connection<S, F> {
    fn hand_on(&self, moment: &Moment) -> bool {
        let mut state = match self.state.try_lock() {
            Ok(state) => state,
            Err(TryLockError::Poisoned(state)) => state.into_inner(),
            Err(TryLockError::WouldBlock) => return false,
        };
        if let Some(state) = &mut *state {
            state.hand_on(moment);
        }
        true
    }

    fn approach(&self, next: bool) {
        if next {
            ahead::fetch(&*self.client); // where that is stands in the rest, which has come by now
        } else {
            ahead::fetch(self);
        }
    }
}

impl<S: ClientStream, F: Feed> State<S, F> {
    fn poll_drive(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        self.waker.clone_from(cx.waker());
        match self.end.take() {
            Some(end) => Poll::Ready(end),
            None => {
                let end = self.socket.poll_drive(&mut self.feed, cx);
                self.alarm_at = self.feed.ask_again_at().filter(|_| !self.socket.is_stuck());
                end
            }
        }
    }

    /// Writes what is new as long as the socket takes it; waiting is left to the task, which is woken for it.
    fn hand_on(&mut self, moment: &Moment) {
        if self.end.is_some() || self.socket.is_stuck() {
            return; // the task knows
        }
        match self.socket.poll_write(&mut self.feed, Some(moment), &mut Context::from_waker(&self.waker)) {
            Ok(Poll::Ready(())) if self.is_awake_in_time() => return,
            Ok(_) => {}
            Err(end) => self.end = Some(end),
        }
        self.waker.wake_by_ref();
    }

    fn is_awake_in_time(&self) -> bool {
        self.feed.ask_again_at().is_none_or(|at| self.alarm_at.is_some_and(|alarm| alarm <= at))
    }
}
