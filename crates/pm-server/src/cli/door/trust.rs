//! Whom an encrypted connection to a server trusts to say that it is that server.

use std::io;
use std::path::Path;

use rustls::pki_types::CertificateDer;
use ureq::tls::{Certificate, RootCerts};

use crate::cli::Failure;
use crate::tls;

/// The authorities of a file; else those of the system; else, where that knows none, those of the browsers.
pub(in crate::cli) fn roots(file: Option<&Path>) -> Result<RootCerts, Failure> {
    let authorities = match file {
        Some(path) => tls::certificates(path)
            .map_err(|what| Failure::usage(format!("--ca {}: {what}", path.display())))?,
        None => rustls_native_certs::load_native_certs().certs,
    };
    if authorities.is_empty() {
        return Ok(RootCerts::WebPki);
    }
    let owned = |authority: &CertificateDer<'_>| Certificate::from_der(authority).to_owned();
    Ok(authorities.iter().map(owned).collect::<Vec<_>>().into())
}

/// An error of a request, with the way out where the server is not trusted.
pub(in crate::cli) fn told(error: &ureq::Error) -> String {
    let certificate = match error {
        ureq::Error::Rustls(rustls::Error::InvalidCertificate(_)) => true,
        ureq::Error::Io(error) => is_of_certificate(error),
        _ => false,
    };
    if certificate {
        format!(
            "{error}; where the server's authority is not one of the system, name its certificate by --ca FILE"
        )
    } else {
        error.to_string()
    }
}

fn is_of_certificate(error: &io::Error) -> bool {
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
    matches!(cause, Some(rustls::Error::InvalidCertificate(_)))
}
