//! Numbers: bounds and multiples as an exact decimal [`Grid`], so that 19.99 with `multipleOf: 0.01` is no accident.

use serde_json::{Number, Value};

use super::Style;
use super::limits::FURTHEST_DIGITS;
use super::random::{Rng, below, between_wide};

/// An exact decimal: `mantissa` / 10^`scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    mantissa: i128,
    scale: u32,
}

impl Decimal {
    /// Reads a JSON number. Numbers further out than [`FURTHEST_DIGITS`] are drawn in to that edge.
    pub(super) fn read(number: &Number) -> Self {
        Self::parse(&number.to_string())
    }

    fn parse(text: &str) -> Self {
        let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let exponent: i64 = exponent.parse().unwrap_or(0);
        let negative = digits.starts_with('-');
        let (whole, part) = digits
            .trim_start_matches(['-', '+'])
            .split_once('.')
            .unwrap_or((digits, ""));
        let whole = whole.trim_start_matches(['-', '+', '0']);
        let part = part.trim_end_matches('0');
        let edge = 10_i128.pow(FURTHEST_DIGITS);
        let sign = |value: i128| if negative { -value } else { value };
        let all = format!("{whole}{part}");
        let significant = all.trim_start_matches('0');
        if significant.is_empty() {
            return Self {
                mantissa: 0,
                scale: 0,
            };
        }
        let scale = part.len() as i64 - exponent;
        if significant.len() as i64 - scale > i64::from(FURTHEST_DIGITS) {
            return Self {
                mantissa: sign(edge),
                scale: 0,
            };
        }
        if scale > i64::from(FURTHEST_DIGITS) {
            // Smaller than anything that can be told from nought on this grid.
            return Self {
                mantissa: sign(1),
                scale: FURTHEST_DIGITS,
            };
        }
        let mantissa = significant.parse().unwrap_or(edge);
        if scale < 0 {
            let factor = 10_i128
                .checked_pow(scale.unsigned_abs() as u32)
                .unwrap_or(edge);
            return Self {
                mantissa: sign(mantissa.saturating_mul(factor)),
                scale: 0,
            };
        }
        Self {
            mantissa: sign(mantissa),
            scale: scale as u32,
        }
    }

    fn at_scale(self, scale: u32) -> Option<i128> {
        self.mantissa
            .checked_mul(10_i128.checked_pow(scale.checked_sub(self.scale)?)?)
    }

    /// As a JSON number: an integer where it is one.
    pub(super) fn to_value(self) -> Option<Value> {
        let unit = 10_i128.checked_pow(self.scale)?;
        if self.mantissa % unit == 0 {
            let whole = self.mantissa / unit;
            if let Ok(small) = i64::try_from(whole) {
                return Some(Value::from(small));
            }
            if let Ok(large) = u64::try_from(whole) {
                return Some(Value::from(large));
            }
            return Number::from_f64(whole.to_string().parse().ok()?).map(Value::Number);
        }
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let size = self.mantissa.unsigned_abs();
        let unit = unit.unsigned_abs();
        let text = format!(
            "{sign}{}.{:0width$}",
            size / unit,
            size % unit,
            width = self.scale as usize
        );
        Number::from_f64(text.parse().ok()?).map(Value::Number)
    }
}

/// A bound of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bound {
    pub(super) at: Decimal,
    pub(super) exclusive: bool,
}

/// What a schema says of a number.
#[derive(Clone, Debug, Default)]
pub(super) struct Limits {
    pub(super) low: Vec<Bound>,
    pub(super) high: Vec<Bound>,
    pub(super) multiples: Vec<Decimal>,
    /// The range a numeric format gives where the schema gives none.
    pub(super) register: Option<(i64, i64)>,
}

/// The values allowed: `n * step / 10^scale` for `n` from `low` to `high`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    pub(super) low: i128,
    pub(super) high: i128,
    step: i128,
    scale: u32,
    /// Whether the schema itself bounds the low end, and the high one.
    pub(super) bounded: (bool, bool),
}

const TOO_LARGE: &str = "its bounds and multiples are too large to reckon with";

impl Limits {
    /// The grid of allowed values, or why there is none.
    pub(super) fn grid(&self, integer: bool) -> Result<Grid, String> {
        let bounds = || self.low.iter().chain(&self.high);
        let finest = bounds()
            .map(|b| b.at.scale)
            .chain(self.multiples.iter().map(|m| m.scale))
            .max()
            .unwrap_or(0);
        let scale = if !self.multiples.is_empty() || integer {
            finest
        } else {
            (finest + 1).max(2)
        };
        let unit = 10_i128.checked_pow(scale).ok_or(TOO_LARGE)?;
        let mut step = if integer { unit } else { 1 };
        for multiple in &self.multiples {
            let multiple = multiple
                .at_scale(scale)
                .filter(|m| *m > 0)
                .ok_or(TOO_LARGE)?;
            step = least_common_multiple(step, multiple).ok_or(TOO_LARGE)?;
        }
        let mut low = None;
        for bound in &self.low {
            let at = bound.at.at_scale(scale).ok_or(TOO_LARGE)?;
            let n = if bound.exclusive {
                at.div_euclid(step) + 1
            } else {
                -(-at).div_euclid(step)
            };
            low = Some(low.map_or(n, |l: i128| l.max(n)));
        }
        let mut high = None;
        for bound in &self.high {
            let at = bound.at.at_scale(scale).ok_or(TOO_LARGE)?;
            let n = if bound.exclusive {
                -(-at).div_euclid(step) - 1
            } else {
                at.div_euclid(step)
            };
            high = Some(high.map_or(n, |h: i128| h.min(n)));
        }
        let bounded = (low.is_some(), high.is_some());
        // Without a format a server may well hold integers in 32 bits: the contract does not say, so stay inside.
        let (from, to) = self.register.unwrap_or((-2_147_483_648, 2_147_483_647));
        let from = -(-(i128::from(from).saturating_mul(unit))).div_euclid(step);
        let to = i128::from(to).saturating_mul(unit).div_euclid(step);
        let room = (unit.saturating_mul(1_000) / step).max(1_000);
        let (low, high) = match (low, high) {
            (Some(low), Some(high)) => (low, high),
            (Some(low), None) => (low, to.max(low.saturating_add(room))),
            (None, Some(high)) => (from.min(high.saturating_sub(room)), high),
            (None, None) => (from, to.max(from)),
        };
        if low > high {
            return Err("no number lies between its bounds".to_owned());
        }
        Ok(Grid {
            low,
            high,
            step,
            scale,
            bounded,
        })
    }
}

impl Grid {
    /// The value at a grid point.
    pub(super) fn value(&self, n: i128) -> Option<Value> {
        Decimal {
            mantissa: n.checked_mul(self.step)?,
            scale: self.scale,
        }
        .to_value()
    }

    /// A value a whole unit below the lowest.
    pub(super) fn below(&self) -> Option<Value> {
        self.value(self.low.checked_sub(self.unit()?)?)
    }

    /// A value a whole unit above the highest.
    pub(super) fn above(&self) -> Option<Value> {
        self.value(self.high.checked_add(self.unit()?)?)
    }

    fn unit(&self) -> Option<i128> {
        Some((10_i128.checked_pow(self.scale)? / self.step).max(1))
    }

    /// A value within the bounds but off the grid, whole where asked.
    pub(super) fn between_points(&self, integer: bool) -> Option<Value> {
        let at = self.low.max(self.high.min(1)).checked_mul(self.step)?;
        let unit = 10_i128.checked_pow(self.scale)?;
        if self.step > unit {
            // One more than a multiple, or one less where the range ends there.
            let next = if self.low == self.high {
                at.checked_sub(unit)?
            } else {
                at.checked_add(unit)?
            };
            return Decimal {
                mantissa: next,
                scale: self.scale,
            }
            .to_value();
        }
        if integer {
            return None;
        }
        let mantissa = at.checked_mul(10)?.checked_add(self.step.checked_mul(5)?)?;
        Decimal {
            mantissa,
            scale: self.scale + 1,
        }
        .to_value()
    }

    /// Draws a value.
    pub(super) fn draw(&self, rng: &mut Rng, style: Style) -> Option<Value> {
        let unit = 10_i128.checked_pow(self.scale)?;
        let near =
            |value: i128| (value.saturating_mul(unit) / self.step).clamp(self.low, self.high);
        let n = match style {
            Style::Simple => {
                let least = near(1).max(self.low.min(1));
                // Inside a narrow range, so that a bound which is refused wrongly does not spoil every valid request.
                let narrow = (2..=1_000).contains(&(self.high.saturating_sub(self.low)));
                least + i128::from(narrow && least == self.low)
            }
            Style::Plain => between_wide(rng, near(1), near(1_000)),
            Style::Varied => match below(rng, 8) {
                0 => self.low,
                1 => self.high,
                2 => near(0),
                3 | 4 => between_wide(rng, near(-100), near(1_000)),
                _ => between_wide(rng, self.low, self.high),
            },
        };
        self.value(n)
    }
}

/// Whether a number keeps to the limits.
pub(super) fn accepts(limits: &Limits, number: &Number) -> bool {
    let value = Decimal::read(number);
    let compare = |bound: &Bound| {
        let scale = value.scale.max(bound.at.scale);
        match (value.at_scale(scale), bound.at.at_scale(scale)) {
            (Some(value), Some(at)) => value.cmp(&at),
            _ => number
                .as_f64()
                .unwrap_or(0.0)
                .total_cmp(&(bound.at.mantissa as f64 / 10_f64.powi(bound.at.scale as i32))),
        }
    };
    limits
        .low
        .iter()
        .all(|b| compare(b).is_gt() || (!b.exclusive && compare(b).is_eq()))
        && limits
            .high
            .iter()
            .all(|b| compare(b).is_lt() || (!b.exclusive && compare(b).is_eq()))
        && limits.multiples.iter().all(|m| {
            let scale = value.scale.max(m.scale);
            match (value.at_scale(scale), m.at_scale(scale)) {
                (Some(value), Some(m)) if m != 0 => value % m == 0,
                _ => true,
            }
        })
}

/// Whether a number is an integer in JSON Schema's sense: 1.0 is one.
pub(super) fn is_integer(number: &Number) -> bool {
    number.is_i64() || number.is_u64() || number.as_f64().is_some_and(|f| f.fract() == 0.0)
}

fn least_common_multiple(a: i128, b: i128) -> Option<i128> {
    let (mut x, mut y) = (a, b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    a.checked_div(x)?.checked_mul(b)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests say what they expect")]
    use super::super::random::rng;
    use super::*;
    use serde_json::json;

    fn decimal(value: &Value) -> Decimal {
        Decimal::read(value.as_number().unwrap())
    }

    #[test]
    fn decimals_survive_the_round_trip() {
        for value in [
            json!(0),
            json!(-7),
            json!(19.99),
            json!(0.000_001),
            json!(1e20),
            json!(u64::MAX),
            json!(-0.5),
        ] {
            let back = decimal(&value).to_value().unwrap();
            assert_eq!(back.as_f64(), value.as_f64(), "{value}");
        }
        assert_eq!(decimal(&json!(1e300)).to_value().unwrap(), json!(1e30));
    }

    #[test]
    fn multiples_hold_to_the_last_digit() {
        let limits = Limits {
            low: vec![Bound {
                at: decimal(&json!(0)),
                exclusive: true,
            }],
            high: vec![Bound {
                at: decimal(&json!(1)),
                exclusive: true,
            }],
            multiples: vec![decimal(&json!(0.25)), decimal(&json!(0.1))],
            register: None,
        };
        let grid = limits.grid(false).unwrap();
        assert_eq!((grid.low, grid.high), (1, 1));
        assert_eq!(grid.value(1).unwrap(), json!(0.5));
        assert!(limits.grid(true).is_err());
    }

    #[test]
    fn every_draw_is_accepted() {
        let limits = Limits {
            low: vec![Bound {
                at: decimal(&json!(-3.5)),
                exclusive: false,
            }],
            high: vec![Bound {
                at: decimal(&json!(1e12)),
                exclusive: true,
            }],
            multiples: vec![decimal(&json!(0.5))],
            register: None,
        };
        let mut rng = rng(1, "numbers");
        for style in [Style::Simple, Style::Plain, Style::Varied] {
            for integer in [true, false] {
                let grid = limits.grid(integer).unwrap();
                for _ in 0..200 {
                    let value = grid.draw(&mut rng, style).unwrap();
                    assert!(accepts(&limits, value.as_number().unwrap()), "{value}");
                    assert!(!integer || is_integer(value.as_number().unwrap()));
                }
            }
        }
    }
}
