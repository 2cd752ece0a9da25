"""Checks a CSV file of administrative penalties with frictionless and counts valid and faulty rows.

    python frictionless_intake.py FILE [--faults FILE]

What a Table Schema can say is said by constraints; check characters, conditional columns and the order of dates are a
check of rows of our own, for which the framework has a hook. Prints one line of JSON:
`{"rows":…,"accepted":…,"rejected":…,"seconds":…}`.
"""

import csv
import re
import sys
import time
from collections.abc import Iterator

from frictionless import Check, Checklist, Dialect, Error, Resource, Row, Schema, errors, formats

import command_line
import standard

COLUMNS = standard.columns()
HEADERS = {column.field: column.header for column in COLUMNS}
USCC_PATTERN = f"[{standard.USCC_ALPHABET}]{{18}}"
AMOUNT_PATTERN = r"[0-9]{1,11}(\.[0-9]{1,6})?"
LONGEST_DOCUMENT = 128
LETTER_VALUES = {letter: value for value, letter in enumerate(standard.USCC_ALPHABET)}
# No limit: frictionless stops at a thousand errors otherwise.
ALL_ERRORS = sys.maxsize


def field_descriptor(column: standard.Column) -> dict:
    """The Table Schema field of a column."""
    constraints: dict = {}
    if column.required in ("always", "if-several-domains"):
        constraints["required"] = True
    kind = "string"
    match column.type:
        case "text":
            constraints["maxLength"] = column.longest
        case "uscc":
            constraints["pattern"] = USCC_PATTERN
        case "amount":
            constraints["pattern"] = AMOUNT_PATTERN
        case "document":
            constraints |= {"pattern": r".*[^\W_].*", "maxLength": LONGEST_DOCUMENT}
        case "code":
            constraints["enum"] = list(column.codes)
        case "codes":
            one = "|".join(map(re.escape, column.codes))
            separator = f"[{re.escape(standard.SEPARATORS)}]"
            constraints["pattern"] = f"(?:{one})(?:{separator}(?:{one}))*"
        case "flag":
            constraints["enum"] = ["是", "否"]
        case "domain":
            constraints["enum"] = sorted(standard.covered_domains())
        case "date":
            kind = "date"
            if column.field == "decided":
                constraints |= {"minimum": str(standard.SCOPE_START), "maximum": str(standard.today())}
    return {"name": column.header, "type": kind, "constraints": constraints}


def uscc_checks_right(code: str) -> bool:
    """Whether both check characters of a code of the right form are right."""
    organisation = 11 - sum(int(c, 36) * w for c, w in zip(code[8:16], standard.ORGANISATION_WEIGHTS)) % 11
    if code[16] != "0123456789X0"[organisation]:
        return False
    weighted = sum(LETTER_VALUES[c] * w for c, w in zip(code, standard.USCC_WEIGHTS))
    return LETTER_VALUES[code[17]] == -weighted % 31


class PenaltyRules(Check):
    """What the columns of a penalty say together, and the check characters of codes."""

    type = "penalty-rules"
    Errors = [errors.RowConstraintError]

    codes = [column.header for column in COLUMNS if column.type == "uscc"]
    conditional = [
        (column.header, condition, HEADERS[other], set(values))
        for column in COLUMNS
        if isinstance(column.required, dict)
        for condition, (other, values) in column.required.items()
    ]
    dates = [column.header for column in COLUMNS if column.type == "date" and column.field != "decided"]

    def validate_row(self, row: Row) -> Iterator[Error]:
        """Yields the faults of a row."""
        for header in self.codes:
            code = row[header]
            # A code of another form is a fault of its own: the schema's pattern.
            if code and re.fullmatch(USCC_PATTERN, code) and not uscc_checks_right(code):
                yield errors.RowConstraintError.from_row(row, note=f"check character of {header}")
        for header, condition, other, values in self.conditional:
            if row[header] is None and row[other] is not None and self.applies(condition, row[other], values):
                yield errors.RowConstraintError.from_row(row, note=f"{header} is missing")
        decided = row[HEADERS["decided"]]
        for header in self.dates:
            if decided and row[header] and row[header] < decided:
                yield errors.RowConstraintError.from_row(row, note=f"{header} is before the decision")

    @staticmethod
    def applies(condition: str, cell: str, values: set[str]) -> bool:
        """Whether a column is mandatory because of another column's cell."""
        match condition:
            case "if-is":
                return cell in values
            case "unless-is":
                return cell not in values
            case _:
                return not values.isdisjoint(re.split(f"[{standard.SEPARATORS}]", cell))


def main() -> None:
    """Checks the file that the command line names."""
    arguments = command_line.read(__doc__, writes_rows=False)
    started = time.perf_counter()
    resource = Resource(
        path=arguments.file.name,
        basepath=str(arguments.file.parent),
        format="csv",
        encoding="utf-8",
        dialect=Dialect(controls=[formats.CsvControl(delimiter=",")]),
        schema=Schema.from_descriptor({"fields": [field_descriptor(column) for column in COLUMNS]}),
    )
    report = resource.validate(Checklist(checks=[PenaltyRules()]), limit_errors=ALL_ERRORS)
    task = report.tasks[0]
    faults = task.flatten(["rowNumber", "fieldName", "type"])
    if arguments.faults:
        with arguments.faults.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("row", "column", "code"), *faults])
    rows = task.stats["rows"]
    rejected = len({row for row, _, _ in faults})
    command_line.tell(rows, rejected, started)


if __name__ == "__main__":
    main()
