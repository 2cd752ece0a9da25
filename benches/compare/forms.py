"""Forms of cells that the checks on whole columns share: patterns, words and limits.

The patterns have neither look-ahead nor references to groups, so that DuckDB and Polars take them too.
"""

import csv
import re
from datetime import date
from pathlib import Path

import standard

# Zero-width characters, and control characters other than tabs and line breaks.
INVISIBLE = "[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"
# The spaces of Unicode that are not among those.
SPACES = " \t\n\r\u00a0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
FULL_WIDTH = "\u3000" + "".join(map(chr, range(0xFF01, 0xFF5F)))
HALF_WIDTH = " " + "".join(map(chr, range(0x21, 0x7F)))
NOTHING = ["无", "/", "\\", "-", "--", "—", "——", "－", "不适用"]
FLAGS = ["是", "Y", "y", "1", "否", "N", "n", "0"]
LONGEST_DOCUMENT = 128
# What is taken for a word in a document number.
WORD = r"[\p{L}\p{N}]"
DESTROYED = r"[0-9][0-9.E+]*E\+[0-9.E+]*"
OTHER_DOCUMENT = "[0-9A-Za-z]{5,30}"

SPREADSHEET_DAY_ZERO = date(1899, 12, 30)
SPREADSHEET_DAYS = range(25569, 73051)
SERIAL = r"[0-9]{5}(?:\.[0-9]+)?"
# From 1900 on.
_YEAR = "(?:19|[2-9][0-9])[0-9]{2}"
PLAIN_DATE = f"{_YEAR}-[0-9]{{2}}-[0-9]{{2}}"
_SPACE = "[ \t\n\r]*"
_DAY = "[0-9]{1,2}"
_TIME = "(?:[0-9][0-9.+Z-]*:[0-9:.+Z-]*)?"
_AFTER_DIGIT = f"(?:[T ]+{_TIME})?"
# 2025-7-1, 2025/7/1, 2025.7.1, 2025年7月1日 and 20250701, with or without a time behind them.
DATE = (
    f"{_YEAR}(?:"
    + "".join(f"{mark}{_DAY}{_SPACE}{mark}{_SPACE}{_DAY}{_AFTER_DIGIT}|" for mark in ["-", "/", r"\."])
    + f"年{_DAY}{_SPACE}月{_SPACE}{_DAY}(?:日[T ]*{_TIME}|{_AFTER_DIGIT})|[0-9]{{4}}{_AFTER_DIGIT})"
)
# Year, month and day of a text that is such a date.
DATE_PARTS = r"^([0-9]{4})[^0-9]?([0-9]{1,2})[^0-9]*([0-9]{1,2}).*$"

# Amounts of at most eleven digits and six decimals can be neither too large nor finer than a fen.
PLAIN_AMOUNT = r"[0-9]{1,11}(?:\.[0-9]{1,6})?"
AMOUNT = r"[¥￥]*(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?(?:万元|万|元)?"
LARGEST_AMOUNT = 10**11

# Organisation codes count letters from A = 10 without gaps.
BASE_36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ORGANISATION_CHECKS = "0X987654321"
CITIZEN_ID = "[0-9]{17}[0-9X]"
CITIZEN_WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
CITIZEN_CHECKS = "10X98765432"
# Natural persons are known by a keyed hash of their identity number, here with a key for measuring only.
PERSON_KEY = b"only for measuring"


def any_of(words: list[str] | tuple[str, ...]) -> str:
    """A pattern that takes one of the words."""
    return "(?:" + "|".join(map(re.escape, words)) + ")"


def several(codes: tuple[str, ...]) -> str:
    """A pattern that takes a cell with any number of the codes."""
    space, code = f"[{SPACES}]*", f"(?:{any_of(codes)})?"
    return f"{space}{code}{space}(?:[{standard.SEPARATORS}]{space}{code}{space})*"


def among(codes: list[str]) -> str:
    """A pattern that finds one of the codes in a cell with several."""
    return f"(?:^|[{standard.SEPARATORS}])[{SPACES}]*{any_of(codes)}[{SPACES}]*(?:[{standard.SEPARATORS}]|$)"


def headers_of(file: Path) -> list[str]:
    """The headers of a CSV file."""
    with file.open(encoding="utf-8-sig", newline="") as text:
        return next(csv.reader(text))


def fields_of(headers: list[str]) -> tuple[dict[str, str], set[str]]:
    """The field of each header, by name or alias, and the fields whose header says that amounts are in 元."""
    names = {name: column.field for column in standard.columns() for name in (column.header, *column.aliases)}
    fields = {header: names[header.strip()] for header in headers if header.strip() in names}
    in_yuan = {field for header, field in fields.items() if re.search(r"[(（]元[)）]$", header.strip())}
    return fields, in_yuan
