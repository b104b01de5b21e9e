//! Whether connections are encrypted, and with what.

use std::path::PathBuf;

use super::names::{self, Spec};
use super::reader::Reader;
use crate::tls::{self, Files};

/// The files, where both are named and good. What is in them is checked here, so that it is told with all other faults.
pub(super) fn read(reader: &mut Reader<'_>) -> Option<Files> {
    let certificate = reader.optional(&names::TLS_CERT, |text| {
        let path = PathBuf::from(text);
        tls::certificates(&path).map(|chain| (path, chain))
    });
    let key = reader.optional(&names::TLS_KEY, |text| {
        let path = PathBuf::from(text);
        tls::private_key(&path).map(|key| (path, key))
    });
    needs(reader, &names::TLS_CERT, &names::TLS_KEY);
    needs(reader, &names::TLS_KEY, &names::TLS_CERT);
    let ((certificate, chain), (key, private)) = certificate.zip(key)?;
    if let Err(what) = tls::fit(chain, private) {
        reader.fault(&names::TLS_KEY, what);
    }
    Some(Files { certificate, key })
}

/// Notes a fault where one of the two is given without the other.
fn needs(reader: &mut Reader<'_>, one: &'static Spec, other: &'static Spec) {
    if reader.given(one).is_some() && reader.given(other).is_none() {
        let what = format!("is missing, and {} needs it; name both files, or neither for no TLS", one.name);
        reader.fault(other, what);
    }
}
