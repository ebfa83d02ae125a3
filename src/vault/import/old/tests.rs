//! Databases as the openssl program makes them are in tests/it/vault/import.rs; here are the known answers.

use super::*;

fn password(text: &str) -> Password {
    Password(Zeroizing::new(text.as_bytes().to_vec()))
}

#[test]
fn the_key_is_that_of_openssl() {
    // openssl enc -aes-256-cbc -md md5 -P -S 0102030405060708 -pass pass:test1234
    let (key, iv) = key_and_iv(b"test1234", &[1, 2, 3, 4, 5, 6, 7, 8]);
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02X}")).collect::<String>();
    assert_eq!(hex(&*key), "7F80B602024FAA60AFA6C3ABE9762AD2327AF1FFEA795E811CB46A5BF32B89B3");
    assert_eq!(hex(&iv), "8F8D674AAA087DD0212F491F296EA1B1");
}

#[test]
fn the_known_answer_of_the_first_format() {
    let file = [&b"39d005b5f9ec2c8e"[..], &[0x55, 0xae, 0xa1, 0x94, 0x62, 0xa9, 0xf5, 0x09, 0x40, 0x65]].concat();
    let text = open(&Sealed::parse(&file).unwrap(), b"test1234").unwrap();
    assert_eq!(text.as_str(), "Hallo Welt");
    assert_eq!(read(&file, &password("test1234"), 0).unwrap_err(), NO_CREDENTIALS);
    assert_eq!(read(&file, &password("wrong"), 0).unwrap_err(), ImportError::WrongPassword);
}

#[test]
fn profiles_of_all_kinds_are_found() {
    let text = "credentials:\n  \"null\":\n    awsaccesskeyid: AKIAIOSFODNN7EXAMPLE\n    awssecretaccesskey: wJalr\n    awsregion: \"\"\n  \
                <<:\n    awsaccesskeyid: AKIAIOSFODNN7EXAMPLE\n    awssecretaccesskey: \"0123\"\n    awsregion: eu-west-1\n  \
                evil:\n    awsaccesskeyid: AKIAIOSFODNN7EXAMPLE\n    awssecretaccesskey: wJalr\n    awsregion: x;touch F\n";
    let found = found(text, 7).unwrap();
    let names: Vec<&str> = found.iter().map(|found| found.name.as_str()).collect();
    assert_eq!(names, ["null", "<<", "evil"]);
    let first = found[0].entry.as_ref().unwrap();
    assert_eq!((first.secret_access_key.expose(), first.region.as_deref(), first.added), ("wJalr", None, 7));
    let second = found[1].entry.as_ref().unwrap();
    assert_eq!((second.secret_access_key.expose(), second.region.as_deref()), ("0123", Some("eu-west-1")));
    assert_eq!(found[2].entry.as_ref().unwrap_err(), "`x;touch F` is not a region name (like eu-west-1)");
}

#[test]
fn what_is_no_such_document_is_not_imported() {
    assert_eq!(found("credentials: {}\n", 0).unwrap().len(), 0);
    assert_eq!(found("other: {}\n", 0).unwrap_err(), NO_CREDENTIALS);
    for text in ["credentials: [a]\n", "credentials: {a: {awsaccesskeyid: x}}\n", "a: [", ""] {
        assert_eq!(found(text, 0).unwrap_err(), NOT_OURS, "{text}");
    }
}
