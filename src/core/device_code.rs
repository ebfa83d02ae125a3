//! When a device asks whether its code was confirmed (RFC 8628). Who waits, and who asks, is given.

use jiff::SignedDuration;

/// How often in a row the network may be away.
const LOST: u32 = 5;
/// How much longer than before a device waits after it was told to ask less often.
const SLOWER: SignedDuration = SignedDuration::from_secs(5);
const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// What a question brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer<T, E> {
    /// The code was confirmed.
    Granted(T),
    /// Nobody has answered yet.
    Pending,
    /// The same, and we ask too often.
    SlowDown,
    /// The network is not there.
    Lost(E),
    /// There will be no other answer.
    Refused(E),
}

/// Asks again and again, with the interval in between, until there is an answer; `None` once the time is over.
///
/// `second` waits for one second, and is told how much time is left.
pub fn poll<T, E>(
    lasts: SignedDuration,
    mut interval: SignedDuration,
    mut second: impl FnMut(SignedDuration),
    mut ask: impl FnMut() -> Answer<T, E>,
) -> Option<Result<T, E>> {
    let (mut left, mut lost) = (lasts, 0);
    loop {
        // Twice as long each time that the network is away.
        for _ in 0..interval.as_secs().max(1) << lost {
            if !left.is_positive() {
                return None;
            }
            second(left);
            left = left.saturating_sub(SECOND);
        }
        match ask() {
            Answer::Granted(granted) => return Some(Ok(granted)),
            Answer::Lost(_) if lost < LOST => lost += 1,
            Answer::Lost(error) | Answer::Refused(error) => return Some(Err(error)),
            Answer::Pending => lost = 0,
            Answer::SlowDown => {
                interval = interval.saturating_add(SLOWER);
                lost = 0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::{
        Answer::{Granted, Lost, Pending, Refused, SlowDown},
        *,
    };

    /// The seconds at which it asks when it gets these answers, the last of them again and again, and what it ends with.
    fn asked(
        lasts: i64,
        answers: &[Answer<&'static str, &'static str>],
    ) -> (Vec<i64>, Option<Result<&'static str, &'static str>>) {
        let (clock, mut at, mut answers) = (Cell::new(0), Vec::new(), answers.iter());
        let mut last = Pending;
        let end = poll(
            SignedDuration::from_secs(lasts),
            SignedDuration::from_secs(5),
            |left| {
                assert_eq!(left.as_secs(), lasts - clock.get());
                clock.set(clock.get() + 1);
            },
            || {
                at.push(clock.get());
                last = answers.next().unwrap_or(&last).clone();
                last.clone()
            },
        );
        (at, end)
    }

    #[test]
    fn it_asks_at_the_interval_until_the_code_is_confirmed() {
        assert_eq!(asked(600, &[Pending, Pending, Granted("token")]), (vec![5, 10, 15], Some(Ok("token"))));
    }

    #[test]
    fn slow_down_adds_five_seconds_for_good() {
        let answers = [SlowDown, Pending, SlowDown, Pending, Granted("token")];
        assert_eq!(asked(600, &answers), (vec![5, 15, 25, 40, 55], Some(Ok("token"))));
    }

    #[test]
    fn no_and_too_late_end_it() {
        assert_eq!(asked(600, &[Pending, Refused("denied")]), (vec![5, 10], Some(Err("denied"))));
        assert_eq!(asked(600, &[Refused("expired")]), (vec![5], Some(Err("expired"))));
    }

    #[test]
    fn it_waits_no_longer_than_the_code_lasts() {
        assert_eq!(asked(12, &[Pending]), (vec![5, 10], None));
        assert_eq!(asked(10, &[SlowDown]), (vec![5], None));
        assert_eq!(asked(0, &[Pending]), (vec![], None));
    }

    #[test]
    fn a_network_that_is_away_is_asked_less_often_and_not_for_ever() {
        let answers = [Lost("away"), Lost("away"), Pending, Granted("token")];
        assert_eq!(asked(600, &answers), (vec![5, 15, 35, 40], Some(Ok("token"))));
        assert_eq!(asked(600, &[Lost("away")]), (vec![5, 15, 35, 75, 155, 315], Some(Err("away"))));
    }
}
