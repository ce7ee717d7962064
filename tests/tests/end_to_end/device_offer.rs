//! `trellis device transfer` by two people on two machines, neither of whom gives a key away.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::json;
use solana_address::Address;
use solana_keypair::Keypair;
use solana_message::{Hash, VersionedMessage};
use solana_signer::Signer;
use solana_system_interface::instruction::{advance_nonce_account, create_nonce_account, transfer};
use solana_transaction::versioned::VersionedTransaction;
use trellis_client::{accounts::Device, addresses};
use trellis_core::DeviceKey;
use trellis_epoch::encoding::base58;

use super::support::{
    commands::{Commands, text},
    fresh_folder,
    network::Network,
    process::{Finished, assert_refused},
};

const SOL: u64 = 1_000_000_000;
/// Bytes of a nonce account.
const NONCE_BYTES: usize = 80;

/// A network whose operator sells its first device.
struct Sale<'a> {
    commands: Commands<'a>,
    buyer: Keypair,
    /// Files of keypairs.
    seller_file: String,
    buyer_file: String,
    device: String,
    account: Address,
}

impl<'a> Sale<'a> {
    async fn start(network: &'a Network, name: &str) -> Self {
        let commands = Commands { network, oracle_url: "http://127.0.0.1:9".to_owned(), folder: fresh_folder(name) };
        let buyer = Keypair::new();
        let key = DeviceKey::Ed25519(network.devices[0].verifying_key().to_bytes());
        Self {
            seller_file: commands.key("seller", &network.operator),
            buyer_file: commands.key("buyer", &buyer),
            device: base58::encode(key.bytes()),
            account: addresses::device(&network.address, &key),
            commands,
            buyer,
        }
    }

    async fn pay_seller(&self) {
        let network = self.commands.network;
        let pay = transfer(&network.founder.pubkey(), &network.operator.pubkey(), SOL);
        network.chain.send(&[pay], &[&network.founder]).await.unwrap();
    }

    fn offer_with(&self, more: &[&str]) -> Finished {
        let to = self.buyer.pubkey().to_string();
        let offer = ["device", "transfer", &self.device, "--sign-only", "--to", &to];
        self.commands.run(&[&offer[..], more].concat(), &self.seller_file)
    }

    /// An offer in base64.
    fn offer(&self, more: &[&str]) -> String {
        let offered = self.offer_with(more);
        assert_eq!(offered.code, Some(0), "{offered:?}");
        let offered = offered.json();
        assert_eq!(offered["to"], self.buyer.pubkey().to_string(), "{offered}");
        offered["offer"].as_str().unwrap().to_owned()
    }

    fn accept_as(&self, offer: &str, device: &str, keypair: &str, more: &[&str]) -> Finished {
        let file = self.commands.folder.join("offer.txt");
        std::fs::write(&file, format!("{offer}\n")).unwrap();
        let accept = ["device", "transfer", device, "--accept", &text(&file)];
        self.commands.run(&[&accept[..], more].concat(), keypair)
    }

    fn accept(&self, offer: &str) -> Finished {
        self.accept_as(offer, &self.device, &self.buyer_file, &["--yes"])
    }

    async fn owner(&self) -> Address {
        self.commands.network.chain.fetch::<Device>(&self.account).await.unwrap().operator
    }

    fn operator(&self, wallet: &Keypair) -> Address {
        addresses::operator(&self.commands.network.address, &wallet.pubkey())
    }
}

/// The same offer with another lifetime, signed again.
fn with_blockhash(offer: &str, blockhash: Hash, seller: &Keypair) -> String {
    let bytes = BASE64_STANDARD.decode(offer).unwrap();
    let mut transaction: VersionedTransaction = wincode::deserialize(&bytes).unwrap();
    let VersionedMessage::Legacy(message) = &mut transaction.message else { panic!("{transaction:?}") };
    message.recent_blockhash = blockhash;
    transaction.signatures[0] = seller.sign_message(&transaction.message.serialize());
    BASE64_STANDARD.encode(wincode::serialize(&transaction).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn offer_is_accepted_once_by_whom_it_is_for_and_says_what_it_is() {
    let network = Network::start().await;
    let sale = Sale::start(&network, "device-offer").await;
    let (seller, buyer) = (network.operator.pubkey().to_string(), sale.buyer.pubkey().to_string());
    let run = |arguments: &[&str], keypair: &str| {
        sale.commands.run(&[&["device", "transfer", &sale.device], arguments].concat(), keypair)
    };
    // What stands in the way of an offer.
    assert_refused(&run(&["--to", &buyer], &sale.seller_file), 2, &[&buyer, "both wallets sign", "--sign-only"]);
    assert_refused(&run(&["--to", "nobody", "--sign-only"], &sale.seller_file), 2, &["--to nobody is neither"]);
    assert_refused(&run(&["--to", &seller, "--sign-only"], &sale.seller_file), 2, &["whose device it is already"]);
    assert_refused(&run(&["--to", &seller, "--sign-only"], &sale.buyer_file), 1, &["belongs to operator 0"]);
    assert_refused(&sale.offer_with(&[]), 1, &["has 0 SOL", &seller]);
    sale.pay_seller().await;

    // Whom and what it is for.
    let offer = sale.offer(&[]);
    let rival = Keypair::new();
    let other = sale.commands.key("other", &rival);
    let accept = |offer: &str, keypair: &str| sale.accept_as(offer, &sale.device, keypair, &["--yes"]);
    assert_refused(&accept(&offer, &other), 1, &["the offer is to", &buyer, "--keypair"]);
    assert_refused(&accept(&offer, &sale.seller_file), 1, &["your own offer", &buyer]);
    let second = base58::encode(&network.devices[1].verifying_key().to_bytes());
    let of_second = sale.accept_as(&offer, &second, &sale.buyer_file, &["--yes"]);
    assert_refused(&of_second, 1, &["not for this device in this network"]);
    assert_refused(&accept("AAAA", &sale.buyer_file), 1, &["this is no offer", "--sign-only"]);
    assert_refused(&run(&["--accept", "none.txt"], &sale.buyer_file), 2, &["none.txt", "cannot read the offer"]);

    // Changed on its way, in the signature and in what was signed; and too old.
    let whole = BASE64_STANDARD.decode(&offer).unwrap();
    for (place, words) in [(9, "it was changed after it was signed"), (whole.len() - 1, "something else in it")] {
        let mut changed = whole.clone();
        changed[place] ^= 1;
        assert_refused(&accept(&BASE64_STANDARD.encode(changed), &sale.buyer_file), 1, &[words]);
    }
    let old = with_blockhash(&offer, Hash::new_from_array([7; 32]), &network.operator);
    assert_refused(&accept(&old, &sale.buyer_file), 1, &["has expired", &seller, "--nonce"]);

    // Looked at, then accepted; by one who has no SOL and was no operator.
    let looked_at = sale.accept_as(&offer, &sale.device, &sale.buyer_file, &[]);
    assert_refused(&looked_at, 2, &["nothing was done", "--yes", &seller]);
    assert_eq!(sale.owner().await, sale.operator(&network.operator));
    let offer = sale.offer(&[]);
    let to_rival = run(&["--to", &rival.pubkey().to_string(), "--sign-only"], &sale.seller_file).json();
    let to_rival = to_rival["offer"].as_str().unwrap();
    let accepted = sale.accept(&offer);
    assert_eq!(accepted.code, Some(0), "{accepted:?}");
    let accepted = accepted.json();
    assert_eq!((&accepted["from"], &accepted["wallet"]), (&json!(seller), &json!(buyer)), "{accepted}");
    assert_eq!(sale.owner().await, sale.operator(&sale.buyer));
    assert_eq!(network.chain.balance_lamports(&sale.buyer.pubkey()).await.unwrap(), 0);
    assert_refused(&sale.accept(&offer), 1, &["is yours already", "accepted before"]);
    assert_refused(&accept(to_rival, &other), 1, &["belongs to operator 1 now", &seller]);

    // Given back, it cannot be taken again by the same offer.
    let pay = transfer(&network.founder.pubkey(), &sale.buyer.pubkey(), SOL);
    network.chain.send(&[pay], &[&network.founder]).await.unwrap();
    let back = run(&["--to", &sale.seller_file], &sale.buyer_file);
    assert_eq!(back.code, Some(0), "{back:?}");
    assert_eq!(sale.accept(&offer).code, Some(1));
    assert_eq!(sale.owner().await, sale.operator(&network.operator));
    sale.commands.answer(&["device", "retire", &sale.device, "--yes"], &sale.seller_file);
    assert_refused(&accept(to_rival, &other), 1, &["is not registered any more"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn offer_with_a_nonce_holds_until_the_nonce_is_advanced() {
    let network = Network::start().await;
    let sale = Sale::start(&network, "device-offer-nonce").await;
    sale.pay_seller().await;
    let (founder, seller, nonce) = (network.founder.pubkey(), network.operator.pubkey(), Keypair::new());
    let address = nonce.pubkey().to_string();
    let none = sale.offer_with(&["--nonce", &founder.to_string()]);
    assert_refused(&none, 1, &["is no nonce account", "solana create-nonce-account"]);
    let lamports = network.chain.rent_lamports(NONCE_BYTES).await.unwrap();
    let create = create_nonce_account(&founder, &nonce.pubkey(), &seller, lamports);
    network.chain.send(&create, &[&network.founder, &nonce]).await.unwrap();
    let foreign = Keypair::new();
    let create = create_nonce_account(&founder, &foreign.pubkey(), &founder, lamports);
    network.chain.send(&create, &[&network.founder, &foreign]).await.unwrap();
    let refused = sale.offer_with(&["--nonce", &foreign.pubkey().to_string()]);
    assert_refused(&refused, 1, &["for", &founder.to_string(), "to advance"]);

    let taken_back = sale.offer(&["--nonce", &address]);
    let advance = advance_nonce_account(&nonce.pubkey(), &seller);
    network.chain.send(&[advance], &[&network.operator]).await.unwrap();
    assert_refused(&sale.accept(&taken_back), 1, &["was taken back", &address]);

    let offer = sale.offer(&["--nonce", &address]);
    let shown = sale.accept_as(&offer, &sale.device, &sale.buyer_file, &[]);
    assert_refused(&shown, 2, &["nothing was done"]);
    let accepted = sale.accept(&offer);
    assert_eq!(accepted.code, Some(0), "{accepted:?}");
    assert_eq!(sale.owner().await, sale.operator(&sale.buyer));
}
