use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use graviola::hashing::{Hash, Sha256};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyUsagePurpose,
    PublicKeyData, SerialNumber,
};

use super::Files;
use super::key::Key;
use super::whole;

/// Writes certificates, and the keys and the authority that are not there yet.
///
/// Others may do so at the same time. A key that is there stays, so that a certificate
/// belongs to the key beside it, whoever was the last to write one.
pub(super) fn issue(folder: &Path, files: &Files, names: Vec<String>) -> io::Result<()> {
    if !graviola::util::is_cpu_supported() {
        return Err(io::Error::other("this processor lacks what that needs; make one elsewhere, for --tls-cert"));
    }
    fs::create_dir_all(folder)?;
    let authority = authority(folder, &files.ca)?;
    let mut server = CertificateParams::new(names).map_err(io::Error::other)?;
    server.distinguished_name.push(DnType::CommonName, "puregrpc server");
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    sign(server, &authority, &files.certificate, &files.key)?;
    // A name that rules of a server can ask for: they do not see the common name.
    let mut client = CertificateParams::new(["puregrpc-client".to_owned()]).map_err(io::Error::other)?;
    client.distinguished_name.push(DnType::CommonName, "puregrpc client");
    client.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    sign(client, &authority, &files.client_certificate, &files.client_key)
}

/// Makes a certificate for the key of this file.
fn sign(mut wanted: CertificateParams, authority: &Issuer<'_, Key>, certificate: &Path, file: &Path) -> io::Result<()> {
    let key = Key::of(file)?;
    wanted.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    wanted.use_authority_key_identifier_extension = true;
    valid_for(&mut wanted, 90 * DAY);
    identify(&mut wanted, &key)?;
    whole::replace(certificate, &wanted.signed_by(&key, authority).map_err(io::Error::other)?.pem())
}

/// The CA of the folder; made if there is none.
fn authority(folder: &Path, certificate: &Path) -> io::Result<Issuer<'static, Key>> {
    let key = Key::of(&folder.join("ca.key"))?;
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "puregrpc development CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    valid_for(&mut params, 3650 * DAY);
    identify(&mut params, &key)?;
    // Who else makes one now makes it for the same key and name: either serves for both.
    if !fs::read(certificate).is_ok_and(|text| key.has_certificate(&text)) {
        whole::replace(certificate, &params.self_signed(&key).map_err(io::Error::other)?.pem())?;
    }
    Ok(Issuer::new(params, key))
}

/// From yesterday on, since clocks differ.
fn valid_for(params: &mut CertificateParams, time: Duration) {
    let now = SystemTime::now();
    params.not_before = (now - DAY).into();
    params.not_after = (now + time).into();
}

/// A random serial number, and the usual name of the key: the beginning of its hash.
fn identify(params: &mut CertificateParams, key: &Key) -> io::Result<()> {
    let mut serial = [0; 16];
    graviola::random::fill(&mut serial).map_err(|error| io::Error::other(format!("{error:?}")))?;
    // Positive, as the standard asks for.
    serial[0] &= 0x7f;
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    params.key_identifier_method = KeyIdMethod::PreSpecified(Sha256::hash(key.der_bytes()).as_ref()[..20].to_vec());
    Ok(())
}

const DAY: Duration = Duration::from_secs(24 * 3600);
