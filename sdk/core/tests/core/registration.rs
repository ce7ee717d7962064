//! What device keys sign, byte for byte, and that one statement is never another.

use std::collections::BTreeSet;

use trellis_core::{
    DeviceKey,
    attestation::DOMAIN,
    registration::{KeyChange, RECOVER_DOMAIN, REGISTER_DOMAIN, ROTATE_DOMAIN, Registration},
};

const REGISTRATION: Registration = Registration {
    program: [1; 32],
    network: [2; 32],
    operator: [3; 32],
    class: [4; 32],
    key: DeviceKey::Ed25519([5; 32]),
    valid_until_unix: 0x0102,
};
const CHANGE: KeyChange =
    KeyChange { device: [6; 32], operator: [7; 32], new_key: DeviceKey::P256([3; 33]), valid_until_unix: -2 };

#[test]
fn registration_by_hand_has_this_layout() {
    let mut wanted = b"trellis:register-device:v1\0".to_vec();
    for part in [[1; 32], [2; 32], [3; 32], [4; 32]] {
        wanted.extend(part);
    }
    wanted.push(0);
    wanted.extend([5; 32]);
    wanted.extend([2, 1, 0, 0, 0, 0, 0, 0]);
    assert_eq!(REGISTRATION.message(), wanted);
}

#[test]
fn key_change_by_hand_has_this_layout() {
    let mut body = [[6; 32], [7; 32]].concat();
    body.push(1);
    body.extend([3; 33]);
    body.extend([0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    assert_eq!(CHANGE.rotation_message(), [b"trellis:rotate-key:v1\0".as_slice(), &body].concat());
    assert_eq!(CHANGE.recovery_message(), [b"trellis:recover-key:v1\0".as_slice(), &body].concat());
}

#[test]
fn messages_with_any_field_changed_differ() {
    let registrations = [
        REGISTRATION,
        Registration { program: [9; 32], ..REGISTRATION },
        Registration { network: [9; 32], ..REGISTRATION },
        Registration { operator: [9; 32], ..REGISTRATION },
        Registration { class: [9; 32], ..REGISTRATION },
        Registration { key: DeviceKey::Ed25519([9; 32]), ..REGISTRATION },
        Registration { key: DeviceKey::P256([5; 33]), ..REGISTRATION },
        Registration { valid_until_unix: 0x0103, ..REGISTRATION },
    ];
    let changes = [
        CHANGE,
        KeyChange { device: [9; 32], ..CHANGE },
        KeyChange { operator: [9; 32], ..CHANGE },
        KeyChange { new_key: DeviceKey::P256([2; 33]), ..CHANGE },
        KeyChange { new_key: DeviceKey::Ed25519([3; 32]), ..CHANGE },
        KeyChange { valid_until_unix: -1, ..CHANGE },
    ];
    let mut messages: Vec<Vec<u8>> = registrations.iter().map(Registration::message).collect();
    messages.extend(changes.iter().map(KeyChange::rotation_message));
    messages.extend(changes.iter().map(KeyChange::recovery_message));
    assert_eq!(messages.iter().collect::<BTreeSet<_>>().len(), messages.len());
}

#[test]
fn domains_are_no_beginnings_of_each_other() {
    let domains: [&[u8]; 4] = [DOMAIN, REGISTER_DOMAIN, ROTATE_DOMAIN, RECOVER_DOMAIN];
    for (at, domain) in domains.iter().enumerate() {
        assert!(domains.iter().enumerate().all(|(other_at, other)| at == other_at || !other.starts_with(domain)));
    }
}
