//! Which files there are: who sends what, when, how it looks, and what is wrong with it on purpose.

use jiff::civil::date;
use xinzheng_domain::identity::subject::RegisterType::{
    self, Enterprise, FarmersCooperative, IndividualBusiness, PublicInstitution, SocialOrganisation,
};

use crate::faults::{Fault, Wrong};
use crate::file_plan::{Decided, Earlier, FilePlan};
use crate::layout::{Dates, Format, Headers, Layout};

const PLAIN: Layout = Layout {
    format: Format::Utf8,
    headers: Headers::Standard,
    dates: Dates::Hyphens,
    yuan: false,
    title: false,
    signed: false,
    all_columns: false,
    forgotten: None,
};
const MARKED: Layout = Layout { format: Format::Utf8WithMark, ..PLAIN };
const NATIONAL: Layout = Layout { format: Format::Gb18030, dates: Dates::Slashes, ..PLAIN };
const SHEET: Layout = Layout { format: Format::Xlsx, ..PLAIN };

const COMPANIES: &[RegisterType] = &[Enterprise, IndividualBusiness, FarmersCooperative];

const BASE: FilePlan = FilePlan {
    key: "",
    layout: PLAIN,
    rows: 0,
    decided: Decided::Since(date(2022, 8, 1), date(2025, 6, 30)),
    first_number: 1,
    about: COMPANIES,
    every_kind: &[],
    people: &[],
    repairable: None,
    lasting: None,
    earlier: &[],
    faults: &[],
};

const fn fault(row: usize, field: &'static str, wrong: Wrong) -> Fault {
    Fault { row, field, wrong }
}

const fn earlier(key: &'static str, row: usize) -> Earlier {
    Earlier { key, row, corrected: false }
}

const PENALTIES: &str = "market-supervision/penalty/2025-07-01/行政处罚.csv";
const ABNORMAL: &str = "market-supervision/abnormal-operation/2025-09-01/经营异常名录.csv";
const DISHONEST: &str = "market-supervision/serious-dishonesty/2025-09-01/严重违法失信名单.xlsx";

/// The company whose measures last.
const UNDER_MEASURES: &str = "沁县虚构一九环保科技有限公司";

/// Every file, each below those that it takes rows from.
pub(crate) static FILES: [FilePlan; 38] = [
    // The register.
    FilePlan {
        key: "market-supervision/subject/2025-07-01/主体登记信息.xlsx",
        layout: Layout { dates: Dates::Cells, ..SHEET },
        rows: 37,
        about: &[Enterprise, IndividualBusiness, FarmersCooperative, PublicInstitution],
        faults: &[fault(36, "division", Wrong::Text("140105")), fault(37, "status", Wrong::Text("歇业"))],
        ..BASE
    },
    FilePlan {
        key: "civil-affairs/subject/2025-07-01/社会组织登记信息.csv",
        layout: Layout { title: true, dates: Dates::Slashes, ..MARKED },
        rows: 5,
        about: &[SocialOrganisation],
        ..BASE
    },
    // Market supervision and its office in 潞州区.
    FilePlan {
        key: PENALTIES,
        rows: 36,
        layout: Layout { all_columns: true, ..PLAIN },
        every_kind: &[2, 9],
        faults: &[
            fault(7, "uscc", Wrong::LetterOForZero),
            fault(12, "uscc", Wrong::OtherCheckCharacter),
            fault(15, "categories", Wrong::Text("警告、罚款")),
            fault(15, "fine", Wrong::Blank),
            fault(19, "domain", Wrong::Text("税务")),
            fault(23, "decided", Wrong::Day(date(2022, 7, 15))),
        ],
        ..BASE
    },
    FilePlan {
        key: "market-supervision/penalty/2025-10-15/行政处罚 更正.csv",
        layout: MARKED,
        rows: 8,
        decided: Decided::Within(date(2025, 9, 1), date(2025, 10, 13)),
        first_number: 601,
        earlier: &[earlier(PENALTIES, 6), Earlier { key: PENALTIES, row: 11, corrected: true }],
        ..BASE
    },
    FilePlan {
        key: "market-supervision-140403/penalty/2025-08-05/潞州区 处罚.xlsx",
        layout: Layout { title: true, signed: true, dates: Dates::Characters, headers: Headers::Alias, ..SHEET },
        rows: 14,
        decided: Decided::Within(date(2025, 7, 1), date(2025, 7, 31)),
        every_kind: &[3],
        faults: &[fault(4, "name", Wrong::Repeated(30)), fault(9, "categories", Wrong::Text("口头批评"))],
        ..BASE
    },
    FilePlan { key: "market-supervision/coercion/2025-07-01/行政强制.csv", rows: 9, every_kind: &[1], ..BASE },
    FilePlan {
        key: ABNORMAL,
        layout: NATIONAL,
        rows: 22,
        decided: Decided::Since(date(2022, 8, 10), date(2025, 8, 29)),
        every_kind: &[5],
        faults: &[
            fault(6, "removed", Wrong::Day(date(2022, 8, 2))),
            fault(6, "removal_cause", Wrong::Text("已更正公示的虚构信息")),
            fault(13, "document", Wrong::Text(SEVERAL_DOCUMENTS)),
        ],
        ..BASE
    },
    FilePlan {
        key: DISHONEST,
        layout: SHEET,
        rows: 6,
        decided: Decided::Since(date(2023, 1, 1), date(2025, 8, 29)),
        faults: &[fault(4, "list", Wrong::Text("失信被执行人名单"))],
        ..BASE
    },
    // The court.
    FilePlan {
        key: "intermediate-court/judgment/2025-09-10/刑事裁判.xlsx",
        layout: Layout { dates: Dates::Cells, ..SHEET },
        rows: 10,
        decided: Decided::Since(date(2023, 2, 1), date(2025, 8, 20)),
        about: &[Enterprise],
        every_kind: &[1],
        people: &[4, 7, 8, 10],
        faults: &[
            fault(4, "id_number", Wrong::Number(140_402_190_001_010_000.0)),
            fault(8, "id_number", Wrong::OtherCheckCharacter),
        ],
        ..BASE
    },
    FilePlan {
        key: "intermediate-court/serious-dishonesty/2025-09-10/失信被执行人名单.csv",
        layout: Layout { headers: Headers::NumberedAndStarred, ..NATIONAL },
        rows: 14,
        decided: Decided::Since(date(2022, 9, 1), date(2025, 9, 5)),
        every_kind: &[2],
        people: &[5],
        faults: &[
            fault(9, "decided", Wrong::Day(date(2099, 1, 15))),
            fault(9, "removed", Wrong::Blank),
            fault(9, "removal_cause", Wrong::Blank),
        ],
        ..BASE
    },
    // Ecology and environment.
    FilePlan {
        key: "ecology-environment/penalty/2025-08-01/行政处罚.csv",
        layout: Layout { headers: Headers::NumberedAndStarred, yuan: true, ..MARKED },
        rows: 14,
        decided: Decided::Since(date(2022, 8, 1), date(2025, 7, 30)),
        about: &[Enterprise],
        every_kind: &[4],
        repairable: Some(4),
        faults: &[
            fault(5, "decided", Wrong::Text("7/1/2025")),
            fault(11, "categories", Wrong::Text("罚款")),
            fault(11, "fine", Wrong::Text("一万元")),
        ],
        ..BASE
    },
    FilePlan { key: "ecology-environment/coercion/2025-08-01/行政强制.csv", rows: 5, about: &[Enterprise], ..BASE },
    // Emergency management.
    FilePlan {
        key: "emergency-management/penalty/2025-06-20/安全生产处罚.xlsx",
        layout: SHEET,
        rows: 14,
        decided: Decided::Since(date(2022, 8, 15), date(2025, 6, 18)),
        about: &[Enterprise, PublicInstitution],
        every_kind: &[2],
        faults: &[fault(8, "domain", Wrong::Text("安监"))],
        ..BASE
    },
    // Human resources and social security.
    FilePlan {
        key: "human-resources/penalty/2025-06-30/penalty.csv",
        layout: NATIONAL,
        rows: 10,
        about: &[Enterprise, IndividualBusiness],
        ..BASE
    },
    FilePlan { key: "human-resources/serious-dishonesty/2025-06-30/名单.csv", rows: 4, about: &[Enterprise], ..BASE },
    // Transport. Its second file is refused: 强制依据 is not there.
    FilePlan {
        key: "transport/penalty/2025-07-08/处罚.csv",
        layout: Layout { dates: Dates::Digits, ..PLAIN },
        rows: 14,
        decided: Decided::Since(date(2023, 1, 1), date(2025, 7, 4)),
        every_kind: &[6],
        people: &[3, 11],
        faults: &[fault(10, "simplified", Wrong::Text("可能"))],
        ..BASE
    },
    FilePlan {
        key: "transport/coercion/2025-07-08/强制.csv",
        layout: Layout { forgotten: Some("basis"), ..PLAIN },
        rows: 4,
        ..BASE
    },
    // Culture and tourism, health, civil affairs, urban management, agriculture.
    FilePlan {
        key: "culture-tourism/penalty/2025-05-20/处罚.csv",
        rows: 10,
        decided: Decided::Since(date(2022, 9, 1), date(2024, 9, 30)),
        ..BASE
    },
    FilePlan {
        key: "health/penalty/2025-09-30/卫生健康处罚.xlsx",
        layout: SHEET,
        rows: 8,
        decided: Decided::Since(date(2022, 10, 1), date(2025, 9, 26)),
        about: &[PublicInstitution, IndividualBusiness, Enterprise],
        ..BASE
    },
    FilePlan {
        key: "civil-affairs/penalty/2025-07-01/处罚.csv",
        layout: MARKED,
        rows: 5,
        decided: Decided::Since(date(2022, 8, 1), date(2024, 8, 31)),
        about: &[SocialOrganisation],
        ..BASE
    },
    FilePlan {
        key: "urban-management/penalty/2025-11-03/处罚.csv",
        layout: Layout { dates: Dates::Characters, signed: true, ..PLAIN },
        rows: 10,
        decided: Decided::Within(date(2025, 9, 15), date(2025, 10, 31)),
        ..BASE
    },
    FilePlan {
        key: "urban-management/coercion/2025-11-03/强制.csv",
        rows: 5,
        decided: Decided::Within(date(2025, 9, 15), date(2025, 10, 31)),
        ..BASE
    },
    FilePlan {
        key: "agriculture/penalty/2025-07-01/处罚.csv",
        rows: 9,
        decided: Decided::Since(date(2022, 8, 1), date(2024, 8, 31)),
        about: &[FarmersCooperative],
        ..BASE
    },
    // Tax.
    FilePlan {
        key: "tax/coercion/2025-07-15/强制.xlsx",
        layout: Layout { dates: Dates::Cells, ..SHEET },
        rows: 8,
        decided: Decided::Since(date(2022, 11, 1), date(2025, 7, 11)),
        every_kind: &[3],
        ..BASE
    },
    FilePlan {
        key: "tax/serious-dishonesty/2025-07-15/重大税收违法失信主体.csv",
        layout: Layout { headers: Headers::Alias, ..MARKED },
        rows: 5,
        decided: Decided::Since(date(2022, 11, 1), date(2025, 7, 11)),
        about: &[Enterprise],
        ..BASE
    },
    // Public security.
    FilePlan {
        key: "public-security/coercion/2025-09-05/强制.csv",
        layout: NATIONAL,
        rows: 6,
        decided: Decided::Since(date(2022, 10, 1), date(2024, 9, 30)),
        people: &[2, 4],
        ..BASE
    },
    // What was decided in the last days, and comes in time.
    FilePlan {
        key: "market-supervision/penalty/2025-11-03/行政处罚.csv",
        rows: 8,
        decided: Decided::Lately,
        first_number: 701,
        faults: &[fault(5, "uscc", Wrong::OtherCheckCharacter)],
        ..BASE
    },
    FilePlan {
        key: "market-supervision-140403/penalty/2025-11-03/潞州区 处罚.xlsx",
        layout: Layout { title: true, signed: true, dates: Dates::Characters, headers: Headers::Alias, ..SHEET },
        rows: 4,
        decided: Decided::Lately,
        first_number: 701,
        ..BASE
    },
    FilePlan {
        key: "agriculture/penalty/2025-11-03/处罚.csv",
        rows: 4,
        decided: Decided::Lately,
        first_number: 701,
        about: &[FarmersCooperative],
        ..BASE
    },
    FilePlan {
        key: "civil-affairs/penalty/2025-11-03/处罚.csv",
        layout: MARKED,
        rows: 3,
        decided: Decided::Lately,
        first_number: 701,
        about: &[SocialOrganisation],
        ..BASE
    },
    FilePlan {
        key: "culture-tourism/penalty/2025-11-03/处罚.csv",
        rows: 4,
        decided: Decided::Lately,
        first_number: 701,
        ..BASE
    },
    FilePlan {
        key: "health/penalty/2025-11-03/卫生健康处罚.xlsx",
        layout: SHEET,
        rows: 4,
        decided: Decided::Lately,
        first_number: 701,
        about: &[PublicInstitution, IndividualBusiness, Enterprise],
        ..BASE
    },
    FilePlan {
        key: "public-security/coercion/2025-11-03/强制.csv",
        layout: NATIONAL,
        rows: 3,
        decided: Decided::Lately,
        first_number: 701,
        ..BASE
    },
    FilePlan {
        key: "emergency-management/penalty/2025-11-03/安全生产处罚.xlsx",
        layout: SHEET,
        rows: 6,
        decided: Decided::Lately,
        first_number: 701,
        about: &[Enterprise, PublicInstitution],
        faults: &[fault(3, "simplified", Wrong::Text("可能"))],
        ..BASE
    },
    // Measures of a company that are in force, whenever they were decided.
    FilePlan {
        key: "market-supervision/abnormal-operation/2025-09-02/仍在名录.csv",
        rows: 1,
        decided: Decided::On(date(2021, 3, 1), date(2021, 3, 31)),
        first_number: 900,
        lasting: Some(UNDER_MEASURES),
        ..BASE
    },
    FilePlan {
        key: "market-supervision/penalty/2025-09-02/限制从业.csv",
        rows: 1,
        decided: Decided::On(date(2021, 6, 1), date(2021, 6, 30)),
        first_number: 900,
        lasting: Some(UNDER_MEASURES),
        ..BASE
    },
    FilePlan {
        key: "market-supervision/coercion/2025-09-02/尚未解除.csv",
        rows: 1,
        decided: Decided::On(date(2023, 3, 1), date(2023, 3, 31)),
        first_number: 900,
        lasting: Some(UNDER_MEASURES),
        ..BASE
    },
    // Repairs of what stands above.
    FilePlan {
        key: "market-supervision/repair/2025-10-20/信用修复.csv",
        layout: MARKED,
        rows: 7,
        decided: Decided::Within(date(2025, 10, 8), date(2025, 10, 17)),
        earlier: &[
            earlier(PENALTIES, 2),
            earlier(PENALTIES, 4),
            earlier(PENALTIES, 10),
            earlier(ABNORMAL, 3),
            earlier(PENALTIES, 20),
            earlier(DISHONEST, 2),
            // Its penalty was returned: the repair waits for it.
            earlier(PENALTIES, 15),
        ],
        faults: &[fault(5, "kind", Wrong::Text("刑事裁判"))],
        ..BASE
    },
];

/// Several document numbers in one cell, as a clerk wrote them: longer than one may be.
const SEVERAL_DOCUMENTS: &str = "晋虚市监列〔2025〕31号、晋虚市监列〔2025〕32号、晋虚市监列〔2025〕33号、晋虚市监列〔2025〕34号、\
    晋虚市监列〔2025〕35号、晋虚市监列〔2025〕36号、晋虚市监列〔2025〕37号、晋虚市监列〔2025〕38号、\
    晋虚市监列〔2025〕39号、晋虚市监列〔2025〕40号、晋虚市监列〔2025〕41号、晋虚市监列〔2025〕42号";
