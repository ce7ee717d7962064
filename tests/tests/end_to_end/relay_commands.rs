//! An owner without SOL, by commands alone.

use serde_json::{Value, json};
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::{accounts::Operator, addresses};

use super::{
    relay::Stage,
    relay_transactions::{CODE, Sponsor},
    support::{commands::Commands, process::assert_refused},
};

#[tokio::test(flavor = "multi_thread")]
async fn invited_owner_registers_by_command_without_sol() {
    let sponsor = Sponsor::start("relay-commands", "devices_per_owner = 1").await;
    let (network, folder) = (&sponsor.network, sponsor.oracle.folder.clone());
    let commands = Commands { network, oracle_url: sponsor.oracle.url.clone(), folder };
    let owner = Keypair::new();
    let [wallet, first, second] = [("owner", &owner), ("first", &Keypair::new()), ("second", &Keypair::new())]
        .map(|(name, key)| commands.key(name, key));
    let register =
        |device: &str, code: &str| commands.run(&["device", "register", device, "--invitation", code], &wallet);

    assert_refused(&register(&first, "welcome-to-another-farm"), 1, &["no such invitation"]);
    assert_refused(&commands.run(&["device", "register", &first], &wallet), 1, &["has 0 SOL", "send at least"]);
    let registered = register(&first, CODE);
    assert_eq!(registered.code, Some(0), "{registered:?}");
    assert_eq!((&registered.json()["new_operator"], &registered.json()["was_there"]), (&json!(true), &json!(false)));
    assert_eq!(register(&first, CODE).json()["was_there"], json!(true));
    assert_refused(&register(&second, CODE), 1, &["has paid for 1"]);
    let operator: Operator =
        network.chain.fetch(&addresses::operator(&network.address, &owner.pubkey())).await.unwrap();
    assert_eq!((operator.device_count, operator.payout_wallet), (1, owner.pubkey()));
    assert_eq!(network.chain.balance_lamports(&owner.pubkey()).await.unwrap(), 0);
    assert_refused(&commands.run(&["rewards", "claim", "--relay"], &wallet), 1, &["no epoch's root is final yet"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn relay_claims_by_command_once_and_says_why_it_does_not() {
    let stage = Stage::start("relay-commands-claim", "client_per_minute = 0").await;
    let folder = stage.oracle.folder.clone();
    let commands = Commands { network: &stage.network, oracle_url: stage.oracle.url.clone(), folder };

    // Nobody's keypair is needed, for only the operator can be paid.
    let paid = commands.answer(&["rewards", "claim", "0", "--relay"], "");
    assert_eq!(
        (&paid["outcome"], &paid["claimed"]),
        (&json!("paid"), &json!(stage.tokens(0).await.unwrap().to_string()))
    );
    let again = commands.answer(&["rewards", "claim", "0", "--relay"], "");
    assert_eq!(
        (&again["outcome"], &again["claimed"], &again["signature"]),
        (&json!("already_claimed"), &json!("0"), &Value::Null)
    );
    assert_refused(&commands.run(&["rewards", "claim", "2", "--relay"], ""), 1, &["did not pay", "token account"]);
    assert_refused(&commands.run(&["rewards", "claim", "9", "--relay"], ""), 1, &["9"]);

    let device = commands.key("device", &Keypair::new());
    let invited = commands.run(&["device", "register", &device, "--invitation", "x"], &device);
    assert_refused(&invited, 1, &["pays for no registrations", "--invitation"]);
}
