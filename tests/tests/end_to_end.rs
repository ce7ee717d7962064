//! The whole way in real processes, over real HTTP, on a real disk, against the local chain.
//!
//! | module | what is tried |
//! |---|---|
//! | `demo` | the demo twice with one seed; stopped in the middle |
//! | `agent` | a device in software, from real readings to tokens, killed in between; and what it says |
//! | `audit` | `trellis audit` of the demo's bundles, whole and tampered with |
//! | `trellis_input` | arguments that `trellis` cannot use |
//! | `localnet` | `trellis localnet` as a process |
//! | `oracle_settings` | settings, keys and chains that `trellis-oracle` cannot use |
//! | `oracle_away` | the oracle away for more epochs than the chain remembers |
//! | `crash` | the oracle killed again and again, under load and while it closes and posts |
//! | `fail_points` | the oracle killed at every step boundary of ingest, close, bundle, post, copy and deletion |
//! | `second_oracle` | another oracle with the same key |
//! | `quorum` | four oracles close epochs together: all well, one dead, one slow |
//! | `quorum_partition` | four oracles that are cut apart |
//! | `quorum_liar` | one of four proposes a root that is not right |
//! | `deploy` | `trellis deploy` through the real upgradeable loader: whole, killed in the middle, upgrading, refusing |
//! | `own_ids` | programs built, deployed and used under one's own addresses |
//! | `network_create` | `trellis network create`: whole, resumed, differing |
//! | `network_whole` | the same with all that a file can say |
//! | `doctor` | `trellis doctor` of clusters that lack something |
//! | `chain_away` | the chain stops while the oracle runs |
//! | `posting` | posting through RPC servers that fail, drop, repeat, lag and lie |
//! | `alarms` | a low balance, a missed vote |
//! | `operations` | `trellis-oracle check`, the log's level, stopping under load |
//! | `examples` | the SDK's examples: events, rewards, receipts, stake tiers |
//! | `feed` | the registry's changes over the websocket |
//! | `fleet` | claims of 5,000 operators, killed in the middle |
//! | `full_disk` | a disk that takes no more |
//! | `jetstream` | one oracle on several nodes, over NATS brokers of which one dies |
//! | `backup` | an oracle on a copy of another's folders |
//! | `mqtt` | attestations over a broker, and the oracle killed before it acknowledged one |
//! | `tls` | HTTPS, and a new certificate while the oracle runs |
//! | `traces` | the spans of a request and of a close, at a collector |
//! | `bundle_store` | bundles in an S3 server: copied, audited from there, the server away, failing, refusing, changed |
//! | `retention` | bundles deleted when nothing needs them |
//! | `signer` | the key in a process of its own |
//! | `statements` | corrections and appeals, signed by `trellis` |
//! | `openapi` | the API, fuzzed by its own document |
//! | `independent` | a client made of the IDL and solders alone |
//! | `rewards` | `trellis rewards` and `trellis explain`: shown, claimed, explained, and every mistake |
//! | `device_commands` | `trellis device` and `trellis class` |
//! | `device_offer` | a device handed over by two people on two machines |
//! | `own_network` | `trellis init`, `trellis up`, `trellis stake`: one's own network, device and stake |
//! | `simulate` | `trellis simulate` of the demo's bundles |
//! | `receipt` | `trellis receipt`, with bundles that hold what was acknowledged, and one that does not |
//! | `relay` | claims that the oracle sends and pays for |
//! | `relay_commands` | an owner without SOL registers and claims by commands |
//! | `relay_errors` | every reason why the relay does not pay, and what it costs |
//! | `relay_transactions` | registrations and claims of others that the relay signs as fee payer |
//! | `readme` | the README's commands |
//! | `support` | processes, a network on a local chain, devices |
//!
//! The programs under test are those beside the test's own executable: `make test` builds them first.
#![allow(clippy::unwrap_used)]

mod end_to_end {
    mod agent;
    mod alarms;
    mod audit;
    mod backup;
    mod bundle_store;
    mod chain_away;
    mod crash;
    mod demo;
    mod deploy;
    mod device_commands;
    mod device_offer;
    mod doctor;
    mod examples;
    mod fail_points;
    mod feed;
    mod fleet;
    mod full_disk;
    mod independent;
    mod jetstream;
    mod localnet;
    mod mqtt;
    mod network_create;
    mod network_whole;
    mod openapi;
    mod operations;
    mod oracle_away;
    mod oracle_settings;
    mod own_ids;
    mod own_network;
    mod posting;
    mod quorum;
    mod quorum_liar;
    mod quorum_partition;
    mod readme;
    mod receipt;
    mod relay;
    mod relay_commands;
    mod relay_errors;
    mod relay_transactions;
    mod retention;
    mod rewards;
    mod second_oracle;
    mod signer;
    mod simulate;
    mod statements;
    mod support;
    mod tls;
    mod traces;
    mod trellis_input;
}
