//! Types with JSON of their own: amounts with units, and points in time.

use std::fmt;

use serde_json::Value as Json;

/// An amount: a whole number times a power of 10 or of 1024.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Quantity {
    mantissa: i128,
    power: i32,
    form: Form,
}

/// How an amount was written, which is how it is printed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Form {
    Binary,
    DecimalExponent,
    DecimalUnit,
}

/// Reads an amount; none if it is no amount or beyond what anyone measures.
pub(super) fn quantity(json: Option<&Json>) -> Option<Quantity> {
    let text = match json? {
        Json::Number(number) => number.to_string(),
        Json::String(text) => text.trim().to_owned(),
        _ => return None,
    };
    let is_digit = |character: char| character.is_ascii_digit() || "+-.".contains(character);
    let end = text
        .find(|character| !is_digit(character))
        .unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut mantissa: i128 = format!("{whole}{fraction}").parse().ok()?;
    let mut power = -i32::try_from(fraction.len()).ok()?;
    let mut form = Form::DecimalUnit;
    if let Some(units) = BINARY
        .iter()
        .position(|unit| *unit == suffix && !suffix.is_empty())
    {
        form = Form::Binary;
        let factor = 1024_i128.checked_pow(u32::try_from(units).ok()?)?;
        mantissa = mantissa.checked_mul(factor)?;
        while power < 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            power += 1;
        }
    } else if let Some(unit) = DECIMAL.iter().find(|(unit, _)| *unit == suffix) {
        power += unit.1;
    } else {
        let exponent = suffix.strip_prefix(['e', 'E'])?;
        power += exponent
            .parse::<i32>()
            .ok()
            .filter(|power| power.abs() < 1000)?;
        form = Form::DecimalExponent;
    }
    Some(Quantity {
        mantissa,
        power,
        form,
    })
}

impl Quantity {
    /// The amount in units of 10 to a power, rounded up; at most what fits.
    pub(super) fn scaled(&self, power: i32) -> i64 {
        let shift = self.power - power;
        let factor = 10_i128
            .checked_pow(shift.unsigned_abs())
            .unwrap_or(i128::MAX);
        let value = if shift >= 0 {
            self.mantissa.saturating_mul(factor)
        } else {
            let whole = self.mantissa / factor;
            let is_more = self.mantissa % factor != 0;
            whole + i128::from(is_more) * self.mantissa.signum()
        };
        i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
    }

    /// Whether there is nothing of it.
    pub(super) fn is_zero(&self) -> bool {
        self.mantissa == 0
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = if self.power >= 0 {
            10_i128
                .checked_pow(self.power.unsigned_abs())
                .and_then(|f| f.checked_mul(self.mantissa))
        } else {
            None
        };
        if let (Form::Binary, Some(mut value)) = (self.form, whole)
            && value.abs() >= 1024
        {
            let mut unit = 0;
            while value % 1024 == 0 && unit + 1 < BINARY.len() {
                value /= 1024;
                unit += 1;
            }
            return write!(f, "{value}{}", BINARY.get(unit).unwrap_or(&""));
        }
        if self.mantissa == 0 {
            return f.write_str("0");
        }
        let (mut mantissa, mut power) = (self.mantissa, self.power);
        while mantissa % 10 == 0 {
            mantissa /= 10;
            power += 1;
        }
        while power.rem_euclid(3) != 0 {
            mantissa = mantissa.saturating_mul(10);
            power -= 1;
        }
        let unit = DECIMAL.iter().find(|(_, unit)| *unit == power);
        match (self.form, unit) {
            (Form::DecimalUnit | Form::Binary, Some((unit, _))) => write!(f, "{mantissa}{unit}"),
            _ if power == 0 => write!(f, "{mantissa}"),
            _ => write!(f, "{mantissa}e{power}"),
        }
    }
}

/// A point in time, shown in UTC.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Time {
    /// Seconds since 1970.
    pub(super) seconds: i64,
    nanoseconds: u32,
}

/// Reads a time as RFC 3339 writes it; what is none is Go's zero time.
pub(super) fn time(json: Option<&Json>) -> Time {
    let zero = Time {
        seconds: -62_135_596_800,
        nanoseconds: 0,
    };
    json.and_then(Json::as_str)
        .and_then(parse_time)
        .unwrap_or(zero)
}

fn parse_time(text: &str) -> Option<Time> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let rest = text.get(19..)?;
    let zone_at = rest.find(['Z', 'z', '+', '-'])?;
    let (fraction, zone) = rest.split_at(zone_at);
    let fraction = fraction.trim_start_matches('.');
    let nanoseconds = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
    let offset = match zone.as_bytes().first()? {
        b'Z' | b'z' => 0,
        sign => {
            let hours: i64 = zone.get(1..3)?.parse().ok()?;
            let minutes: i64 = zone.get(4..6)?.parse().ok()?;
            (hours * 3600 + minutes * 60) * if *sign == b'-' { -1 } else { 1 }
        }
    };
    let days = days_from_civil(year, month, day);
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset;
    Some(Time {
        seconds,
        nanoseconds,
    })
}

impl Time {
    /// Year, month and day.
    pub(super) fn date(&self) -> (i64, i64, i64) {
        civil_from_days(self.seconds.div_euclid(86_400))
    }

    /// Hour, minute and second.
    pub(super) fn clock(&self) -> (i64, i64, i64) {
        let second = self.seconds.rem_euclid(86_400);
        (second / 3600, second / 60 % 60, second % 60)
    }

    /// Writes it as Go's layouts say.
    pub(super) fn layout(&self, layout: &str) -> String {
        let mut out = String::new();
        let mut rest = layout;
        while let Some(first) = rest.chars().next() {
            let chunk = CHUNKS.iter().find(|chunk| rest.starts_with(**chunk));
            match chunk {
                Some(chunk) => {
                    out.push_str(&self.chunk(chunk));
                    rest = rest.get(chunk.len()..).unwrap_or_default();
                }
                None => {
                    out.push(first);
                    rest = rest.get(first.len_utf8()..).unwrap_or_default();
                }
            }
        }
        out
    }

    fn chunk(&self, chunk: &str) -> String {
        let (year, month, day) = self.date();
        let (hour, minute, second) = self.clock();
        let twelve = if hour % 12 == 0 { 12 } else { hour % 12 };
        let name = |names: &[&str], index: i64| {
            let index = usize::try_from(index).unwrap_or_default();
            (*names.get(index).unwrap_or(&"")).to_owned()
        };
        let weekday = (self.seconds.div_euclid(86_400) + 4).rem_euclid(7);
        match chunk {
            "2006" => format!("{year:04}"),
            "06" => format!("{:02}", year.rem_euclid(100)),
            "January" => name(&MONTHS, month - 1),
            "Jan" => name(&MONTHS, month - 1).chars().take(3).collect(),
            "01" => format!("{month:02}"),
            "1" => month.to_string(),
            "Monday" => name(&WEEKDAYS, weekday),
            "Mon" => name(&WEEKDAYS, weekday).chars().take(3).collect(),
            "002" => {
                format!(
                    "{:03}",
                    days_from_civil(year, month, day) - days_from_civil(year, 1, 0)
                )
            }
            "02" => format!("{day:02}"),
            "_2" => format!("{day:2}"),
            "2" => day.to_string(),
            "15" => format!("{hour:02}"),
            "03" => format!("{twelve:02}"),
            "3" => twelve.to_string(),
            "04" => format!("{minute:02}"),
            "4" => minute.to_string(),
            "05" => format!("{second:02}"),
            "5" => second.to_string(),
            "PM" => if hour < 12 { "AM" } else { "PM" }.to_owned(),
            "pm" => if hour < 12 { "am" } else { "pm" }.to_owned(),
            "MST" => "UTC".to_owned(),
            "Z07:00" | "Z0700" => "Z".to_owned(),
            "-07:00" => "+00:00".to_owned(),
            "-0700" => "+0000".to_owned(),
            "-07" => "+00".to_owned(),
            _ => String::new(),
        }
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.layout("2006-01-02 15:04:05"))?;
        if self.nanoseconds > 0 {
            let digits = format!("{:09}", self.nanoseconds);
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        f.write_str(" +0000 UTC")
    }
}

/// Days since 1970 of a date in the Gregorian calendar.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

/// Powers of 1024.
const BINARY: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

const DECIMAL: [(&str, i32); 10] = [
    ("n", -9),
    ("u", -6),
    ("m", -3),
    ("", 0),
    ("k", 3),
    ("M", 6),
    ("G", 9),
    ("T", 12),
    ("P", 15),
    ("E", 18),
];

/// What a layout of Go is made of, longest first.
const CHUNKS: [&str; 26] = [
    "January", "Monday", "Z07:00", "-07:00", "2006", "Z0700", "-0700", "Jan", "Mon", "MST", "002",
    "-07", "01", "02", "03", "04", "05", "06", "15", "_2", "PM", "pm", "1", "2", "3", "4",
];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const WEEKDAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];
