//! Several oracles of one vault, each with a key, a disk and a port of its own, and a line to each other.

use std::{collections::BTreeSet, time::Instant};

use serde_json::Value;
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::{
    accounts::{RootProposal, Vault},
    addresses,
    instructions::rewards::{self, OracleMember, SetOraclesArgs},
};
use trellis_core::Epoch;

use super::{
    LOOK_EVERY, PATIENCE,
    device::attest,
    fresh_folder,
    link::Link,
    network::{CHALLENGE_SECONDS, EPOCH_END_UNIX, GENESIS_UNIX, GRACE_SECONDS, Network},
    oracle::Oracle,
};

pub const MEMBERS: usize = 4;
/// Of four oracles of weight 1.
const THRESHOLD: u32 = 3;
pub const EXCHANGE_SECONDS: i64 = 300;
pub const LEADER_SECONDS: i64 = 600;
/// When epoch 0 is sealed; the end of its exchange; the beginning of round 1.
pub const SEALED_UNIX: i64 = EPOCH_END_UNIX + GRACE_SECONDS;
pub const EXCHANGED_UNIX: i64 = SEALED_UNIX + EXCHANGE_SECONDS;
const FEES_LAMPORTS: u64 = 5_000_000_000;

/// A vault with four members, of which some are real oracles.
pub struct Quorum {
    pub network: Network,
    pub keys: Vec<Keypair>,
    /// `None` where the test itself is the member.
    pub oracles: Vec<Option<Oracle>>,
    /// From one oracle to another.
    links: Vec<Vec<Link>>,
}

impl Quorum {
    /// Starts a network whose epoch 0 is just over, and those of the four oracles that `real` names.
    pub async fn start(name: &str, real: &[usize]) -> Self {
        let network = Network::start().await;
        let keys: Vec<Keypair> = (0..MEMBERS).map(|_| Keypair::new()).collect();
        install_oracles(&network, &keys).await;
        network.travel(EPOCH_END_UNIX).await;
        let mut links = Vec::new();
        for _ in 0..MEMBERS {
            let mut row = Vec::new();
            for _ in 0..MEMBERS {
                row.push(Link::start().await);
            }
            links.push(row);
        }
        let mut quorum = Self { network, keys, oracles: (0..MEMBERS).map(|_| None).collect(), links };
        for &member in real {
            let folder = fresh_folder(&format!("quorum-{name}-{member}"));
            let settings = quorum.settings(member);
            let change = |own: String| format!("{}\n{settings}", own.replace("poll_ms = 50", "poll_ms = 150"));
            let oracle = Oracle::start_as(&folder, &quorum.network, &quorum.keys[member], change).await;
            for row in &quorum.links {
                row[member].connect(&oracle.url);
            }
            quorum.oracles[member] = Some(oracle);
        }
        quorum
    }

    /// All four are real.
    pub async fn whole(name: &str) -> Self {
        Self::start(name, &[0, 1, 2, 3]).await
    }

    fn settings(&self, member: usize) -> String {
        let others = (0..MEMBERS).filter(|other| *other != member);
        let peers = others.map(|other| {
            format!("{{ oracle = \"{}\", url = \"{}\" }}", self.keys[other].pubkey(), self.links[member][other].url)
        });
        format!(
            "[quorum]\npeers = [{}]\nexchange_timeout_seconds = {EXCHANGE_SECONDS}\n\
             leader_timeout_seconds = {LEADER_SECONDS}\n",
            peers.collect::<Vec<_>>().join(", ")
        )
    }

    pub fn oracle(&mut self, member: usize) -> &mut Oracle {
        self.oracles[member].as_mut().unwrap()
    }

    /// The test itself serves what `member` would, at `url`.
    pub fn serve_as(&self, member: usize, url: &str) {
        self.links.iter().for_each(|row| row[member].connect(url));
    }

    /// Every line between the two sides.
    fn between(&self, one: &[usize], other: &[usize]) -> impl Iterator<Item = &Link> {
        let (one, other) = (one.to_vec(), other.to_vec());
        let pairs: Vec<_> = one.iter().flat_map(|from| other.iter().map(|to| (*from, *to))).collect();
        pairs.into_iter().flat_map(|(from, to)| [&self.links[from][to], &self.links[to][from]])
    }

    pub fn cut(&self, one: &[usize], other: &[usize]) {
        self.between(one, other).for_each(Link::cut);
    }

    pub fn heal(&self, one: &[usize], other: &[usize]) {
        self.between(one, other).for_each(Link::heal);
    }

    /// The device `device` sends its readings of these intervals of epoch 0 to an oracle; their ids.
    pub async fn work(&self, member: usize, device: usize, intervals: std::ops::Range<u32>) -> BTreeSet<[u8; 32]> {
        let network = self.network.address.to_bytes();
        let batch: Vec<_> =
            intervals.map(|number| attest(&self.network.devices[device], network, GENESIS_UNIX, number)).collect();
        let receipts = self.oracles[member].as_ref().unwrap().sender().deliver(&batch).await;
        receipts.into_keys().collect()
    }

    pub async fn travel(&self, unix: i64) {
        self.network.travel(unix).await;
    }

    pub async fn vault(&self) -> Vault {
        self.network.chain.fetch(&self.network.vault).await.unwrap()
    }

    /// What `member` proposed for `epoch`.
    pub async fn proposal(&self, epoch: u64, member: usize) -> Option<RootProposal> {
        let address = addresses::proposal(&self.network.vault, Epoch(epoch), &self.keys[member].pubkey());
        self.network.chain.find(&address).await.unwrap()
    }

    /// Waits until a proposal is approved; whose it is.
    pub async fn until_approved(&self) -> usize {
        let vault = self.until("a root is approved", |vault| vault.approved != 0).await;
        usize::from(vault.approved) - 1
    }

    /// Waits until the vault is as wanted.
    pub async fn until(&self, what: &str, wanted: impl Fn(&Vault) -> bool) -> Vault {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let vault = self.vault().await;
            if wanted(&vault) {
                return vault;
            }
            let ballots = &vault.ballots[..MEMBERS];
            assert!(Instant::now() < deadline, "{what}: not within {} s; ballots {ballots:?}", PATIENCE.as_secs());
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Lets the challenge window of the approved root pass and waits until all oracles that run have gone on from it.
    pub async fn until_adopted(&mut self, epoch: u64, running: &[usize]) {
        let now = self.network.chain.unix_time().await.unwrap();
        self.travel(now + i64::from(CHALLENGE_SECONDS)).await;
        for &member in running {
            self.adopted(member, epoch).await;
        }
    }

    /// Waits until an oracle has gone on from the final root of `epoch`.
    pub async fn adopted(&mut self, member: usize, epoch: u64) -> Value {
        let what = format!("oracle {member} has closed epoch {epoch}");
        let closed = |status: &Value| status["next_to_close"].as_u64().is_some_and(|next| next > epoch);
        self.oracle(member).status_when(&what, closed).await
    }

    /// Ids of all attestations in `epoch`'s bundle of these oracles, which must be one and the same.
    pub fn counted(&self, epoch: u64, members: &[usize]) -> BTreeSet<[u8; 32]> {
        let bundles: Vec<_> =
            members.iter().map(|member| self.oracles[*member].as_ref().unwrap().bundle(epoch)).collect();
        assert!(bundles.windows(2).all(|pair| pair[0].hash == pair[1].hash), "they have different bundles");
        let verdicts = bundles[0].verdicts().unwrap().all().unwrap();
        let ids: BTreeSet<_> = verdicts.iter().map(|verdict| verdict.id).collect();
        assert_eq!(ids.len(), verdicts.len(), "an attestation stands twice in the bundle");
        ids
    }
}

/// Makes the keys the vault's oracle set, and pays for their fees.
async fn install_oracles(network: &Network, keys: &[Keypair]) {
    let founder = network.founder.pubkey();
    let members = keys.iter().map(|key| OracleMember { oracle: key.pubkey(), weight: 1 }).collect();
    let set = SetOraclesArgs { keep: 0, members, threshold: THRESHOLD };
    let mut instructions = vec![rewards::set_oracles(founder, network.address, network.vault, set)];
    let fees = |key: &Keypair| solana_system_interface::instruction::transfer(&founder, &key.pubkey(), FEES_LAMPORTS);
    instructions.extend(keys.iter().map(fees));
    network.chain.send(&instructions, &[&network.founder]).await.unwrap();
}
