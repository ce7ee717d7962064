//! What is not taken for a proof that a device holds its key.

use solana_account::Account;
use solana_instruction::{Instruction, error::InstructionError};
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::instructions::{
    precompile::{ed25519_check, signature_check},
    registry::{key_change, register_device_by_proof, registration},
};
use trellis_core::{DeviceKey, registration::Registration};
use trellis_registry::{constants::MAX_PROOF_SECONDS, error::RegistryError};
use trellis_tests::{assert_error, assert_program_error, expect_success, fixtures::P256Keypair, tamper};

use super::by_proof::{Applicant, Key};

fn ed25519() -> Keypair {
    Keypair::new_from_array([9; 32])
}

fn applicants() -> [Applicant; 2] {
    [Applicant::new(Key::Ed25519(ed25519())), Applicant::new(Key::P256(P256Keypair::new(9)))]
}

/// Offset field number `field` of the check's data.
fn set_field(check: &mut Instruction, field: usize, value: u16) {
    check.data[2 + 2 * field..4 + 2 * field].copy_from_slice(&value.to_le_bytes());
}

#[test]
fn proof_that_is_absent_or_not_right_before_is_refused() {
    for mut applicant in applicants() {
        let (check, register) = (applicant.key.check(&applicant.message()), applicant.instruction());
        for instructions in [
            vec![register.clone()],
            vec![register.clone(), check.clone()],
            vec![check.clone(), harmless(&applicant), register.clone()],
            vec![harmless(&applicant), register.clone()],
        ] {
            assert_program_error(applicant.send(&instructions), RegistryError::ProofMissing);
        }
        // Anything may stand before the proof.
        let instructions = [harmless(&applicant), check, register];
        expect_success(applicant.send(&instructions));
    }
}

/// A transfer of nothing from the payer to itself.
fn harmless(applicant: &Applicant) -> Instruction {
    let payer = applicant.world.payer();
    solana_system_interface::instruction::transfer(&payer, &payer, 0)
}

#[test]
fn proof_by_the_other_precompile_is_refused() {
    let (key, element) = (ed25519(), P256Keypair::new(9));
    let [mut for_ed25519, mut for_p256] = applicants();
    let instructions = [element.check(&for_ed25519.message()), for_ed25519.instruction()];
    assert_program_error(for_ed25519.send(&instructions), RegistryError::ProofMissing);
    let instructions = [ed25519_check(&key, &for_p256.message()).unwrap(), for_p256.instruction()];
    assert_program_error(for_p256.send(&instructions), RegistryError::ProofMissing);
}

#[test]
fn proof_of_another_key_is_refused() {
    let others = [Key::Ed25519(Keypair::new_from_array([8; 32])), Key::P256(P256Keypair::new(8))];
    for (mut applicant, other) in applicants().into_iter().zip(others) {
        let instructions = [other.check(&applicant.message()), applicant.instruction()];
        assert_program_error(applicant.send(&instructions), RegistryError::ProofOfAnotherKey);
    }
}

#[test]
fn proof_of_another_message_is_refused() {
    for mut applicant in applicants() {
        let (world, key) = (&mut applicant.world, applicant.key.public());
        let until = world.now() + 60;
        let other_network = world.create_network();
        let other_operator = world.register_operator(&applicant.network);
        world.create_class(&applicant.network);
        let (wallet, network) = (applicant.operator.wallet.pubkey(), applicant.network.address);
        let sound = registration(&wallet, &network, 0, key, until);
        let device = world.some_address();
        let change = key_change(&wallet, &network, &device, key, until);
        let mut longer = sound.message();
        longer.push(0);
        let mut messages = vec![
            registration(&wallet, &other_network.address, 0, key, until).message(),
            registration(&other_operator.wallet.pubkey(), &network, 0, key, until).message(),
            registration(&wallet, &network, 1, key, until).message(),
            registration(&wallet, &network, 0, key, until + 1).message(),
            Registration { program: [7; 32], ..sound }.message(),
            change.rotation_message(),
            change.recovery_message(),
            Vec::new(),
            longer,
        ];
        for at in 0..sound.message().len() {
            let mut flipped = sound.message();
            flipped[at] ^= 1;
            messages.push(flipped);
        }
        for message in messages {
            let instructions = [applicant.key.check(&message), applicant.instruction()];
            assert_program_error(applicant.send(&instructions), RegistryError::ProofOfAnotherMessage);
        }
        expect_success(applicant.register());
    }
}

#[test]
fn proof_out_of_its_time_is_refused() {
    for mut applicant in applicants() {
        let (wallet, network, now) =
            (applicant.operator.wallet.pubkey(), applicant.network.address, applicant.world.now());
        let (payer, key) = (applicant.world.payer(), applicant.key.public());
        for (until, outcome) in [
            (now - 1, Err(RegistryError::ProofOutOfTime)),
            (now + MAX_PROOF_SECONDS + 1, Err(RegistryError::ProofOutOfTime)),
            (i64::MAX, Err(RegistryError::ProofOutOfTime)),
            (i64::MIN, Err(RegistryError::ProofOutOfTime)),
            (now + MAX_PROOF_SECONDS, Ok(())),
        ] {
            let check = applicant.key.check(&registration(&wallet, &network, 0, key, until).message());
            let register = register_device_by_proof(payer, wallet, None, network, 0, &key, until);
            match outcome {
                Err(error) => assert_program_error(applicant.send(&[check, register]), error),
                Ok(()) => drop(expect_success(applicant.send(&[check, register]))),
            }
        }
    }
}

#[test]
fn proof_replayed_after_its_time_is_refused() {
    for mut applicant in applicants() {
        let instructions = [applicant.key.check(&applicant.message()), applicant.instruction()];
        expect_success(applicant.send(&instructions));
        let device = trellis_client::addresses::device(&applicant.network.address, &applicant.key.public());
        let retire = trellis_client::instructions::registry::retire_device(
            applicant.operator.wallet.pubkey(),
            applicant.network.address,
            device,
            applicant.world.payer(),
        );
        expect_success(applicant.send(&[retire]));
        applicant.world.advance(61);
        assert_program_error(applicant.send(&instructions), RegistryError::ProofOutOfTime);
    }
}

/// The precompile passes both, but which of them was meant?
#[test]
fn check_of_two_signatures_is_refused() {
    for mut applicant in applicants() {
        let message = applicant.message();
        let single = applicant.key.check(&message);
        let mut double = single.clone();
        // Both offsets name the same signature, 14 bytes further on than before.
        let mut offsets = single.data[2..16].to_vec();
        for field in [0, 2, 4] {
            let at = u16::from_le_bytes([offsets[2 * field], offsets[2 * field + 1]]) + 14;
            offsets[2 * field..2 * field + 2].copy_from_slice(&at.to_le_bytes());
        }
        double.data = [&[2, 0], offsets.as_slice(), &offsets, &single.data[16..]].concat();
        let instructions = [double, applicant.instruction()];
        assert_program_error(applicant.send(&instructions), RegistryError::ProofMalformed);
        let mut none = single;
        none.data = vec![0, 0];
        let outcome = applicant.send(&[none, applicant.instruction()]);
        // The secp256r1 precompile itself refuses to check nothing.
        match applicant.key {
            Key::Ed25519(_) => assert_program_error(outcome, RegistryError::ProofMalformed),
            Key::P256(_) => assert!(outcome.is_err()),
        }
    }
}

/// The precompile checks a signature of the attacker's own over there; here stand the key and the message that the
/// program would look at.
#[test]
fn check_whose_offsets_point_into_another_instruction_is_refused() {
    let others = [Key::Ed25519(Keypair::new_from_array([8; 32])), Key::P256(P256Keypair::new(8))];
    for (mut applicant, other) in applicants().into_iter().zip(others) {
        let message = applicant.message();
        let own = other.check(&message);
        // Looks like the victim's, with a signature that is none.
        let mut forged = signature_check(&applicant.key.public(), [3; 64], &message).unwrap();
        for field in [1, 3, 6] {
            set_field(&mut forged, field, 0);
        }
        let instructions = [own, forged, applicant.instruction()];
        assert_program_error(applicant.send(&instructions), RegistryError::ProofMalformed);
        // One offset of a sound check, into an instruction that holds the same bytes at the same place.
        for field in [1, 3, 6] {
            let sound = applicant.key.check(&message);
            let mut bent = sound.clone();
            set_field(&mut bent, field, 0);
            let instructions = [sound, bent, applicant.instruction()];
            assert_program_error(applicant.send(&instructions), RegistryError::ProofMalformed);
        }
    }
}

#[test]
fn check_that_names_itself_by_number_is_taken() {
    for mut applicant in applicants() {
        let mut check = applicant.key.check(&applicant.message());
        for field in [1, 3, 6] {
            set_field(&mut check, field, 1);
        }
        let instructions = [harmless(&applicant), check, applicant.instruction()];
        expect_success(applicant.send(&instructions));
    }
}

#[test]
fn check_of_a_bad_signature_fails_the_transaction() {
    for mut applicant in applicants() {
        let forged = signature_check(&applicant.key.public(), [3; 64], &applicant.message()).unwrap();
        let instructions = [forged, applicant.instruction()];
        assert!(applicant.send(&instructions).is_err());
    }
}

#[test]
fn check_of_a_p256_signature_with_the_higher_s_fails_the_transaction() {
    let mut applicant = Applicant::new(Key::P256(P256Keypair::new(9)));
    let mut check = applicant.key.check(&applicant.message());
    let order = hex::decode("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551").unwrap();
    let s = check.data[16 + 33 + 32..16 + 33 + 64].to_vec();
    let mut borrow = 0;
    for at in (0..32).rev() {
        let difference = i32::from(order[at]) - i32::from(s[at]) - borrow;
        borrow = i32::from(difference < 0);
        check.data[16 + 33 + 32 + at] = difference.rem_euclid(256) as u8;
    }
    let instructions = [check, applicant.instruction()];
    assert!(applicant.send(&instructions).is_err());
    expect_success(applicant.register());
}

#[test]
fn sysvar_account_that_is_not_the_real_one_is_refused() {
    for mut applicant in applicants() {
        let sysvar = solana_sdk_ids::sysvar::instructions::ID;
        let fake = applicant.world.some_address();
        let owner = solana_sdk_ids::sysvar::ID;
        applicant.world.put_raw(fake, Account { lamports: 1_000_000, data: vec![0; 400], owner, ..Account::default() });
        let check = applicant.key.check(&applicant.message());
        for impostor in [fake, solana_sdk_ids::sysvar::clock::ID, applicant.world.payer()] {
            let register = tamper::swap(applicant.instruction(), sysvar, impostor);
            assert_error(applicant.send(&[check.clone(), register]), InstructionError::InvalidArgument);
        }
    }
}

#[test]
fn proof_for_another_device_key_in_the_arguments_is_refused() {
    let mut applicant = Applicant::new(Key::P256(P256Keypair::new(9)));
    let check = applicant.key.check(&applicant.message());
    let DeviceKey::P256(mut mirrored) = applicant.key.public() else { panic!("a P-256 key") };
    mirrored[0] ^= 1;
    let (wallet, network, until) =
        (applicant.operator.wallet.pubkey(), applicant.network.address, applicant.world.now() + 60);
    let other = DeviceKey::P256(mirrored);
    let register = register_device_by_proof(applicant.world.payer(), wallet, None, network, 0, &other, until);
    assert_program_error(applicant.send(&[check, register]), RegistryError::ProofOfAnotherKey);
}
