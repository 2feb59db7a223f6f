//! Calendar dates as our files write them.

use time::{Date, format_description::BorrowedFormatItem, macros::format_description};

const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");

/// Reads a day of the calendar, `YYYY-MM-DD`.
///
/// # Errors
/// Why it is no such day.
pub fn day(text: &str) -> Result<Date, String> {
    let shaped = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| {
            if at == 4 || at == 7 {
                byte == b'-'
            } else {
                byte.is_ascii_digit()
            }
        });
    if !shaped {
        return Err(format!(
            "`{text}` is not a date, which is written YYYY-MM-DD"
        ));
    }
    Date::parse(text, DAY).map_err(|_| format!("`{text}` is not a day of the calendar"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_of_the_calendar_are_dates() {
        for good in ["2026-11-30", "2028-02-29"] {
            assert!(day(good).is_ok(), "{good}");
        }
        for bad in [
            "2026-02-30",
            "2027-02-29",
            "30/11/2026",
            "2026-1-1",
            "soon",
            "+202-01-01",
            "",
        ] {
            assert!(day(bad).is_err(), "{bad}");
        }
    }
}
