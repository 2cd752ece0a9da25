"""The sharing standard's table of penalties, read from the same data files as the intake itself."""

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "shared/domain/data"
UNIT = "market-supervision"
SCOPE_START = date(2022, 8, 1)
USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_WEIGHTS = [pow(3, place, 31) for place in range(17)]
# The organisation code inside, positions 9 to 16: GB 11714.
ORGANISATION_WEIGHTS = [3, 7, 9, 10, 5, 8, 4, 2]
NATURAL_PERSON = "自然人"
LEGAL_PERSON = "法人及非法人组织"
# Between the penalty categories of one cell.
SEPARATORS = "、，,；;/\n"


# The penalties that are in force until 处罚有效期: from before the scope they count when they held on a day since.
LASTING = json.loads((DATA / "lasting-penalties.json").read_text("utf-8"))["categories"]


@dataclass(frozen=True)
class Column:
    """A column of the table: its field, its headers, what its cells hold and when they must be filled."""

    field: str
    header: str
    aliases: tuple[str, ...]
    type: str
    required: str | dict
    longest: int
    codes: tuple[str, ...]


def columns() -> list[Column]:
    """The columns of table `penalty`, in the standard's order."""
    standard = json.loads((DATA / "tables.json").read_text("utf-8"))
    table = next(table for table in standard["tables"] if table["table"] == "penalty")
    return [
        Column(
            field=column["field"],
            header=column["header"],
            aliases=tuple(column.get("aliases", ())),
            type=column.get("type", "text"),
            required=column.get("required", "always"),
            longest=column.get("max", 5000),
            codes=tuple(standard["codes"].get(column.get("codes"), ())),
        )
        for column in table["columns"]
    ]


def covered_domains() -> set[str]:
    """The domains that the unit's directory row names."""
    catalogue = json.loads((DATA / "catalogue.json").read_text("utf-8"))
    mapping = json.loads((DATA / "annex-mapping.json").read_text("utf-8"))
    number = next(unit["no"] for unit in mapping["units"] if unit["code"] == UNIT)
    row = next(row for row in catalogue["directory"] if row["no"] == number)
    return set(mapping["directory_domains"][row["domains_as_written"]])


def known_domains() -> dict[str, str]:
    """Every domain of annex 1 by its name and by the other wordings that are known."""
    catalogue = json.loads((DATA / "catalogue.json").read_text("utf-8"))
    mapping = json.loads((DATA / "annex-mapping.json").read_text("utf-8"))
    return {row["domain"]: row["domain"] for row in catalogue["domains"]} | mapping["domain_aliases"]


def today() -> date:
    """Today in China."""
    return datetime.now(timezone(timedelta(hours=8))).date()
