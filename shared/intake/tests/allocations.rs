//! A valid row of text costs no allocation.

#![allow(clippy::unwrap_used, reason = "tests")]

mod taken_in;

use std::ops::ControlFlow;

use taken_in::sender;
use xinzheng_domain::{TableId, Uscc};
use xinzheng_intake::{Intake, Limits, RowOutcome};

fn file(rows: usize) -> String {
    let uscc = Uscc::compose("91140403", "MA0TE1T1").unwrap();
    let header: Vec<&str> = TableId::Penalty.standard().columns.iter().map(|column| column.header.as_str()).collect();
    let mut text = header.join(",") + "\n";
    for number in 1..=rows {
        let row = format!(
            "长治市虚构商贸有限公司,法人及非法人组织,{uscc},140400,,,,,甲某,,,晋虚市监罚〔2024〕{number}号,虚构的违法行为,\
             \"事实，含“引号”、顿号,和逗号\",虚构办法第一条,警告、罚款,警告并罚款,1.25,,,2024-03-05,,,虚构局,{uscc},\
             虚构局,{uscc},否,食品,备注\n"
        );
        text.push_str(&row);
    }
    text
}

type Encode = fn(&str) -> Vec<u8>;

/// Allocations while a file of this many rows is taken in, with every row written as a line of a chunk.
fn allocations(rows: usize, encode: Encode) -> u64 {
    let bytes = encode(&file(rows));
    let sender = sender("market-supervision", TableId::Penalty);
    let mut line = Vec::with_capacity(16 * 1024);
    let mut accepted = 0;
    let info = allocation_counter::measure(|| {
        let intake = Intake::open(bytes.as_slice(), "a.csv", &sender, &Limits::default()).unwrap();
        let reading = intake.read(&mut |outcome| {
            if let RowOutcome::Accepted(row) = outcome {
                line.clear();
                serde_json::to_writer(&mut line, &row).unwrap();
                accepted += 1;
            }
            ControlFlow::Continue(())
        });
        assert!(reading.is_ok());
    });
    assert_eq!(accepted, rows);
    info.count_total
}

#[test]
fn a_thousand_more_valid_rows_cost_no_allocation_each() {
    let encodings: [(&str, Encode); 2] = [
        ("UTF-8", |text| text.as_bytes().to_vec()),
        ("GB 18030", |text| encoding_rs::GB18030.encode(text).0.into_owned()),
    ];
    for (name, encode) in encodings {
        // What the standard and the catalogue cost once a process is not the file's.
        allocations(10, encode);
        let (few, many) = (allocations(100, encode), allocations(1100, encode));
        // Buffers grow a few times; rows cost nothing.
        assert!(many < few + 50, "{name}: {few} allocations for 100 rows, {many} for 1,100");
    }
}
