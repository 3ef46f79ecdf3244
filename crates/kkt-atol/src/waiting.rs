//! Bytes that came and were not looked at yet: one buffer that is used again and again.

/// Bytes that are kept at most; more than a device sends in many seconds.
pub(crate) const MAX_WAITING: usize = 64 * 1024;

/// A queue of bytes that can be looked at as a slice.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    buffer: Vec<u8>,
    /// Bytes at the front of the buffer that are done with.
    done: usize,
    overflow: usize,
}

impl Waiting {
    /// Adds bytes; what has no room is dropped and counted.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let waiting = self.bytes().len();
        // Moving costs no more than the bytes that were done since the last time.
        if self.done >= waiting {
            self.buffer.drain(..self.done);
            self.done = 0;
        }
        let room = MAX_WAITING.saturating_sub(waiting);
        self.buffer.extend(bytes.iter().take(room));
        self.overflow += bytes.len().saturating_sub(room);
    }

    /// All bytes that wait.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.buffer.get(self.done..).unwrap_or_default()
    }

    /// Is done with the first bytes, which stay where they are until the next
    /// [`push`](Self::push).
    pub(crate) fn take(&mut self, length: usize) -> &mut [u8] {
        let from = self.done;
        self.done = self.buffer.len().min(from + length);
        self.buffer.get_mut(from..self.done).unwrap_or_default()
    }

    /// How many bytes had no room since the last call.
    pub(crate) fn take_overflow(&mut self) -> usize {
        std::mem::take(&mut self.overflow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_the_limit_waits_however_it_comes() {
        let mut waiting = Waiting::default();
        for _ in 0..5 {
            waiting.push(&[0x05; MAX_WAITING / 4]);
        }
        assert_eq!(waiting.bytes().len(), MAX_WAITING);
        assert_eq!(waiting.take_overflow(), MAX_WAITING / 4);
        assert_eq!(waiting.take_overflow(), 0);
    }

    #[test]
    fn what_is_done_with_is_given_back() {
        let mut waiting = Waiting::default();
        for number in 0..100_000_u32 {
            waiting.push(&number.to_be_bytes());
            assert_eq!(waiting.take(4), number.to_be_bytes());
        }
        assert!(waiting.buffer.capacity() < 64, "{}", waiting.buffer.capacity());
        // Some always wait.
        waiting.push(&[0x05; 1000]);
        for _ in 0..100_000 {
            waiting.push(&[0x05; 4]);
            waiting.take(4);
        }
        assert_eq!(waiting.bytes().len(), 1000);
        assert!(waiting.buffer.capacity() < 4000, "{}", waiting.buffer.capacity());
    }
}
