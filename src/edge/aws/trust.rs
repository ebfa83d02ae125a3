//! Which certificates are trusted: `AWS_CA_BUNDLE` or `ca_bundle`, else `SSL_CERT_FILE`, else the system's.

use std::path::{Path, PathBuf};

use aws_smithy_http_client::tls::TrustStore;
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};

use super::small_file;

/// Where systems keep all their certificates in one file: one read, where probing opens some 150.
const BUNDLES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];
/// The longest bundle that is read. The system's own has some 200 KiB.
const BUNDLE_MAX: u64 = 8 << 20;

/// Certificates that cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {reason}", file.as_deref().map_or_else(|| "the system's certificates".into(), |file| file.display().to_string()))]
pub(super) struct BadTrust {
    /// The file, if one is named.
    pub(super) file: Option<PathBuf>,
    /// What is wrong with it.
    pub(super) reason: String,
}

/// What the settings name.
#[derive(Clone, Debug)]
pub(super) struct Roots {
    /// `AWS_CA_BUNDLE` or `ca_bundle`, else `SSL_CERT_FILE`.
    pub(super) named: Option<PathBuf>,
    /// Whether `SSL_CERT_DIR` names a directory, which only the slow way reads.
    pub(super) directory: bool,
}

impl Roots {
    /// Reads the certificates.
    pub(super) fn load(&self) -> Result<TrustStore, BadTrust> {
        match &self.named {
            Some(file) => match read(file) {
                Ok(pem) => Ok(TrustStore::empty().with_pem_certificate(pem)),
                Err(reason) => Err(BadTrust { file: Some(file.clone()), reason }),
            },
            None if self.directory => Ok(TrustStore::default()),
            None => {
                let found = BUNDLES.iter().find_map(|file| read(Path::new(file)).ok());
                Ok(found.map_or_else(TrustStore::default, |pem| TrustStore::empty().with_pem_certificate(pem)))
            }
        }
    }
}

/// The certificates in a file that the TLS library can use. It panics on any other, so those are left out here.
fn read(file: &Path) -> Result<Vec<u8>, String> {
    let pem = small_file::read(file, BUNDLE_MAX).map_err(|error| error.to_string())?;
    let mut known = RootCertStore::empty();
    let mut usable = Vec::with_capacity(pem.len());
    for block in certificates(&pem) {
        if CertificateDer::from_pem_slice(block).is_ok_and(|certificate| known.add(certificate).is_ok()) {
            usable.extend_from_slice(block);
            usable.push(b'\n');
        }
    }
    if usable.is_empty() { Err("holds no certificate that can be used".into()) } else { Ok(usable) }
}

/// The blocks from `-----BEGIN CERTIFICATE-----` to `-----END CERTIFICATE-----`.
fn certificates(pem: &[u8]) -> impl Iterator<Item = &[u8]> {
    const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
    const END: &[u8] = b"-----END CERTIFICATE-----";
    let mut rest = pem;
    std::iter::from_fn(move || {
        let begin = memchr::memmem::find(rest, BEGIN)?;
        let length = memchr::memmem::find(&rest[begin..], END)? + END.len();
        let block = &rest[begin..begin + length];
        rest = &rest[begin + length..];
        Some(block)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_that_is_missing_or_useless_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("ca.pem");
        let load = || Roots { named: Some(file.clone()), directory: false }.load().unwrap_err().to_string();
        assert!(load().starts_with(&format!("{}: No such file", file.display())));
        for text in
            ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "-----BEGIN CERTIFICATE-----\n%"]
        {
            let mut out = fs_err::OpenOptions::new().create(true).truncate(true).write(true).open(&file).unwrap();
            std::io::Write::write_all(&mut out, text.as_bytes()).unwrap();
            assert_eq!(load(), format!("{}: holds no certificate that can be used", file.display()));
        }
    }

    #[test]
    fn blocks_are_found_in_any_text() {
        let pem = b"x\n-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----\ny-----BEGIN CERTIFICATE-----\nB";
        let blocks: Vec<&[u8]> = certificates(pem).collect();
        assert_eq!(blocks, [b"-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----"]);
    }
}
