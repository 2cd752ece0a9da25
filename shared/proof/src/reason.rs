//! Why a file is judged as it is: stable codes, and sentences for people.

use serde::{Serialize, Serializer};

/// A reason. Its code is stable; its sentence may get better.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    pub code: ReasonCode,
    /// In Chinese.
    pub text: String,
}

macro_rules! reasons {
    ($($name:ident $code:literal $text:literal)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ReasonCode { $($name),* }

        impl ReasonCode {
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code),* }
            }

            const fn text(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }
        }
    };
}

reasons! {
    Intact "intact" "签名有效，签署后没有任何改动"
    ProofsAdded "proofs-added" "签名有效，签署之后只有长期验证材料（时间戳、证书状态），内容没有改动"
    AdditionsNotAllowed "additions-not-allowed" "签署之后被附加了不允许的改动"
    SignatureBroken "signature-broken" "签名与内容不符：签署后的字节被改动过"
    SignatureMalformed "signature-malformed" "签名的结构不正确或被改动过"
    ByteRangeWrong "byte-range-wrong" "签名没有覆盖到签署时文件的全部字节"
    NotCertified "not-certified" "签名没有声明“不允许任何改动”，不是本平台签发的方式"
    NotFirst "not-first" "认证签名不是文件中的第一个、唯一的签名"
    TimeStampBroken "time-stamp-broken" "文件中的时间戳与其内容不符"
    TimeStampUnsupported "time-stamp-unsupported" "文件中的时间戳使用的算法（如国密 SM2）这里不能判断"
    NumbersDiffer "numbers-differ" "标题中的报告编号与内嵌数据的编号不一致"
    UnusedCertificates "unused-certificates" "签名里有与签署者无关的证书或属性"
    NoTrust "no-trust" "没有给出可信的根证书，无法判断由谁签署（用 --trust 给出）"
    NotPinned "not-pinned" "签名有效，但签署者不在可信的根证书之下"
    OutOfTime "out-of-time" "签署者的证书在可以证明的签署时间不在有效期内"
    OtherPurpose "other-purpose" "签署者的证书不是用于签署文件的"
    Revoked "revoked" "签署者的证书在可以证明的签署时间之前已被吊销"
    NotSigned "not-signed" "文件没有电子签名"
    AlgorithmUnsupported "algorithm-unsupported" "签名使用的算法（如国密 SM2）这里不能判断"
    NotPdf "not-pdf" "不是 PDF 文件"
    Malformed "malformed" "PDF 文件不完整或结构有误，无法读取"
    TooLarge "too-large" "文件超过 64 MiB，没有读取"
}

impl From<ReasonCode> for Reason {
    fn from(code: ReasonCode) -> Self {
        Self { code, text: code.text().to_owned() }
    }
}

impl ReasonCode {
    /// The reason with something to be told beside it.
    pub(crate) fn with(self, more: &str) -> Reason {
        Reason { code: self, text: format!("{}：{more}", self.text()) }
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;
        let mut fields = serializer.serialize_struct("Reason", 2)?;
        fields.serialize_field("code", self.code.code())?;
        fields.serialize_field("text", &self.text)?;
        fields.end()
    }
}
