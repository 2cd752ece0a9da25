"""Makes a file of penalties full of odd cells, to try whether two tools make the same checks.

    python odd_cells.py FILE OUT [--rows N] [--seed N]

Takes the first rows of a file that is right (the one that `run` makes) and puts other spellings, faults and blanks into
them. `run --file OUT` then compares the counts.
"""

import argparse
import csv
import random
from itertools import islice
from pathlib import Path

import standard

USCC = "91350100M000100Y43"  # the worked example of GB 32100-2015
CITIZEN_ID = "11010519491231002X"  # the worked example of GB 11643-1999
PERSON_SHARE = 0.1
MOST_ODD_CELLS = 3

# By field, what is put into a cell.
ODD = {
    "name": ["", "某" * 201, "甲"],
    "subject_type": [standard.NATURAL_PERSON, "个体工商户", "企业某", ""],
    "uscc": [USCC, USCC.lower(), f" {USCC[:4]} {USCC[4:]}", "９１３５０１００M000100Y43", "1.40402E+17", "", "123"]
    + [USCC[:-1] + "4", USCC[:-2] + "53"],
    "business_registration": ["1" * 51, "1"],
    "legal_representative": ["", "某" * 101, "无"],
    "id_type": ["身份证", "护照", "某证", ""],
    "id_number": [CITIZEN_ID, CITIZEN_ID.lower(), CITIZEN_ID[:-1] + "1", "E1234567", "12", "1.10105E+17", ""],
    "document": ["——", "", "号" * 129, "甲\t乙", "罚字", "１２"],
    "facts": ["", "某" * 5001, "\u200b", " \u3000"],
    "categories": ["警告、罚款", "罚款；警告", "罚款,吊销许可证件", "警告", "没收违法所得", "吊销许可证件"]
    + ["某罚", "罚款、某罚", "", "、"],
    "fine": ["1.25万元", "12,500元", "１．２５", "￥12500.00元", "一万", "1,25", "-3", "0.001元", "元", "", "0"]
    + ["5.", "无", "100000000001", "100000000000", "0.0000001", "0.0000010", "1e5", ".5", "1.2.3", "1.25 万"],
    "confiscated": ["5", "某", "无"],
    "licence": ["证1", ""],
    "decided": ["2025/7/1", "2025-7-1", "2025年7月1日", "2025年7月1日10:00", "20250701", "45839", "45839.5", "2025.7.1"]
    + ["2025-07-01 10:00", "2025-07-01T08:30:00.000+08:00", "２０２５－０７－０１", " 2025-07-01 ", "2025-07-01日"]
    + ["2025-02-30", "25-07-01", "2099-01-01", "2021-01-01", "1800-01-01", "明天", "", "2025-007-01"]
    + ["99999", "2025-07"],
    "valid_until": ["2021-01-01", "2035-07-01", "无", "/", "某", "1899-12-31", "2030/1/1"],
    "published_until": ["2022-08-01", "—", "2035-07-01", "20280701"],
    "authority_uscc": ["", USCC.lower(), USCC[:-1] + "4"],
    "simplified": ["是", "Y", "某", "", "0", "/"],
    "domain": ["", "税务", "食品", "天文", "消防安全", "无"],
    "remarks": ["某" * 2001, "无", "\u200b备注", "甲\n乙"],
}


def main() -> None:
    """Makes the file that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    places = {column.field: place for place, column in enumerate(standard.columns())}
    with (
        arguments.file.open(encoding="utf-8", newline="") as source,
        arguments.out.open("w", encoding="utf-8", newline="") as out,
    ):
        rows = csv.reader(source)
        writer = csv.writer(out)
        writer.writerow(next(rows))
        for row in islice(rows, arguments.rows):
            fields = rng.sample(list(ODD), rng.randint(0, MOST_ODD_CELLS))
            if rng.random() < PERSON_SHARE:
                row[places["subject_type"]] = standard.NATURAL_PERSON
                fields += ["id_type", "id_number"]
            for field in fields:
                row[places[field]] = rng.choice(ODD[field])
            writer.writerow(row)


if __name__ == "__main__":
    main()
