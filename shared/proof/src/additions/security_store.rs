//! The document security store (ISO 32000-2, 12.8.4.3): certificates, revocation lists, OCSP responses, and nothing
//! else.

use std::collections::BTreeSet;

use der::Decode;
use x509_cert::crl::CertificateList;
use x509_ocsp::OcspResponse;

use crate::certificate;
use crate::pdf::{Dictionary, Value, View};
use crate::revocation::Evidence;

/// The most bytes of one of its streams.
const LONGEST: usize = 16 << 20;
/// The most bytes of them all.
const ALL: usize = 64 << 20;

/// What a store has, and the objects that it is made of.
#[derive(Clone, Debug, Default)]
pub(crate) struct SecurityStore {
    pub(crate) evidence: Evidence,
    pub(crate) numbers: BTreeSet<u32>,
    /// Those of certificates, responses and lists.
    pub(crate) streams: BTreeSet<u32>,
    bytes: usize,
}

#[derive(Clone, Copy)]
enum Kind {
    Certificate,
    List,
    Response,
}

impl SecurityStore {
    /// The store of a catalog; none when it has something that does not belong there.
    pub(crate) fn read(view: &View<'_>, catalog: &Dictionary) -> Option<Self> {
        let mut store = Self::default();
        let Some(value) = catalog.get("DSS") else { return Some(store) };
        let dictionary = store.dictionary(view, value)?;
        dictionary.has_only(&["Type", "Certs", "OCSPs", "CRLs", "VRI"]).then_some(())?;
        is_type(&dictionary, "DSS").then_some(())?;
        store.streams(view, dictionary.get("Certs"), Kind::Certificate)?;
        store.streams(view, dictionary.get("OCSPs"), Kind::Response)?;
        store.streams(view, dictionary.get("CRLs"), Kind::List)?;
        if let Some(by_signature) = dictionary.get("VRI") {
            let by_signature = store.dictionary(view, by_signature)?;
            for (key, entry) in &by_signature.0 {
                let is_digest = key.len() == 40 && key.iter().all(u8::is_ascii_hexdigit);
                (is_digest || key == b"Type" && entry.value.is_name("VRI")).then_some(())?;
                if is_digest {
                    store.of_signature(view, &entry.value)?;
                }
            }
        }
        Some(store)
    }

    /// What is said to belong to one signature.
    fn of_signature(&mut self, view: &View<'_>, value: &Value) -> Option<()> {
        let dictionary = self.dictionary(view, value)?;
        dictionary.has_only(&["Type", "Cert", "OCSP", "CRL", "TU"]).then_some(())?;
        (is_type(&dictionary, "VRI") && dictionary.get("TU").is_none_or(|time| time.as_text().is_some()))
            .then_some(())?;
        self.streams(view, dictionary.get("Cert"), Kind::Certificate)?;
        self.streams(view, dictionary.get("OCSP"), Kind::Response)?;
        self.streams(view, dictionary.get("CRL"), Kind::List)
    }

    fn dictionary(&mut self, view: &View<'_>, value: &Value) -> Option<Dictionary> {
        let value = self.followed(view, value)?;
        value.as_dictionary().cloned()
    }

    fn followed(&mut self, view: &View<'_>, value: &Value) -> Option<Value> {
        let Some(number) = value.as_reference() else { return Some(value.clone()) };
        self.numbers.insert(number);
        let object = view.object(number).filter(|object| object.stream.is_none())?;
        // One reference leads to what is meant, not to another.
        object.value.as_reference().is_none().then_some(object.value)
    }

    fn streams(&mut self, view: &View<'_>, value: Option<&Value>, kind: Kind) -> Option<()> {
        let Some(value) = value else { return Some(()) };
        let values = self.followed(view, value)?;
        for value in values.as_array()? {
            let number = value.as_reference()?;
            if !self.numbers.insert(number) {
                continue;
            }
            self.streams.insert(number);
            let object = view.object(number)?;
            object.value.as_dictionary()?.has_only(&["Length", "Filter", "DecodeParms"]).then_some(())?;
            let bytes = view.decoded(&object, LONGEST)?;
            self.bytes = self.bytes.checked_add(bytes.len()).filter(|bytes| *bytes <= ALL)?;
            self.add(bytes, kind)?;
        }
        Some(())
    }

    fn add(&mut self, bytes: Vec<u8>, kind: Kind) -> Option<()> {
        let evidence = &mut self.evidence;
        match kind {
            Kind::Certificate => certificate::read(&bytes).map(|_| evidence.certificates.push(bytes)),
            Kind::List => CertificateList::from_der(&bytes).ok().map(|_| evidence.lists.push(bytes)),
            Kind::Response => OcspResponse::from_der(&bytes).ok().map(|_| evidence.responses.push(bytes)),
        }
    }
}

fn is_type(dictionary: &Dictionary, name: &str) -> bool {
    dictionary.get("Type").is_none_or(|kind| kind.is_name(name))
}
