//! The geometry of charts: whole numbers and a scale, nothing that is seen.
//!
//! A drawing has one unit per day across and one per thing counted upwards, and
//! is stretched to the room there is. Words stand beside it as text of the
//! page, which stays as large as all other text, however narrow the page is.

/// A scale from zero to a round number, with even steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scale {
    step: u64,
    steps: u64,
}

impl Scale {
    /// The scale that holds `largest` in at most `most` steps of 1, 2 or 5 times a power of ten.
    pub fn holding(largest: u64, most: u64) -> Self {
        let (largest, most) = (largest.max(1), most.max(1));
        let steps = |step: u64| largest.div_ceil(step);
        let rounds = (0..19).flat_map(|power| {
            let unit = 10_u64.pow(power);
            [unit, unit.saturating_mul(2), unit.saturating_mul(5)]
        });
        let step = rounds.into_iter().find(|step| steps(*step) <= most).unwrap_or(u64::MAX);
        Self { step, steps: steps(step) }
    }

    /// From 0 to 100 by quarters.
    pub const PERCENT: Self = Self { step: 25, steps: 4 };

    /// Where it ends.
    pub const fn top(self) -> u64 {
        self.step.saturating_mul(self.steps)
    }

    /// The marked values, from the top down to zero.
    pub fn marks(self) -> impl Iterator<Item = u64> {
        (0..=self.steps).rev().map(move |mark| mark.saturating_mul(self.step))
    }
}

/// A rectangle of a drawing, in its units, from the left and from the top.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bar {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: u64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: u64,
}

/// The share of a day's width that its bar fills.
const FILLED: f64 = 0.7;

/// One bar for each value, standing on the ground of a drawing as high as the scale.
pub fn bars(values: &[u64], scale: Scale) -> Vec<Bar> {
    let top = scale.top();
    let bar = |(day, value): (u32, &u64)| {
        let height = (*value).min(top);
        Bar { x: f64::from(day) + (1.0 - FILLED) / 2.0, y: top - height, width: FILLED, height }
    };
    (0_u32..).zip(values).map(bar).collect()
}

/// The outline of steps, one per value from the day `first` on, closed along the ground: an SVG path.
pub fn steps(first: usize, values: &[u64], scale: Scale) -> String {
    let top = scale.top();
    let mut path = format!("M{first} {top}");
    for value in values {
        path.push_str(&format!("V{}h1", top - (*value).min(top)));
    }
    path.push_str(&format!("V{top}z"));
    path
}

/// The length of a bar in thousandths of the longest; whatever is there can be seen.
pub fn thousandths(value: u64, longest: u64) -> u64 {
    if value == 0 || longest == 0 {
        return 0;
    }
    let length = u128::from(value) * 1_000 / u128::from(longest);
    u64::try_from(length).unwrap_or(1_000).clamp(5, 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_end_at_round_numbers_and_hold_what_they_must() {
        let marks = |largest| Scale::holding(largest, 4).marks().collect::<Vec<_>>();
        assert_eq!(marks(0), [1, 0]);
        assert_eq!(marks(3), [3, 2, 1, 0]);
        assert_eq!(marks(7), [8, 6, 4, 2, 0]);
        assert_eq!(marks(11), [15, 10, 5, 0]);
        assert_eq!(marks(1_234), [1_500, 1_000, 500, 0]);
        assert_eq!(Scale::PERCENT.marks().collect::<Vec<_>>(), [100, 75, 50, 25, 0]);
        for largest in (0..64).map(|bit| 1_u64 << bit).chain([u64::MAX]) {
            let scale = Scale::holding(largest, 4);
            assert!(scale.top() >= largest.min(scale.top()) && scale.marks().count() <= 5, "{largest}");
        }
    }

    #[test]
    fn bars_stand_on_the_ground_within_their_day() {
        let scale = Scale::holding(4, 4);
        let bars = bars(&[0, 4, 1], scale);
        assert_eq!(bars.iter().map(|bar| (bar.y, bar.height)).collect::<Vec<_>>(), [(4, 0), (0, 4), (3, 1)]);
        for (bar, day) in bars.iter().zip(0_u32..) {
            assert!(bar.x >= f64::from(day) && bar.x + bar.width <= f64::from(day + 1), "{bar:?}");
        }
    }

    #[test]
    fn steps_are_closed_along_the_ground() {
        assert_eq!(steps(2, &[40, 60], Scale::PERCENT), "M2 100V60h1V40h1V100z");
        assert_eq!(steps(0, &[900], Scale::PERCENT), "M0 100V0h1V100z");
    }

    #[test]
    fn what_is_there_can_be_seen() {
        assert_eq!(
            [thousandths(0, 10), thousandths(1, 1_000_000), thousandths(5, 10), thousandths(9, 9)],
            [0, 5, 500, 1_000]
        );
        assert_eq!([thousandths(0, 0), thousandths(20, 10)], [0, 1_000]);
    }
}
