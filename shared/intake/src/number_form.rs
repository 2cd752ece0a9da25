//! What a number format says about the numbers that it shows: that they are dates, in which unit an amount stands, with
//! how many digits a number is written.

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum NumberForm {
    /// Nothing that changes the meaning.
    #[default]
    Plain,
    /// A date, with or without a time.
    Date,
    /// A time of day or a duration, without a date.
    Time,
    /// The number is an amount in 元: the format shows 元, or shows 万元 with the point moved by four places.
    Yuan,
    /// The number is an amount in 万元.
    TenThousandYuan,
    /// A sign ¥ in front and no unit: 元 as a rule, but not plainly so.
    Currency,
    /// What is shown is another than the number: a percentage, another currency, a unit that amounts are not reported in
    /// (千元, 亿元), the point moved, or words around it.
    OtherUnit,
    /// Written with at least so many digits, zeros in front.
    Padded(u8),
}

impl NumberForm {
    /// The form of a built-in format (ECMA-376 part 1, 18.8.30, with those of East Asian versions: 27 to 36, 50 to 58).
    pub(crate) const fn of_builtin(id: u32) -> Self {
        match id {
            9 | 10 => Self::OtherUnit,
            5..=8 | 41..=44 => Self::Currency,
            14..=17 | 22 | 27..=31 | 34..=36 | 50..=58 => Self::Date,
            18..=21 | 32 | 33 | 45..=47 => Self::Time,
            _ => Self::Plain,
        }
    }

    /// The form of a format code such as `yyyy"年"m"月"d"日"` or `0.00"元"`.
    pub(crate) fn of_code(code: &str) -> Self {
        let Section { literal, symbols, moved } = Section::first(code);
        let has = |wanted: &[char]| symbols.contains(wanted);
        let digits = has(&['0', '#', '?']);
        if symbols.eq_ignore_ascii_case("general") || symbols.contains('@') {
            return Self::of_unit(&literal, moved);
        }
        if !digits && has(&['y', 'd', 'e', 'g', 'b', 'a']) {
            return Self::Date;
        }
        if !digits && has(&['h', 's']) {
            return Self::Time;
        }
        if !digits && has(&['m']) {
            return Self::Date;
        }
        // Seconds with a fraction: ss.000.
        if has(&['h', 's', 'y', 'd']) {
            return if has(&['y', 'd']) { Self::Date } else { Self::Time };
        }
        if symbols.contains('%') {
            return Self::OtherUnit;
        }
        let unit = Self::of_unit(&literal, moved);
        let zeros = symbols.len();
        if unit == Self::Plain && zeros > 1 && symbols.bytes().all(|byte| byte == b'0') {
            return Self::Padded(u8::try_from(zeros).unwrap_or(u8::MAX));
        }
        unit
    }

    fn of_unit(literal: &str, moved: bool) -> Self {
        let words: String = literal.chars().filter(|c| c.is_alphanumeric() || "¥￥$€£".contains(*c)).collect();
        match words.trim_end_matches('整') {
            "" if moved => Self::OtherUnit,
            "" => Self::Plain,
            "元" | "人民币元" | "¥元" | "￥元" => {
                if moved {
                    Self::OtherUnit
                } else {
                    Self::Yuan
                }
            }
            "万" | "万元" | "人民币万元" | "¥万元" | "￥万元" | "¥万" | "￥万" => {
                if moved {
                    Self::Yuan
                } else {
                    Self::TenThousandYuan
                }
            }
            "¥" | "￥" | "CNY" | "RMB" | "人民币" if !moved => Self::Currency,
            _ => Self::OtherUnit,
        }
    }
}

/// The first section of a format code, taken apart.
struct Section {
    /// What is shown as it stands, currency signs in brackets included.
    literal: String,
    /// What stands for digits and parts of dates, in lower case.
    symbols: String,
    /// Whether a literal point stands between digits, or thousands are cut off behind them: the number that is shown is not
    /// the number that the cell holds.
    moved: bool,
}

impl Section {
    fn first(code: &str) -> Self {
        let mut section = Self { literal: String::new(), symbols: String::new(), moved: false };
        let mut rest = code.chars().peekable();
        while let Some(symbol) = rest.next() {
            match symbol {
                ';' => break,
                '"' => {
                    let quoted: String = rest.by_ref().take_while(|&c| c != '"').collect();
                    section.moved |= quoted.contains(['.', ',']) && !section.symbols.is_empty();
                    section.literal.push_str(&quoted);
                }
                '\\' | '!' => section.escaped(rest.next()),
                '_' | '*' => _ = rest.next(),
                '[' => section.bracket(&rest.by_ref().take_while(|&c| c != ']').collect::<String>()),
                ',' => section.moved |= !matches!(rest.peek(), Some('0' | '#' | '?')),
                '0'..='9' | '#' | '?' | '%' | '@' | '.' => section.symbols.push(symbol),
                c if c.is_ascii_alphabetic() => section.symbols.push(c.to_ascii_lowercase()),
                '$' | '¥' | '￥' | '€' | '£' => section.literal.push(symbol),
                c if !c.is_ascii() => section.literal.push(c),
                _ => {}
            }
        }
        section
    }

    fn escaped(&mut self, symbol: Option<char>) {
        match symbol {
            Some('.' | ',') if !self.symbols.is_empty() => self.moved = true,
            Some(c) => self.literal.push(c),
            None => {}
        }
    }

    /// `[$¥-804]` is a currency, `[h]` a duration; colours, conditions and locales say nothing.
    fn bracket(&mut self, inside: &str) {
        if let Some(currency) = inside.strip_prefix('$') {
            self.literal.push_str(currency.split('-').next().unwrap_or_default());
        } else if !inside.is_empty() && inside.chars().all(|c| matches!(c, 'h' | 'H' | 'm' | 'M' | 's' | 'S')) {
            self.symbols.push('h');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_say_what_numbers_are() {
        for (code, form) in [
            ("General", NumberForm::Plain),
            ("0.00", NumberForm::Plain),
            ("#,##0.00_);[Red](#,##0.00)", NumberForm::Plain),
            ("@", NumberForm::Plain),
            ("yyyy\"年\"m\"月\"d\"日\"", NumberForm::Date),
            ("[DBNum1][$-804]yyyy\"年\"m\"月\"d\"日\";@", NumberForm::Date),
            ("yyyy/m/d h:mm;@", NumberForm::Date),
            ("e-mm-dd", NumberForm::Date),
            ("aaaa", NumberForm::Date),
            ("[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy", NumberForm::Date),
            ("m\"月\"d\"日\"", NumberForm::Date),
            ("h:mm:ss", NumberForm::Time),
            ("[h]:mm", NumberForm::Time),
            ("mm:ss.0", NumberForm::Time),
            ("0.00\"元\"", NumberForm::Yuan),
            ("#,##0.00元", NumberForm::Yuan),
            ("0.0000\"万元\"", NumberForm::TenThousandYuan),
            ("0!.0000\"万元\"", NumberForm::Yuan),
            ("0!.0,\"万元\"", NumberForm::Yuan),
            ("0\\.0,\"万\"", NumberForm::Yuan),
            ("\"¥\"#,##0.00", NumberForm::Currency),
            ("[$¥-804]#,##0.00", NumberForm::Currency),
            ("[$$-409]#,##0.00", NumberForm::OtherUnit),
            ("0.00%", NumberForm::OtherUnit),
            ("0.0,\"千元\"", NumberForm::OtherUnit),
            ("0!.0000", NumberForm::OtherUnit),
            ("0\\.0,", NumberForm::OtherUnit),
            ("0\".\"0000", NumberForm::OtherUnit),
            ("#,##0.00\"圆\"", NumberForm::OtherUnit),
            ("0\"分\"", NumberForm::OtherUnit),
            ("\"人民币\"#,##0.00", NumberForm::Currency),
            ("\"晋虚罚〔2025〕\"0\"号\"", NumberForm::OtherUnit),
            ("@\"元\"", NumberForm::Yuan),
            ("000000", NumberForm::Padded(6)),
            ("0", NumberForm::Plain),
        ] {
            assert_eq!(NumberForm::of_code(code), form, "{code}");
        }
        assert_eq!(NumberForm::of_builtin(58), NumberForm::Date);
        assert_eq!(NumberForm::of_builtin(2), NumberForm::Plain);
    }
}
