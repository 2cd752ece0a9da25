"""Checks a CSV file of administrative penalties with Polars, as the intake does, and counts valid and faulty rows.

    python polars_intake.py FILE [--faults FILE] [--chunks FILE]

All checks are expressions, which the streaming engine works out on one thread. Each row passes three steps: cells are
cleaned, cells are read as what their columns hold, and the faults are looked for. Prints one line of JSON:
`{"rows":…,"accepted":…,"rejected":…,"seconds":…}`.
"""

import os
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

# Polars reads this once, when it is imported.
os.environ["POLARS_MAX_THREADS"] = "1"

import polars as pl

import command_line
import forms
import standard

COLUMNS = standard.columns()
HEADERS = {column.field: column.header for column in COLUMNS}
CODES = {column.field: column.codes for column in COLUMNS}
BATCH_ROWS = 10_000
SKIPPED_LETTERS = sorted(set(forms.BASE_36) - set(standard.USCC_ALPHABET))


@dataclass(frozen=True)
class Fault:
    """A fault of a column, and the expression that is true of the rows that have it."""

    field: str
    code: str
    condition: pl.Expr


def value(field: str) -> pl.Expr:
    """What was read out of the cell of a field."""
    return pl.col(f"{field}_value")


def filled(field: str) -> pl.Expr:
    """Whether there is anything in the cell of a field."""
    return pl.col(field) != ""


def matches(text: pl.Expr, pattern: str) -> pl.Expr:
    """Whether a pattern takes the whole text."""
    return text.str.contains(f"^(?:{pattern})$")


def half_width(text: pl.Expr) -> pl.Expr:
    """Full-width forms of ASCII as ASCII."""
    return text.str.replace_many(list(forms.FULL_WIDTH), list(forms.HALF_WIDTH))


def clean(column: standard.Column) -> pl.Expr:
    """Without spaces at the ends and invisible characters; blank where the cell says that it does not apply."""
    cell = pl.col(column.field).str.replace_all(forms.INVISIBLE, "").str.strip_chars()
    if column.required != "always" and column.type != "text":
        return pl.when(cell.is_in(forms.NOTHING)).then(pl.lit("")).otherwise(cell).alias(column.field)
    return cell


def clean_code(text: pl.Expr) -> pl.Expr:
    """A code in half-width capitals without spaces."""
    return half_width(text).str.replace_all(r"\s", "").str.to_uppercase()


def letters(text: pl.Expr, length: int) -> pl.Expr:
    """The letters of a text of this length, as numbers of ASCII; null of other texts."""
    return text.cast(pl.Binary).bin.reinterpret(dtype=pl.Array(pl.UInt8, length))


def base_36(letter: pl.Expr) -> pl.Expr:
    """The place of a letter among digits and letters."""
    return letter - ord("0") - (letter >= ord("A")).cast(pl.UInt8) * (ord("A") - ord("9") - 1)


def uscc_place(letter: pl.Expr) -> pl.Expr:
    """The place of a letter in the alphabet of unified social credit codes, which skips some."""
    place = base_36(letter)
    for skipped in SKIPPED_LETTERS:
        place -= (letter > ord(skipped)).cast(pl.UInt8)
    return place


def weighted(places: pl.Expr, weights: list[int]) -> pl.Expr:
    """Places of letters, each times its weight, added up."""
    row = pl.lit(pl.Series([weights], dtype=pl.Array(pl.Float32, len(weights))))
    return places.arr.dot(row).cast(pl.Int32)


def check_letter(total: pl.Expr, checks: str) -> pl.Expr:
    """The check character of a sum of weighted places."""
    return pl.lit(checks).str.slice(total % len(checks), 1)


def uscc_valid(code: pl.Expr) -> pl.Expr:
    """Whether each text is a unified social credit code whose two check characters are right."""
    places = letters(code, 18).arr.eval(uscc_place(pl.element()).cast(pl.Float32))
    body = letters(code.str.slice(8, 8), 8).arr.eval(base_36(pl.element()).cast(pl.Float32))
    check = check_letter(weighted(body, standard.ORGANISATION_WEIGHTS), forms.ORGANISATION_CHECKS)
    return (
        matches(code, f"[{standard.USCC_ALPHABET}]{{18}}")
        & (weighted(places, [*standard.USCC_WEIGHTS, 1]) % 31 == 0)
        & (check == code.str.slice(16, 1))
    )


def citizen_id_valid(number: pl.Expr) -> pl.Expr:
    """Whether each text is a resident identity number (GB 11643) with a birth date and the right check character."""
    places = letters(number.str.slice(0, 17), 17).arr.eval(base_36(pl.element()).cast(pl.Float32))
    check = check_letter(weighted(places, forms.CITIZEN_WEIGHTS), forms.CITIZEN_CHECKS)
    born = number.str.slice(6, 8)
    return (
        matches(number, forms.CITIZEN_ID)
        & (born >= "0001")
        & born.str.to_date("%Y%m%d", strict=False).is_not_null()
        & (check == number.str.slice(17, 1))
    )


def read_date(cell: pl.Expr) -> pl.Expr:
    """A date in any of the forms that units write, the year in front; null when there is none."""
    text = half_width(cell)
    written = text.str.replace(forms.DATE_PARTS, "${1}-${2}-${3}").str.to_date("%Y-%m-%d", strict=False)
    days = text.str.head(5).str.to_integer(dtype=pl.Int32, strict=False)
    is_serial = matches(text, forms.SERIAL) & days.is_between(forms.SPREADSHEET_DAYS[0], forms.SPREADSHEET_DAYS[-1])
    counted = (days - (date(1970, 1, 1) - forms.SPREADSHEET_DAY_ZERO).days).cast(pl.Date)
    return pl.when(matches(text, forms.DATE)).then(written).when(is_serial).then(counted)


def read_amount(cell: pl.Expr, in_yuan: bool) -> pl.Expr:
    """An amount in 万元 as plain digits; empty when there is none, or it is finer than a fen or too large."""
    text = half_width(cell).str.replace_all(r"\s", "")
    digits = text.str.replace_all("[^0-9.]", "")
    shifted = ("0000" + digits).str.replace("^([0-9]+)([0-9]{4})[.]?([0-9]*)$", "${1}.${2}${3}")
    amount = pl.when(text.str.contains("[0-9]元?$" if in_yuan else "[0-9]元$")).then(shifted).otherwise(digits)
    amount = amount.str.replace("^0+([0-9])", "${1}").str.replace("[.]0*$|([.][0-9]*[1-9])0+$", "${1}")
    fits = matches(text, forms.AMOUNT) & matches(amount, f"{forms.PLAIN_AMOUNT}|{forms.LARGEST_AMOUNT}")
    other = pl.when(fits).then(amount).otherwise(pl.lit(""))
    if in_yuan:
        return other
    return pl.when(matches(cell, forms.PLAIN_AMOUNT)).then(cell).otherwise(other)


def reading(column: standard.Column, in_yuan: set[str]) -> pl.Expr:
    """What is read out of a cell."""
    field, cell = column.field, pl.col(column.field)
    match column.type:
        case "uscc":
            return clean_code(cell)
        case "date":
            return read_date(cell)
        case "amount":
            return read_amount(cell, field in in_yuan)
        case "domain":
            name = cell
            for wording, domain in standard.known_domains().items():
                if wording != domain:
                    name = pl.when(cell == wording).then(pl.lit(domain)).otherwise(name)
            return name
        case "id-number":
            person = (pl.col("subject_type") == standard.NATURAL_PERSON) & pl.col("id_type").is_in(CODES["id_type"])
            return pl.when(person).then(clean_code(cell)).otherwise(pl.lit(""))
        case _:
            return cell


def cell_faults(column: standard.Column) -> list[Fault]:
    """The faults that a cell of a column may have by itself."""
    field, cell = column.field, pl.col(column.field)
    match column.type:
        case "text":
            return [Fault(field, "value-too-long", cell.str.len_chars() > column.longest)]
        case "uscc":
            wrong, destroyed = filled(field) & ~pl.col(f"{field}_valid"), matches(value(field), forms.DESTROYED)
            return [
                Fault(field, "digits-destroyed", wrong & destroyed),
                Fault(field, "uscc-invalid", wrong & ~destroyed),
            ]
        case "date":
            return [Fault(field, "date-unreadable", filled(field) & value(field).is_null())]
        case "amount":
            return [Fault(field, "amount-invalid", filled(field) & (value(field) == ""))]
        case "code":
            return [Fault(field, "code-unknown", filled(field) & ~cell.is_in(column.codes))]
        case "codes":
            return [Fault(field, "code-unknown", ~matches(cell, forms.several(column.codes)))]
        case "flag":
            return [Fault(field, "flag-unknown", filled(field) & ~cell.is_in(forms.FLAGS))]
        case "domain":
            names, covered = set(standard.known_domains().values()), standard.covered_domains()
            return [
                Fault(field, "domain-unknown", filled(field) & ~value(field).is_in(names)),
                Fault(field, "domain-not-covered", value(field).is_in(names - covered)),
            ]
        case "document":
            wordless = filled(field) & ~cell.str.contains(forms.WORD)
            broken = (cell.str.len_chars() > forms.LONGEST_DOCUMENT) | cell.str.contains("[\t\r\n]")
            return [Fault(field, "document-invalid", wordless | broken)]
        case "id-number":
            number, destroyed = value(field), matches(value(field), forms.DESTROYED)
            valid = pl.when(pl.col("id_type") == "身份证").then(citizen_id_valid(number))
            valid = valid.otherwise(matches(number, forms.OTHER_DOCUMENT)).fill_null(False)
            return [
                Fault(field, "digits-destroyed", destroyed),
                Fault(field, "id-number-invalid", (number != "") & ~valid & ~destroyed),
            ]
        case _:
            return []


def missing(column: standard.Column) -> list[Fault]:
    """The fault of a column that must be filled."""
    empty = ~filled(column.field)
    match column.required:
        case "optional":
            return []
        case {"if-is": [other, wanted]}:
            empty &= pl.col(other).is_in(wanted)
        case {"unless-is": [other, wanted]}:
            empty &= pl.col(other).is_in(set(CODES[other]) - set(wanted))
        case {"if-has": [other, wanted]}:
            known = matches(pl.col(other), forms.several(CODES[other]))
            empty &= pl.col(other).str.contains(forms.among(wanted)) & known
    return [Fault(column.field, "value-missing", empty)]


def order_faults() -> list[Fault]:
    """The decision is in scope and not in the future; the other dates are not before it."""
    decided = value("decided")
    others = [column.field for column in COLUMNS if column.type == "date" and column.field != "decided"]
    categories = pl.col("categories")
    # A row whose end cannot be read is faulty for that alone.
    read = (categories == "") | matches(categories, forms.several(CODES["categories"]))
    read &= ~filled("valid_until") | value("valid_until").is_not_null()
    lasts = categories.str.contains(forms.among(standard.LASTING))
    lasts &= (value("valid_until") >= standard.SCOPE_START).fill_null(False)
    return [
        Fault("decided", "date-in-future", decided > standard.today()),
        Fault("decided", "date-before-scope", (decided < standard.SCOPE_START) & read & ~lasts),
        *(Fault(field, "date-order", value(field) < decided) for field in others),
    ]


def canonical(column: standard.Column) -> pl.Expr:
    """A cell of a valid row as it is written."""
    field, cell = column.field, pl.col(column.field)
    match column.type:
        case "uscc" | "amount" | "domain":
            return value(field).alias(field)
        case "date":
            return value(field).cast(pl.String).fill_null("").alias(field)
        case "codes":
            parts = cell.str.replace_all(f"[{standard.SEPARATORS}]", "、").str.split("、")
            return parts.list.eval(pl.element().str.strip_chars().filter(pl.element().str.strip_chars() != ""))
        case "id-number":
            # Polars has no hash that is fit for identity numbers, and they must not be written.
            return pl.lit("").alias(field)
        case _:
            return cell


class PenaltyChecker:
    """The checks of the table of penalties, as one lazy frame."""

    def __init__(self, file: Path):
        fields, in_yuan = forms.fields_of(forms.headers_of(file))
        headers = {field: header for header, field in fields.items()}
        self.faults = [
            *(fault for column in COLUMNS for fault in cell_faults(column)),
            *(fault for column in COLUMNS for fault in missing(column)),
            *order_faults(),
        ]
        conditions = {str(place): fault.condition.fill_null(False) for place, fault in enumerate(self.faults)}
        self.places = list(conditions)
        cells = (pl.col(headers[field]) if field in headers else pl.lit("") for field in HEADERS)
        # The header is row 1.
        scan = pl.scan_csv(
            file, infer_schema=False, empty_string_is_null=False, row_index_name="row", row_index_offset=2
        )
        self.checked = (
            scan.select("row", *(cell.alias(field) for cell, field in zip(cells, HEADERS)))
            .with_columns(map(clean, COLUMNS))
            .with_columns(reading(column, in_yuan).alias(f"{column.field}_value") for column in COLUMNS)
            .with_columns(
                uscc_valid(value(column.field)).alias(f"{column.field}_valid")
                for column in COLUMNS
                if column.type == "uscc"
            )
            .with_columns(**conditions)
            .with_columns(faulty=pl.any_horizontal(*conditions))
        )

    def count(self) -> tuple[int, pl.DataFrame]:
        """The number of rows, and the faulty ones with a column for each fault."""
        rows = self.checked.select(pl.len())
        found = self.checked.filter("faulty").select("row", *self.places)
        rows, found = pl.collect_all([rows, found], engine="streaming")
        return rows.item(), found

    def write(self, chunks: Path) -> tuple[int, pl.DataFrame]:
        """The same, the valid rows written as JSON lines.

        `sink_ndjson` beside what `count` collects takes as long, but most of the file waits in memory for the slower of
        the two: 1.5 GB of a million rows. Batches are taken one by one.
        """
        checked = self.checked.select("row", "faulty", *self.places, *map(canonical, COLUMNS))
        rows, found = 0, []
        with chunks.open("wb") as file:
            for batch in checked.collect_batches(chunk_size=BATCH_ROWS, maintain_order=True, engine="streaming"):
                rows += batch.height
                found.append(batch.filter("faulty").select("row", *self.places))
                batch.remove("faulty").select(HEADERS.keys()).write_ndjson(file)
        return rows, pl.concat(found)

    def listed(self, found: pl.DataFrame) -> pl.DataFrame:
        """Row, column and code of each fault."""
        columns = [HEADERS[fault.field] for fault in self.faults]
        codes = [fault.code for fault in self.faults]
        faults = pl.DataFrame({"place": self.places, "column": columns, "code": codes})
        found = found.unpivot(index="row", variable_name="place").filter("value")
        found = found.join(faults, on="place", maintain_order="left").sort("row", maintain_order=True)
        return found.select("row", "column", "code")


def main() -> None:
    """Checks the file that the command line names."""
    arguments = command_line.read(__doc__)
    started = time.perf_counter()
    checker = PenaltyChecker(arguments.file)
    rows, found = checker.write(arguments.chunks) if arguments.chunks else checker.count()
    if arguments.faults:
        checker.listed(found).write_csv(arguments.faults)
    command_line.tell(rows, found.height, started)


if __name__ == "__main__":
    main()
