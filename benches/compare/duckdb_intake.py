"""Checks a CSV file of administrative penalties with DuckDB, as the intake does, and counts valid and faulty rows.

    python duckdb_intake.py FILE [--faults FILE] [--chunks FILE]

All checks are SQL, on one thread. Each row passes three steps: cells are cleaned, cells are read as what their columns
hold, and the faults are looked for. Prints one line of JSON: `{"rows":…,"accepted":…,"rejected":…,"seconds":…}`.
"""

import csv
import hashlib
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

import command_line
import forms
import standard

COLUMNS = standard.columns()
HEADERS = {column.field: column.header for column in COLUMNS}
CODES = {column.field: column.codes for column in COLUMNS}
WRITTEN_ROWS = 10_000


def quoted(text: str) -> str:
    """A text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def among(cell: str, texts: Iterable[str]) -> str:
    """The condition that a cell is one of the texts."""
    return f"{cell} IN ({', '.join(map(quoted, sorted(texts)))})"


def blob(content: bytes) -> str:
    """Bytes as a literal of SQL."""
    return f"unhex('{content.hex()}')"


def hmac_pad(byte: int) -> bytes:
    """The key of HMAC-SHA256, filled up to a block and combined with a byte."""
    return bytes(key ^ byte for key in forms.PERSON_KEY.ljust(hashlib.sha256().block_size, b"\0"))


MACROS = f"""
CREATE TEMP MACRO half_width(cell) AS translate(cell, {quoted(forms.FULL_WIDTH)}, {quoted(forms.HALF_WIDTH)});
CREATE TEMP MACRO without_spaces(cell) AS regexp_replace(half_width(cell), '[{forms.SPACES}]', '', 'g');

-- Without spaces at the ends and invisible characters.
CREATE TEMP MACRO clean(cell) AS CASE
    WHEN regexp_matches(cell, '^[{forms.SPACES}]|[{forms.SPACES}]$|{forms.INVISIBLE}')
    THEN trim(regexp_replace(cell, '{forms.INVISIBLE}', '', 'g'), '{forms.SPACES}')
    ELSE cell
END;

-- A code in half-width capitals without spaces.
CREATE TEMP MACRO clean_code(cell) AS CASE
    WHEN regexp_full_match(cell, '[0-9A-Z]*') THEN cell
    ELSE upper(without_spaces(cell))
END;

-- The places of a code's letters in an alphabet, each times its weight, added up.
CREATE TEMP MACRO weighted(code, alphabet, weights) AS
    list_dot_product([strpos(alphabet, letter) - 1 for letter in string_split(code, '')]::FLOAT[], weights::FLOAT[])
    ::INTEGER;

-- Whether a text is a unified social credit code whose two check characters are right.
CREATE TEMP MACRO uscc_valid(code) AS CASE
    WHEN regexp_full_match(code, '[{standard.USCC_ALPHABET}]{{18}}')
    THEN weighted(code, '{standard.USCC_ALPHABET}', {standard.USCC_WEIGHTS + [1]}) % 31 = 0
        AND code[17] = '{forms.ORGANISATION_CHECKS}'
            [weighted(code[9:16], '{forms.BASE_36}', {standard.ORGANISATION_WEIGHTS}) % 11 + 1]
    ELSE false
END;

-- Whether a text is a resident identity number (GB 11643) with a birth date and the right check character.
CREATE TEMP MACRO citizen_id_valid(number) AS CASE
    WHEN regexp_full_match(number, '{forms.CITIZEN_ID}') AND number[7:10] > '0000'
    THEN TRY_CAST(number[7:10] || '-' || number[11:12] || '-' || number[13:14] AS DATE) IS NOT NULL
        AND number[18] = '{forms.CITIZEN_CHECKS}'
            [weighted(number[1:17], '0123456789', {forms.CITIZEN_WEIGHTS}) % 11 + 1]
    ELSE false
END;

-- A date in any of the forms that units write, the year in front; NULL when there is none.
CREATE TEMP MACRO other_date(text) AS CASE
    WHEN regexp_full_match(text, '{forms.DATE}')
    THEN TRY_CAST(regexp_replace(text, '{forms.DATE_PARTS}', '\\1-\\2-\\3') AS DATE)
    WHEN regexp_full_match(text, '{forms.SERIAL}')
        AND text[1:5]::INTEGER BETWEEN {forms.SPREADSHEET_DAYS[0]} AND {forms.SPREADSHEET_DAYS[-1]}
    THEN DATE '{forms.SPREADSHEET_DAY_ZERO}' + text[1:5]::INTEGER
END;
CREATE TEMP MACRO read_date(cell) AS CASE
    WHEN cell = '' THEN NULL
    WHEN regexp_full_match(cell, '{forms.PLAIN_DATE}') THEN TRY_CAST(cell AS DATE)
    ELSE other_date(half_width(cell))
END;

-- An amount in 万元 as plain digits; empty when there is none, or it is finer than a fen or too large.
CREATE TEMP MACRO in_ten_thousands(digits) AS
    regexp_replace('0000' || digits, '^([0-9]+)([0-9]{{4}})[.]?([0-9]*)$', '\\1.\\2\\3');
CREATE TEMP MACRO without_zeros(digits) AS
    regexp_replace(regexp_replace(digits, '^0+([0-9])', '\\1'), '[.]0*$|([.][0-9]*[1-9])0+$', '\\1');
CREATE TEMP MACRO digits_of(text, yuan) AS CASE
    WHEN regexp_matches(text, yuan) THEN in_ten_thousands(regexp_replace(text, '[^0-9.]', '', 'g'))
    ELSE regexp_replace(text, '[^0-9.]', '', 'g')
END;
CREATE TEMP MACRO other_amount(text, yuan) AS CASE
    WHEN regexp_full_match(text, '{forms.AMOUNT}')
    THEN regexp_extract(without_zeros(digits_of(text, yuan)), '^(?:{forms.PLAIN_AMOUNT}|{forms.LARGEST_AMOUNT})$')
    ELSE ''
END;

-- HMAC-SHA256 with the key for natural persons.
CREATE TEMP MACRO person_hash(number) AS
    sha256({blob(hmac_pad(0x5C))} || unhex(sha256({blob(hmac_pad(0x36))} || encode(number))));
"""


@dataclass(frozen=True)
class Fault:
    """A fault of a column, and the condition of SQL under which a row has it."""

    field: str
    code: str
    condition: str


def cleaned(column: standard.Column) -> str:
    """A cell without what nobody sees; blank where it says that it does not apply."""
    cell = f"clean({column.field})"
    if column.required != "always" and column.type != "text":
        return f"CASE WHEN {among(cell, forms.NOTHING)} THEN '' ELSE {cell} END"
    return cell


def readings(column: standard.Column, in_yuan: set[str], domains: dict[str, str]) -> list[str]:
    """What is read out of a cell, as columns of SQL."""
    field, reading = column.field, f"{column.field}_value"
    match column.type:
        case "uscc":
            return [f"clean_code({field}) AS {reading}", f"uscc_valid(clean_code({field})) AS {field}_valid"]
        case "date":
            return [f"read_date({field}) AS {reading}"]
        case "amount" if field in in_yuan:
            other = f"other_amount(without_spaces({field}), '[0-9]元?$')"
            return [f"CASE WHEN {field} = '' THEN '' ELSE {other} END AS {reading}"]
        case "amount":
            plain = f"{field} = '' OR regexp_full_match({field}, '{forms.PLAIN_AMOUNT}')"
            other = f"other_amount(without_spaces({field}), '[0-9]元$')"
            return [f"CASE WHEN {plain} THEN {field} ELSE {other} END AS {reading}"]
        case "domain":
            others = ((wording, name) for wording, name in domains.items() if wording != name)
            names = " ".join(f"WHEN {quoted(wording)} THEN {quoted(name)}" for wording, name in others)
            return [f"CASE {field} {names} ELSE {field} END AS {reading}"]
        case "id-number":
            person = f"subject_type = '{standard.NATURAL_PERSON}' AND {among('id_type', CODES['id_type'])}"
            return [f"CASE WHEN {person} THEN clean_code({field}) ELSE '' END AS {reading}"]
        case _:
            return []


def cell_faults(column: standard.Column, domains: dict[str, str]) -> list[Fault]:
    """The faults that a cell of a column may have by itself."""
    field, value = column.field, f"{column.field}_value"
    destroyed = f"regexp_full_match({value}, '{forms.DESTROYED}')"
    match column.type:
        case "text":
            # A text has at least as many bytes as characters.
            too_long = f"CASE WHEN strlen({field}) > {column.longest} THEN length({field}) > {column.longest} END"
            return [Fault(field, "value-too-long", too_long)]
        case "uscc":
            wrong = f"{field} <> '' AND NOT {field}_valid"
            return [
                Fault(field, "digits-destroyed", f"CASE WHEN {wrong} THEN {destroyed} END"),
                Fault(field, "uscc-invalid", f"CASE WHEN {wrong} THEN NOT {destroyed} END"),
            ]
        case "date":
            return [Fault(field, "date-unreadable", f"{field} <> '' AND {value} IS NULL")]
        case "amount":
            return [Fault(field, "amount-invalid", f"{field} <> '' AND {value} = ''")]
        case "code":
            return [Fault(field, "code-unknown", f"{field} <> '' AND NOT {among(field, column.codes)}")]
        case "codes":
            return [Fault(field, "code-unknown", f"NOT regexp_full_match({field}, '{forms.several(column.codes)}')")]
        case "flag":
            return [Fault(field, "flag-unknown", f"{field} <> '' AND NOT {among(field, forms.FLAGS)}")]
        case "domain":
            names, covered = set(domains.values()), standard.covered_domains()
            return [
                Fault(field, "domain-unknown", f"{field} <> '' AND NOT {among(value, names)}"),
                Fault(field, "domain-not-covered", f"{among(value, names - covered)}"),
            ]
        case "document":
            wordless = f"{field} <> '' AND NOT regexp_matches({field}, '{forms.WORD}')"
            broken = f"length({field}) > {forms.LONGEST_DOCUMENT} OR regexp_matches({field}, '[\t\r\n]')"
            return [Fault(field, "document-invalid", f"{wordless} OR {broken}")]
        case "id-number":
            card = f"CASE id_type WHEN '身份证' THEN citizen_id_valid({value}) "
            valid = f"{card} ELSE regexp_full_match({value}, '{forms.OTHER_DOCUMENT}') END"
            return [
                Fault(field, "digits-destroyed", destroyed),
                Fault(field, "id-number-invalid", f"{value} <> '' AND NOT {valid} AND NOT {destroyed}"),
            ]
        case _:
            return []


def missing(column: standard.Column) -> list[Fault]:
    """The fault of a column that must be filled."""
    field = column.field
    empty = f"{field} = ''"
    match column.required:
        case "optional":
            return []
        case {"if-is": [other, wanted]}:
            empty += f" AND {among(other, wanted)}"
        case {"unless-is": [other, wanted]}:
            empty += f" AND {among(other, set(CODES[other]) - set(wanted))}"
        case {"if-has": [other, wanted]}:
            known = f"regexp_full_match({other}, '{forms.several(CODES[other])}')"
            empty += f" AND regexp_matches({other}, '{forms.among(wanted)}') AND {known}"
    return [Fault(field, "value-missing", empty)]


def order_faults() -> list[Fault]:
    """The decision is in scope and not in the future; the other dates are not before it."""
    others = [column.field for column in COLUMNS if column.type == "date" and column.field != "decided"]
    start = f"DATE '{standard.SCOPE_START}'"
    # A row whose end cannot be read is faulty for that alone.
    read = f"(categories = '' OR regexp_full_match(categories, '{forms.several(CODES['categories'])}'))"
    read += " AND (valid_until = '' OR valid_until_value IS NOT NULL)"
    lasts = f"regexp_matches(categories, '{forms.among(standard.LASTING)}')"
    lasts += f" AND coalesce(valid_until_value >= {start}, false)"
    return [
        Fault("decided", "date-in-future", f"decided_value > DATE '{standard.today()}'"),
        Fault("decided", "date-before-scope", f"decided_value < {start} AND {read} AND NOT ({lasts})"),
        *(Fault(field, "date-order", f"{field}_value < decided_value") for field in others),
    ]


def canonical(column: standard.Column) -> str:
    """A cell of a valid row as it is written."""
    field = column.field
    match column.type:
        case "uscc" | "amount" | "domain":
            return f"{field}_value"
        case "date":
            return f"coalesce({field}_value::VARCHAR, '')"
        case "codes":
            parts = f"regexp_split_to_array({field}, '[{standard.SEPARATORS}]')"
            codes = f"[trim(part, '{forms.SPACES}') for part in {parts} if trim(part, '{forms.SPACES}') <> '']"
            return f"CASE WHEN {among(field, column.codes)} THEN [{field}] ELSE {codes} END"
        case "id-number":
            return f"CASE WHEN {field}_value <> '' THEN person_hash({field}_value) ELSE '' END"
        case _:
            return field


def source(file: Path, fields: list[str]) -> str:
    """The rows of the file under the names of their fields; the header is row 1."""
    names = ", ".join(f"{quoted(field)}: 'VARCHAR'" for field in fields)
    known = [field for field in fields if field in CODES]
    read = (
        f"read_csv({quoted(str(file))}, auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"', "
        f"columns = {{{names}}}, force_not_null = [{', '.join(map(quoted, known))}])"
    )
    cells = (column.field if column.field in known else f"'' AS {column.field}" for column in COLUMNS)
    return f"SELECT row_number() OVER () + 1 AS row, {', '.join(cells)} FROM {read}"


class PenaltyChecker:
    """The checks of the table of penalties, as one query."""

    def __init__(self, file: Path):
        headers = forms.headers_of(file)
        known, in_yuan = forms.fields_of(headers)
        fields = [known.get(header, f"column_{place}") for place, header in enumerate(headers)]
        domains = standard.known_domains()
        self.faults = [
            *(fault for column in COLUMNS for fault in cell_faults(column, domains)),
            *(fault for column in COLUMNS for fault in missing(column)),
            *order_faults(),
        ]
        clean = ", ".join(f"{cleaned(column)} AS {column.field}" for column in COLUMNS)
        read = [reading for column in COLUMNS for reading in readings(column, in_yuan, domains)]
        faulty = " OR ".join(f"({fault.condition})" for fault in self.faults)
        self.checked = f"""
            WITH source AS ({source(file, fields)}),
            cells AS (SELECT row, {clean} FROM source),
            readings AS (SELECT *, {", ".join(read)} FROM cells),
            checked AS (SELECT *, coalesce({faulty}, false) AS faulty FROM readings)
        """
        found = (f"CASE WHEN {fault.condition} THEN {place} END" for place, fault in enumerate(self.faults))
        # Only the few faulty rows are asked which faults they have.
        self.found = f"CASE WHEN faulty THEN list_filter([{', '.join(found)}], lambda place: place IS NOT NULL) END"
        self.connection = duckdb.connect()
        self.connection.execute("SET threads = 1")
        # DuckDB would join the rows with a table for each IN; all checks together would take three times as long.
        self.connection.execute("SET disabled_optimizers = 'in_clause'")
        # Rows are written in small parts, or those of the whole file would be kept in memory.
        self.connection.execute(f"SET partitioned_write_flush_threshold = {WRITTEN_ROWS}")
        self.connection.execute(MACROS)

    def count(self) -> tuple[int, list[tuple[int, list[int]]]]:
        """The rows of the file, and the faulty ones with their faults."""
        faulty = f"list({{'row': row, 'faults': {self.found}}}) FILTER (faulty)"
        rows, found = self.connection.execute(f"{self.checked} SELECT count(*), {faulty} FROM checked").fetchone()
        return rows, [(row["row"], row["faults"]) for row in found or []]

    def write(self, chunks: Path) -> tuple[int, list[tuple[int, list[int]]]]:
        """The same, the valid rows written as JSON lines.

        One COPY writes the valid rows and the faulty ones into two files, so that the file is read only once. Valid
        rows have two keys more, `row` and `faults`, without a value.
        """
        cells = ", ".join(f"{canonical(column)} AS {column.field}" for column in COLUMNS)
        marked = f"SELECT {cells}, CASE WHEN faulty THEN row END AS row, {self.found} AS faults, faulty FROM checked"
        with tempfile.TemporaryDirectory(dir=chunks.parent) as folder:
            options = "(FORMAT json, PARTITION_BY (faulty), OVERWRITE_OR_IGNORE)"
            copy = f"COPY ({self.checked} {marked}) TO {quoted(folder)} {options}"
            (rows,) = self.connection.execute(copy).fetchone()
            chunks.write_bytes(b"")
            for valid in Path(folder).glob("faulty=false/*"):
                valid.replace(chunks)
            found = []
            for faulty in Path(folder).glob("faulty=true/*"):
                columns = "columns = {row: 'BIGINT', faults: 'INTEGER[]'}"
                query = f"SELECT row, faults FROM read_json({quoted(str(faulty))}, {columns})"
                found += self.connection.execute(query).fetchall()
        return rows, found


def main() -> None:
    """Checks the file that the command line names."""
    arguments = command_line.read(__doc__)
    started = time.perf_counter()
    checker = PenaltyChecker(arguments.file)
    rows, faulty = checker.write(arguments.chunks) if arguments.chunks else checker.count()
    if arguments.faults:
        with arguments.faults.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(("row", "column", "code"))
            found = ((row, checker.faults[place]) for row, places in faulty for place in places)
            writer.writerows((row, HEADERS[fault.field], fault.code) for row, fault in found)
    command_line.tell(rows, len(faulty), started)


if __name__ == "__main__":
    main()
