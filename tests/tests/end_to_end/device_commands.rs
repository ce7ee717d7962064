//! `trellis device` and `trellis class`.

use serde_json::{Value, json};
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;
use trellis_client::{
    accounts::{Device, Operator},
    addresses,
    instructions::registry,
};
use trellis_core::DeviceKey;
use trellis_epoch::encoding::base58;
use trellis_tests::fixtures::P256Keypair;

use super::support::{
    cluster::SOL,
    commands::Commands,
    fresh_folder,
    network::Network,
    process::{assert_refused, trellis},
};

const DAY_SECONDS: i64 = 86_400;

async fn give_sol(network: &Network, to: &Keypair, lamports: u64) {
    let transfer = solana_system_interface::instruction::transfer(&network.founder.pubkey(), &to.pubkey(), lamports);
    network.chain.send(&[transfer], &[&network.founder]).await.unwrap();
}

fn key_of(key: &Keypair) -> DeviceKey {
    DeviceKey::Ed25519(key.pubkey().to_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_are_registered_moved_handed_over_and_retired_by_command() {
    let network = Network::start().await;
    let folder = fresh_folder("device-commands");
    let commands = Commands { network: &network, oracle_url: "http://127.0.0.1:9".to_owned(), folder };
    let [owner, buyer, maker, device, other] = [(); 5].map(|()| Keypair::new());
    let founder = commands.key("founder", &network.founder);
    let [owner_file, buyer_file, maker_file, device_file, other_file] =
        [("owner", &owner), ("buyer", &buyer), ("maker", &maker), ("device", &device), ("other", &other)]
            .map(|(name, key)| commands.key(name, key));

    // Classes: only the authority adds one.
    let add = ["class", "add", "--rated-power-watts", "5000", "--h3-resolution", "9", "--maker"];
    let maker_address = maker.pubkey().to_string();
    let add = [&add[..], &[&maker_address]].concat();
    assert_refused(
        &commands.run(&add, &owner_file),
        1,
        &["only the network's authority", &network.founder.pubkey().to_string()],
    );
    assert_eq!(commands.answer(&add, &founder)["index"], 1);
    let p256 = ["class", "add", "--rated-power-watts", "1", "--weight", "3", "--key", "p256", "--bond", "5"];
    assert_eq!(commands.answer(&p256, &founder)["index"], 2);
    let classes = commands.answer(&["class", "list"], "");
    let classes = classes["classes"].as_array().unwrap();
    assert_eq!(classes.len(), 3);
    assert_eq!((&classes[1]["maker"], &classes[1]["h3_resolution"]), (&json!(maker_address), &json!(9)));
    assert_eq!(
        (&classes[2]["key"], &classes[2]["weight"], &classes[2]["bond"]),
        (&json!("p256"), &json!(3), &json!("5"))
    );

    // Registration, and what stands in its way.
    let register =
        |more: &[&str], keypair: &str| commands.run(&[&["device", "register", &device_file], more].concat(), keypair);
    assert_refused(&register(&["--class", "1"], &owner_file), 1, &["names a maker", &maker_address, "--maker FILE"]);
    assert_refused(
        &register(&["--class", "1", "--maker", &other_file], &owner_file),
        1,
        &["--maker holds the keypair of"],
    );
    assert_refused(&register(&["--maker", &maker_file], &owner_file), 1, &["names no maker"]);
    assert_refused(&register(&["--class", "7"], &owner_file), 1, &["no class 7", "0 to 2"]);
    assert_refused(&register(&["--class", "2"], &owner_file), 1, &["p256 keys", "is ed25519"]);
    let with_maker = ["--class", "1", "--maker", maker_file.as_str()];
    assert_refused(&register(&with_maker, &owner_file), 1, &["has 0 SOL", &owner.pubkey().to_string()]);
    let missing = commands.run(&["device", "register", "none.json"], &owner_file);
    assert_refused(&missing, 2, &["none.json", "trellis agent init"]);
    // The founder pays: the owner needs no SOL.
    let sponsored = [&with_maker[..], &["--payer", &founder]].concat();
    let registered = register(&sponsored, &owner_file).json();
    assert_eq!(
        (&registered["ok"], &registered["new_operator"], &registered["class"]),
        (&json!(true), &json!(true), &json!(1))
    );
    let account = addresses::device(&network.address, &key_of(&device));
    let there: Device = network.chain.fetch(&account).await.unwrap();
    assert_eq!(there.rent_payer, network.founder.pubkey());
    let paid_at = addresses::associated_token_account(&owner.pubkey(), &network.mint);
    assert_eq!(network.chain.token_balance(&paid_at).await.unwrap(), Some(0));
    assert_eq!(register(&with_maker, &owner_file).json()["was_there"], true);
    assert_refused(&register(&with_maker, &buyer_file), 1, &["registered already, to operator 1"]);
    let payout = commands.run(&["device", "register", &other_file, "--payout", &maker_address], &owner_file);
    assert_refused(&payout, 2, &["--payout is for a new operator", "operator 1 already"]);

    // Lists.
    let own = commands.answer(&["device", "list"], &owner_file);
    let own = own["devices"].as_array().unwrap();
    assert_eq!((own.len(), &own[0]["device"]), (1, &json!(device.pubkey().to_string())));
    assert_eq!(commands.answer(&["device", "list", "--all"], &buyer_file)["devices"].as_array().unwrap().len(), 5);
    let of_operator =
        commands.answer(&["device", "list", "--operator", &network.operator.pubkey().to_string()], &buyer_file);
    assert_eq!(of_operator["devices"].as_array().unwrap().len(), 4);

    // Places.
    give_sol(&network, &owner, SOL).await;
    let relocate = |place: &str| commands.run(&["device", "move", &device_file, place], &owner_file);
    assert_refused(&relocate("here"), 2, &["`here` is no place"]);
    assert_refused(&relocate("871f84400ffffff"), 2, &["resolution 7", "wants 9"]);
    let moved = relocate("48.4505,5.5871").json();
    assert_eq!((&moved["ok"], &moved["cell"]), (&json!(true), &json!("891f8440057ffff")), "{moved}");
    assert_refused(&relocate("891f8440057ffff"), 1, &["stands in cell 891f8440057ffff already"]);
    assert_refused(&relocate("48.5,5.6"), 1, &["less than a day ago"]);
    network.travel(network.chain.unix_time().await.unwrap() + DAY_SECONDS).await;
    assert_eq!(relocate("-48.5,-5.6").code, Some(0));
    let not_placed = network.devices[0].verifying_key().to_bytes();
    let not_placed = base58::encode(&not_placed);
    let theirs = commands.run(&["device", "move", &not_placed, "48.5,5.6"], &owner_file);
    assert_refused(&theirs, 1, &["belongs to operator 0", &network.operator.pubkey().to_string()]);
    let operator = commands.key("operator", &network.operator);
    let no_place = commands.run(&["device", "move", &not_placed, "48.5,5.6"], &operator);
    assert_refused(&no_place, 1, &["have no place"]);
    hand_over_and_retire(&commands, (&owner_file, &owner), (&buyer_file, &buyer), &device).await;
}

async fn hand_over_and_retire(
    commands: &Commands<'_>,
    owner: (&str, &Keypair),
    buyer: (&str, &Keypair),
    device: &Keypair,
) {
    let network = commands.network;
    let name = device.pubkey().to_string();
    let own = commands.run(&["device", "transfer", &name, "--to", owner.0], owner.0);
    assert_refused(&own, 2, &["whose device it is already"]);
    let sold = commands.answer(&["device", "transfer", &name, "--to", buyer.0], owner.0);
    assert_eq!((&sold["operator_index"], &sold["wallet"]), (&json!(2), &json!(buyer.1.pubkey().to_string())));
    let taker: Operator = network.chain.fetch(&addresses::operator(&network.address, &buyer.1.pubkey())).await.unwrap();
    assert_eq!(taker.device_count, 1);
    let gone = commands.run(&["device", "retire", &name, "--yes"], owner.0);
    assert_refused(&gone, 1, &["belongs to operator 2"]);

    // A suspension, and the appeal against it.
    let account = addresses::device(&network.address, &key_of(device));
    let args = registry::SuspendDeviceArgs { reason_code: 3, evidence_hash: [5; 32] };
    let statement = commands.folder.join("statement.txt");
    std::fs::write(&statement, "It was the neighbour's.").unwrap();
    let appeal =
        |keypair: &str| commands.run(&["device", "appeal", &name, "--statement", statement.to_str().unwrap()], keypair);
    give_sol(network, buyer.1, SOL).await;
    assert_refused(&appeal(buyer.0), 1, &["is not suspended"]);
    let suspend = registry::suspend_device(network.founder.pubkey(), network.address, account, args);
    network.chain.send(&[suspend], &[&network.founder]).await.unwrap();
    let transfer = commands.run(&["device", "transfer", &name, "--to", owner.0], buyer.0);
    assert_refused(&transfer, 1, &["is suspended, for reason 3", "trellis device appeal"]);
    assert_eq!(appeal(buyer.0).json()["authority"], network.founder.pubkey().to_string());
    // What the program says, in its words and with its code.
    assert_refused(&appeal(buyer.0), 1, &["The suspension was appealed already", "6074"]);
    let reinstate = registry::reinstate_device(network.founder.pubkey(), network.address, account);
    network.chain.send(&[reinstate], &[&network.founder]).await.unwrap();

    assert_refused(&commands.run(&["device", "retire", &name], buyer.0), 2, &["nothing was done", "--yes"]);
    let before = network.chain.balance_lamports(&network.founder.pubkey()).await.unwrap();
    let retired = commands.answer(&["device", "retire", &name, "--yes"], buyer.0);
    assert_eq!(retired["rent_receiver"], network.founder.pubkey().to_string());
    assert!(network.chain.balance_lamports(&network.founder.pubkey()).await.unwrap() > before);
    assert_eq!(network.chain.account(&account).await.unwrap(), None);
    assert_refused(&commands.run(&["device", "retire", &name, "--yes"], buyer.0), 1, &["is not registered in network"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_without_a_network_say_where_they_looked() {
    let nothing = trellis(&["device", "list", "--all", "--url", "http://127.0.0.1:9", "--json"]);
    assert_refused(&nothing, 2, &["no network is named", "--network", "trellis.toml"]);
    let no_network = "4uQeVj5tqViQh7yWWGStvkEG1Zmhx6uasJtWCJziofM";
    let network = Network::start().await;
    let target = ["--json", "--url", &network.rpc_url, "--network", no_network];
    for command in
        [&["device", "list", "--all"][..], &["class", "list"], &["stake", "show", no_network], &["oracle", "status"]]
    {
        let finished = trellis(&[command, &target].concat());
        assert_refused(&finished, 1, &["there is no network", no_network, &network.rpc_url]);
    }
    let address = network.address.to_string();
    let target = ["--json", "--url", &network.rpc_url, "--network", &address];
    let no_pool = trellis(&[&["stake", "show", no_network][..], &target].concat());
    assert_refused(&no_pool, 1, &["has no stake pool", "[staking]"]);
    let status = trellis(&[&["oracle", "status"][..], &target].concat());
    let said: Value = status.json();
    assert_eq!((status.code, &said["threshold"], &said["next_to_finalize"]), (Some(0), &json!(1), &json!(0)));
    assert_eq!(said["oracles"][0]["oracle"], network.oracle.pubkey().to_string());
}

/// The code of a device, as `trellis agent show` prints it, signed by `sign`.
fn code(
    network: &Address,
    wallet: &Address,
    class: u16,
    key: DeviceKey,
    until: i64,
    sign: impl Fn(&[u8]) -> [u8; 64],
) -> String {
    let message = registry::registration(wallet, network, class, key, until).message();
    let (device, proof) = (base58::encode(key.bytes()), base58::encode(&sign(&message)));
    format!(
        "trellis:register?network={network}&device={device}&class={class}&operator={wallet}&valid_until={until}&proof={proof}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_are_registered_by_their_codes_and_no_others() {
    let network = Network::start().await;
    let folder = fresh_folder("device-codes");
    let commands = Commands { network: &network, oracle_url: "http://127.0.0.1:9".to_owned(), folder };
    let [owner, other] = [(); 2].map(|()| Keypair::new());
    let (founder, owner_file) = (commands.key("founder", &network.founder), commands.key("owner", &owner));
    commands.answer(&["class", "add", "--rated-power-watts", "5000", "--key", "p256"], &founder);
    let register = |code: &str, more: &[&str]| {
        commands.run(&[&["device", "register", code, "--payer", &founder], more].concat(), &owner_file)
    };
    let device = Keypair::new();
    let ed25519 = key_of(&device);
    let sign = |message: &[u8]| <[u8; 64]>::from(device.sign_message(message));
    let until = network.chain.unix_time().await.unwrap() + 3_600;
    let (address, wallet) = (network.address, owner.pubkey());
    let good = code(&address, &wallet, 0, ed25519, until, sign);

    let foreign = code(&network.mint, &wallet, 0, ed25519, until, sign);
    assert_refused(&register(&foreign, &[]), 1, &["is for network", &network.mint.to_string()]);
    let theirs = code(&address, &other.pubkey(), 0, ed25519, until, sign);
    assert_refused(
        &register(&theirs, &[]),
        1,
        &["is for the wallet", &other.pubkey().to_string(), "trellis agent show"],
    );
    let late = code(&address, &wallet, 0, ed25519, until - 7_200, sign);
    assert_refused(&register(&late, &[]), 1, &["was good until", "trellis agent show"]);
    let forged = code(&address, &wallet, 0, ed25519, until, |message| other.sign_message(message).into());
    assert_refused(&register(&forged, &[]), 1, &["is not the device's signature"]);
    let moved = good.replace(&format!("valid_until={until}"), &format!("valid_until={}", until + 1));
    assert_refused(&register(&moved, &[]), 1, &["is not the device's signature"]);
    let (unsigned, _) = good.split_once("&operator").unwrap();
    assert_refused(&register(unsigned, &[]), 1, &["is not signed by it", "trellis agent show"]);
    assert_refused(&register(&good[..good.len() - 9], &[]), 2, &["the code's proof is", "copy the whole code"]);
    assert_refused(&register(&good, &["--class", "1"]), 2, &["--class is 1", "for class 0"]);

    let registered = register(&good, &[]).json();
    assert_eq!((&registered["ok"], &registered["new_operator"]), (&json!(true), &json!(true)), "{registered}");
    // A secure element's key signs no transaction: its code is the only way.
    let element = P256Keypair::new(7);
    let code = code(&address, &wallet, 1, element.public(), until, |message| element.sign(message));
    let registered = register(&code, &[]).json();
    assert_eq!((&registered["ok"], &registered["class"]), (&json!(true), &json!(1)), "{registered}");
    let there: Device = network.chain.fetch(&addresses::device(&address, &element.public())).await.unwrap();
    assert_eq!(there.device_key(), Some(element.public()));
    assert_eq!(register(&code, &[]).json()["was_there"], true);
}
