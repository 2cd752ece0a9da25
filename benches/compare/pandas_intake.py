"""Checks a CSV file of administrative penalties with pandas, as the intake does, and counts valid and faulty rows.

    python pandas_intake.py FILE [--faults FILE] [--chunks FILE]

Whole columns are checked at once. Only cells in another form than the standard's (a date such as 2025年7月1日, an
amount such as 12,500元, a code in full-width letters) are looked at one by one. Prints one line of JSON:
`{"rows":…,"accepted":…,"rejected":…,"seconds":…}`.
"""

import hashlib
import hmac
import re
import time
import unicodedata
from contextlib import ExitStack
from datetime import date, timedelta
from decimal import Decimal
from typing import TextIO

import numpy as np
import pandas as pd

import command_line
import forms
import standard

CHUNK_ROWS = 50_000
COLUMNS = standard.columns()
HEADERS = {column.field: column.header for column in COLUMNS}

LARGEST_AMOUNT = Decimal(forms.LARGEST_AMOUNT)
EARLIEST = pd.Timestamp("1900-01-01")

DATE = re.compile(
    r"(\d{4})(?:(?P<separator>[-/.])(\d{1,2})\s*(?P=separator)\s*(\d{1,2})(?!\d)"
    r"|年(\d{1,2})\s*月\s*(\d{1,2})(?!\d)日?|(\d\d)(\d\d)(?!\d))"
    r"[T ]*(?:\d[\d.+Z-]*:[\d:.+Z-]*)?",
    re.ASCII,
)
SERIAL = re.compile(r"(\d{5})(?:\.\d+)?", re.ASCII)
AMOUNT = re.compile(r"[¥￥]*(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(万元|万|元)?", re.ASCII)

LETTER_VALUES = np.full(256, -1, dtype=np.int32)
LETTER_VALUES[np.frombuffer(standard.USCC_ALPHABET.encode(), dtype=np.uint8)] = np.arange(31)
BASE_36_VALUES = np.zeros(256, dtype=np.int32)
BASE_36_VALUES[np.frombuffer(forms.BASE_36.encode(), dtype=np.uint8)] = np.arange(36)
ORGANISATION_CHECKS = np.frombuffer(forms.ORGANISATION_CHECKS.encode(), dtype=np.uint8)


class Faults:
    """The faults found in one chunk: rows, column and code."""

    def __init__(self, index: pd.Index):
        self.faulty = pd.Series(False, index=index)
        self._parts: list[pd.DataFrame] = []

    def add(self, where: pd.Series, field: str, code: str) -> None:
        """Notes a fault of `field` in every row where `where` is true."""
        if where.any():
            self.faulty |= where
            # The header is row 1.
            rows = where.index[where] + 2
            self._parts.append(pd.DataFrame({"row": rows, "column": HEADERS[field], "code": code}))

    def write(self, file: TextIO) -> None:
        """Appends all faults, by row, to a CSV file."""
        if self._parts:
            pd.concat(self._parts).sort_values("row", kind="stable").to_csv(file, index=False, header=False)


def half_width(text: str) -> str:
    """Full-width forms of ASCII as ASCII."""
    return "".join(unicodedata.normalize("NFKC", c) if c == "\u3000" or "\uff01" <= c <= "\uff5e" else c for c in text)


def clean_code(text: str) -> str:
    """A code in half-width capitals without spaces."""
    return re.sub(r"\s", "", half_width(text)).upper()


def uscc_valid(codes: pd.Series) -> pd.Series:
    """Whether each text is a unified social credit code whose two check characters are right."""
    valid = codes.str.fullmatch(f"[{standard.USCC_ALPHABET}]{{18}}").astype(bool)
    letters = codes[valid].to_numpy(dtype="S18").view(np.uint8).reshape(-1, 18)
    organisation = BASE_36_VALUES[letters[:, 8:16]] @ np.array(standard.ORGANISATION_WEIGHTS)
    values = LETTER_VALUES[letters]
    check = -(values[:, :17] @ np.array(standard.USCC_WEIGHTS)) % 31
    valid[valid] = (ORGANISATION_CHECKS[organisation % 11] == letters[:, 16]) & (check == values[:, 17])
    return valid


def read_date(text: str) -> pd.Timestamp:
    """A date in any of the forms that units write, the year in front; NaT when there is none."""
    text = half_width(text).strip()
    try:
        if match := DATE.fullmatch(text):
            year, month, day = [int(part) for part in match.groups() if part and part.isdigit()]
            day = pd.Timestamp(date(year, month, day))
            return day if day >= EARLIEST else pd.NaT
        if (match := SERIAL.fullmatch(text)) and int(match[1]) in forms.SPREADSHEET_DAYS:
            return pd.Timestamp(forms.SPREADSHEET_DAY_ZERO + timedelta(days=int(match[1])))
    except ValueError:
        pass
    return pd.NaT


def read_amount(text: str, in_yuan: bool) -> str:
    """An amount in 万元 as plain digits; empty when there is none, or it is finer than a fen or too large."""
    match = AMOUNT.fullmatch(re.sub(r"\s", "", half_width(text)))
    if not match:
        return ""
    amount = Decimal(match[1].replace(",", "") + (match[2] or ""))
    if match[3] == "元" or (not match[3] and in_yuan):
        amount = amount.scaleb(-4)
    if amount != round(amount, 6) or amount > LARGEST_AMOUNT:
        return ""
    return f"{amount.normalize():f}"


def contains_any(lists: pd.Series, wanted: set[str]) -> pd.Series:
    """Whether each list, where there is one, has one of the wanted codes."""
    return lists.map(lambda codes: bool(codes) and not wanted.isdisjoint(codes))


def citizen_id_valid(number: str) -> bool:
    """Whether the text is a resident identity number (GB 11643) with a birth date and the right check character."""
    if not re.fullmatch(forms.CITIZEN_ID, number):
        return False
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    return forms.CITIZEN_CHECKS[sum(int(c) * w for c, w in zip(number, forms.CITIZEN_WEIGHTS)) % 11] == number[17]


class PenaltyChecker:
    """The checks of the table of penalties, chunk after chunk."""

    def __init__(self, amounts_in_yuan: set[str]):
        self.today = pd.Timestamp(standard.today())
        self.amounts_in_yuan = amounts_in_yuan
        self.covered = standard.covered_domains()
        self.domains = standard.known_domains()
        self.codes = {column.field: column.codes for column in COLUMNS}

    def check(self, chunk: pd.DataFrame) -> tuple[pd.DataFrame, Faults]:
        """Returns the valid rows in canonical form, and the faults of the others."""
        faults = Faults(chunk.index)
        chunk = pd.DataFrame({column.field: self.clean(chunk[column.field], column) for column in COLUMNS})
        blank = {field: chunk[field] == "" for field in chunk}
        categories = chunk["categories"]
        dates = {}
        for column in COLUMNS:
            field = column.field
            cells, filled = chunk[field], ~blank[field]
            if not filled.any():
                continue
            match column.type:
                case "text":
                    faults.add(cells.str.len() > column.longest, field, "value-too-long")
                case "uscc":
                    chunk[field] = self.check_uscc(cells, filled, field, faults)
                case "date":
                    dates[field] = self.check_date(cells, filled, field, faults)
                case "amount":
                    chunk[field] = self.check_amount(cells, filled, field, faults)
                case "code":
                    faults.add(filled & ~cells.isin(column.codes), field, "code-unknown")
                case "codes":
                    chunk[field] = self.check_codes(cells, column.codes, field, faults)
                case "flag":
                    faults.add(filled & ~cells.isin(forms.FLAGS), field, "flag-unknown")
                case "domain":
                    chunk[field] = self.check_domain(cells, filled, field, faults)
                case "document":
                    self.check_document(cells, filled, field, faults)
        self.require(chunk, blank, faults)
        self.check_identity(chunk, blank, faults)
        self.check_dates(dates, categories, ~blank["valid_until"], faults)
        for field, days in dates.items():
            chunk[field] = days.dt.strftime("%Y-%m-%d").fillna("")
        return chunk[~faults.faulty], faults

    def clean(self, cells: pd.Series, column: standard.Column) -> pd.Series:
        """Without spaces at the ends and invisible characters; blank where the cell says that it does not apply."""
        if cells.str.contains(forms.INVISIBLE).any():
            cells = cells.str.replace(forms.INVISIBLE, "", regex=True)
        cells = cells.str.strip()
        if column.required != "always" and column.type != "text":
            cells = cells.mask(cells.isin(forms.NOTHING), "")
        return cells

    def check_uscc(self, cells: pd.Series, filled: pd.Series, field: str, faults: Faults) -> pd.Series:
        """Unified social credit codes; spaces, full-width and lower-case letters are put right first."""
        valid = uscc_valid(cells)
        odd = filled & ~valid
        if odd.any():
            cells = cells.copy()
            cells[odd] = cells[odd].map(clean_code)
            valid[odd] = uscc_valid(cells[odd])
            odd = filled & ~valid
            destroyed = odd & cells.str.fullmatch(forms.DESTROYED)
            faults.add(destroyed, field, "digits-destroyed")
            faults.add(odd & ~destroyed, field, "uscc-invalid")
        return cells

    def check_date(self, cells: pd.Series, filled: pd.Series, field: str, faults: Faults) -> pd.Series:
        """Dates: 2025-07-01 for whole columns, the other forms cell by cell."""
        days = pd.to_datetime(cells, format="%Y-%m-%d", errors="coerce")
        days = days.mask(days < EARLIEST)
        odd = filled & days.isna()
        if odd.any():
            days[odd] = cells[odd].map(read_date)
        faults.add(filled & days.isna(), field, "date-unreadable")
        return days

    def check_amount(self, cells: pd.Series, filled: pd.Series, field: str, faults: Faults) -> pd.Series:
        """Amounts: plain digits for whole columns, units and thousands cell by cell."""
        in_yuan = field in self.amounts_in_yuan
        odd = filled if in_yuan else filled & ~cells.str.fullmatch(forms.PLAIN_AMOUNT)
        if odd.any():
            cells = cells.copy()
            cells[odd] = cells[odd].map(lambda text: read_amount(text, in_yuan))
            faults.add(odd & (cells == ""), field, "amount-invalid")
        return cells

    def check_codes(self, cells: pd.Series, codes: tuple[str, ...], field: str, faults: Faults) -> pd.Series:
        """Several codes in a cell, None where one is unknown. There are few different cells: each is split once."""
        lists = {}
        for cell in cells.unique():
            parts = [part.strip() for part in re.split(f"[{standard.SEPARATORS}]", cell)]
            parts = [part for part in parts if part]
            lists[cell] = parts if set(parts) <= set(codes) else None
        found = cells.astype(object).map(lists)
        faults.add(found.isna(), field, "code-unknown")
        return found

    def check_domain(self, cells: pd.Series, filled: pd.Series, field: str, faults: Faults) -> pd.Series:
        """Domains of annex 1 that the unit covers."""
        names = cells.map(self.domains)
        faults.add(filled & names.isna(), field, "domain-unknown")
        faults.add(names.notna() & ~names.isin(self.covered), field, "domain-not-covered")
        return names

    def check_document(self, cells: pd.Series, filled: pd.Series, field: str, faults: Faults) -> None:
        """Document numbers: not too long, no line breaks, at least one letter or digit."""
        wordless = filled & ~cells.str.contains("[0-9A-Za-z]")
        if wordless.any():
            wordless[wordless] = [not any(map(str.isalnum, text)) for text in cells[wordless]]
        wrong = wordless | (cells.str.len() > forms.LONGEST_DOCUMENT) | cells.str.contains("[\t\r\n]")
        faults.add(wrong, field, "document-invalid")

    def require(self, chunk: pd.DataFrame, blank: dict[str, pd.Series], faults: Faults) -> None:
        """Mandatory and conditional columns."""
        for column in COLUMNS:
            empty = blank[column.field]
            if column.required == "optional" or not empty.any():
                continue
            if isinstance(column.required, dict):
                ((condition, (other, values)),) = column.required.items()
                match condition:
                    case "if-is":
                        empty &= chunk[other].isin(values)
                    case "unless-is":
                        empty &= chunk[other].isin(set(self.codes[other]) - set(values))
                    case "if-has":
                        empty &= contains_any(chunk[other], set(values))
            faults.add(empty, column.field, "value-missing")

    def check_identity(self, chunk: pd.DataFrame, blank: dict[str, pd.Series], faults: Faults) -> None:
        """Identity numbers of natural persons; they are hashed, and nobody else's is kept."""
        people = (chunk["subject_type"] == standard.NATURAL_PERSON) & chunk["id_type"].isin(self.codes["id_type"])
        people &= ~blank["id_number"]
        numbers = chunk.loc[people, "id_number"].map(clean_code)
        chunk["id_number"] = ""
        if numbers.empty:
            return
        cards = chunk.loc[people, "id_type"] == "身份证"
        destroyed = numbers.str.fullmatch(forms.DESTROYED).reindex(chunk.index, fill_value=False)
        valid = numbers.map(citizen_id_valid).where(cards, numbers.str.fullmatch(forms.OTHER_DOCUMENT))
        wrong = ~valid.astype(bool).reindex(chunk.index, fill_value=True)
        faults.add(destroyed, "id_number", "digits-destroyed")
        faults.add(wrong & ~destroyed, "id_number", "id-number-invalid")
        chunk.loc[people, "id_number"] = numbers.map(
            lambda number: hmac.new(forms.PERSON_KEY, number.encode(), hashlib.sha256).hexdigest()
        )

    def check_dates(
        self, dates: dict[str, pd.Series], categories: pd.Series, ends: pd.Series, faults: Faults
    ) -> None:
        """The decision is in scope and not in the future; the other dates are not before it."""
        if "decided" not in dates:
            return
        decided = dates["decided"]
        faults.add(decided > self.today, "decided", "date-in-future")
        before = decided < pd.Timestamp(standard.SCOPE_START)
        if before.any():
            # A row whose end cannot be read is faulty for that alone.
            codes = next(column.codes for column in COLUMNS if column.field == "categories")
            read = (categories == "") | categories.str.fullmatch(forms.several(codes))
            lasts = categories.str.contains(forms.among(standard.LASTING))
            if "valid_until" in dates:
                read &= ~ends | dates["valid_until"].notna()
                lasts &= dates["valid_until"] >= pd.Timestamp(standard.SCOPE_START)
            else:
                lasts &= False
            faults.add(before & read & ~lasts, "decided", "date-before-scope")
        for field in dates.keys() - {"decided"}:
            faults.add(dates[field] < decided, field, "date-order")


def main() -> None:
    """Checks the file that the command line names."""
    arguments = command_line.read(__doc__)
    started = time.perf_counter()
    fields, in_yuan = forms.fields_of(forms.headers_of(arguments.file))
    checker = PenaltyChecker(in_yuan)
    rows = accepted = 0
    with ExitStack() as files:
        faults_file = arguments.faults and files.enter_context(arguments.faults.open("w", encoding="utf-8", newline=""))
        chunks_file = arguments.chunks and files.enter_context(arguments.chunks.open("w", encoding="utf-8"))
        if faults_file:
            faults_file.write("row,column,code\n")
        chunks = pd.read_csv(
            arguments.file,
            dtype=str,
            keep_default_na=False,
            encoding="utf-8-sig",
            usecols=list(fields),
            chunksize=CHUNK_ROWS,
        )
        for chunk in chunks:
            chunk = chunk.rename(columns=fields).reindex(columns=list(HEADERS), fill_value="")
            valid, faults = checker.check(chunk)
            rows += len(chunk)
            accepted += len(valid)
            if faults_file:
                faults.write(faults_file)
            if chunks_file:
                valid.to_json(chunks_file, orient="records", lines=True, force_ascii=False)
    command_line.tell(rows, rows - accepted, started)


if __name__ == "__main__":
    main()
