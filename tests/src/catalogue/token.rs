//! Sound calls of the token program's instructions.

use solana_address::Address;
use solana_signer::Signer;
use trellis_client::{
    SPL_TOKEN_ID, TOKEN_2022_ID,
    accounts::Emission,
    addresses,
    instructions::token::{self, CreateEmissionArgs},
};
use trellis_core::Epoch;

use super::{Call, Case};
use crate::{
    World,
    fixtures::{DECIMALS, EmissionFixture, NetworkFixture, emission_args},
};

const PROGRAM: &str = "token";
const PAYS_RENT: &str = "whoever pays the rent";

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (token_program, name) in [(SPL_TOKEN_ID, ""), (TOKEN_2022_ID, "Token-2022")] {
        cases.push(Case::new(PROGRAM, "create_mint", name, move |world| create_mint(world, token_program)));
        cases.push(Case::new(PROGRAM, "burn", name, move |world| burn(world, token_program)));
        for destinations in [1, 6] {
            let case = named(name, &[(destinations, "destination")]);
            cases.push(Case::new(PROGRAM, "create_emission", case, move |world| {
                create_emission(world, token_program, destinations)
            }));
            for epochs in [1, 64] {
                let case = named(name, &[(usize::from(epochs), "epoch"), (destinations, "destination")]);
                cases.push(Case::new(PROGRAM, "emit_epochs", case, move |world| {
                    emit_epochs(world, token_program, destinations, epochs)
                }));
            }
        }
    }
    cases
}

/// Such as `Token-2022, 64 epochs, 1 destination`.
fn named(token_program: &str, counts: &[(usize, &str)]) -> String {
    let counts = counts.iter().map(|(count, what)| format!("{count} {what}{}", if *count == 1 { "" } else { "s" }));
    let parts = [token_program.to_owned()].into_iter().filter(|part| !part.is_empty()).chain(counts);
    parts.collect::<Vec<_>>().join(", ")
}

fn create_mint(world: &mut World, token_program: Address) -> Call {
    let (network, other) = (world.create_network(), world.create_network());
    let authority = network.authority_address();
    let create = token::create_mint_of(world.payer(), authority, network.address, DECIMALS, token_program);
    Call::new(create, &[&network.authority])
        .twin(network.address, other.address)
        .twin(authority, other.authority_address())
        .twin(addresses::mint(&network.address), addresses::mint(&other.address))
        .twin(addresses::mint_authority(&network.address), addresses::mint_authority(&other.address))
        .any(world.payer(), PAYS_RENT)
}

/// A network with a mint, and its authority's and some wallets' token accounts.
fn minted(world: &mut World, token_program: Address, count: usize) -> (NetworkFixture, Address, Vec<Address>) {
    let network = world.create_network();
    let mint = world.create_mint_of(&network, token_program);
    let accounts = (0..count).map(|_| {
        let wallet = world.some_address();
        world.open_token_account(wallet, mint)
    });
    let accounts = accounts.collect();
    (network, mint, accounts)
}

fn create_emission(world: &mut World, token_program: Address, destinations: usize) -> Call {
    let (network, mint, accounts) = minted(world, token_program, destinations + 1);
    let (other, other_mint, other_accounts) = minted(world, token_program, destinations + 1);
    let authority = network.authority_address();
    let shares_bps = vec![10_000 / destinations as u16; destinations];
    let args = CreateEmissionArgs { shares_bps, ..emission_args() };
    let (treasury, rest) = (accounts[0], &accounts[1..]);
    let create = token::create_emission(world.payer(), authority, network.address, treasury, rest, args);
    let mut call = Call::new(create, &[&network.authority])
        .twin(network.address, other.address)
        .twin(authority, other.authority_address())
        .twin(mint, other_mint)
        .twin(addresses::mint_authority(&network.address), addresses::mint_authority(&other.address))
        .twin(addresses::emission(&network.address), addresses::emission(&other.address))
        .any(world.payer(), PAYS_RENT);
    for (account, twin) in accounts.iter().zip(other_accounts) {
        call = call.twin(*account, twin);
    }
    call
}

/// Two networks that emit to as many destinations; a hundred of their epochs have elapsed.
fn emitting(world: &mut World, token_program: Address, destinations: usize) -> (EmissionFixture, EmissionFixture) {
    let shares = vec![9_000 / destinations as u16; destinations];
    let one = world.emission_to(token_program, &shares, |_| {});
    let other = world.emission_to(token_program, &shares, |_| {});
    world.advance_past(&one.network, Epoch(99));
    (one, other)
}

fn emit_epochs(world: &mut World, token_program: Address, destinations: usize, epochs: u8) -> Call {
    let (fixture, other) = emitting(world, token_program, destinations);
    let emission = world.account::<Emission>(fixture.address);
    let mut call = Call::new(token::emit_epochs(&emission, 0, epochs), &[])
        .twin(fixture.address, other.address)
        .twin(fixture.mint, other.mint)
        .twin(addresses::mint_authority(&fixture.network.address), addresses::mint_authority(&other.network.address))
        .twin(fixture.treasury, other.treasury)
        .twin(token_program, if token_program == SPL_TOKEN_ID { TOKEN_2022_ID } else { SPL_TOKEN_ID });
    for (account, twin) in fixture.destinations.iter().zip(other.destinations) {
        call = call.twin(*account, twin);
    }
    call
}

fn burn(world: &mut World, token_program: Address) -> Call {
    let (fixture, other) = emitting(world, token_program, 1);
    world.emit_through(&fixture.network, Epoch(0));
    let (owner, emission) = (&fixture.owners[1], world.account::<Emission>(fixture.address));
    let burn = token::burn(owner.pubkey(), &emission, fixture.destinations[0], 1, &"m".repeat(128));
    Call::new(burn, &[owner])
        .twin(owner.pubkey(), other.owners[1].pubkey())
        .twin(fixture.address, other.address)
        .twin(fixture.mint, other.mint)
        .twin(fixture.destinations[0], other.destinations[0])
        .twin(token_program, if token_program == SPL_TOKEN_ID { TOKEN_2022_ID } else { SPL_TOKEN_ID })
}
