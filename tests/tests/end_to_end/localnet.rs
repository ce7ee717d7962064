//! `trellis localnet` as a process.

use std::net::TcpListener;

use nix::sys::signal::Signal;
use serde_json::Value;
use solana_address::Address;
use trellis_client::{Chain, REGISTRY_ID, REWARDS_ID, STAKING_ID, TOKEN_ID};

use super::support::{
    eventually,
    process::{Process, program},
};

#[tokio::test(flavor = "multi_thread")]
async fn localnet_says_where_it_is_and_stops_when_told() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let wallet = Address::new_from_array([9; 32]);
        let mut localnet = Process::spawn(&program("trellis"), |command| {
            let airdrop = format!("{wallet}=2.5");
            command.args(["localnet", "--json", "--rpc-port", "0", "--ws-port", "0", "--slot-ms", "100"]).args([
                "--start-time",
                "2014-02-04T00:00:00Z",
                "--airdrop",
                &airdrop,
            ])
        });
        let said: Value = eventually("the line of JSON", || serde_json::from_str(&localnet.stdout()).ok());
        let url = said["rpc_url"].as_str().unwrap();
        let chain = Chain::new(url);
        assert_eq!(chain.balance_lamports(&wallet).await.unwrap(), 2_500_000_000);
        let clock = chain.unix_time().await.unwrap();
        assert!((1_391_472_000..1_391_473_000).contains(&clock), "{clock}");
        let programs =
            [("registry", REGISTRY_ID), ("token", TOKEN_ID), ("staking", STAKING_ID), ("rewards", REWARDS_ID)];
        for (name, id) in programs {
            assert_eq!(said["programs"][name], id.to_string());
            assert!(chain.account(&id).await.unwrap().unwrap().executable, "{name}");
        }
        localnet.signal(signal);
        let finished = localnet.wait();
        assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""), "{finished:?}");
        let address = url.strip_prefix("http://").unwrap();
        eventually("the port to be free", || TcpListener::bind(address).ok());
    }
}
