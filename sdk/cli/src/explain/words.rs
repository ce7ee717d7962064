//! An explanation for people.

use trellis_epoch::encoding::moment;

use super::{
    account::{AttestationLine, Explanation},
    chain::{Finality, RootState},
    tree::LeafProof,
};
use crate::commands::amounts::{thousands, tokens};

/// All of it, line by line.
pub fn describe(explained: &Explanation) -> String {
    let mut lines = head(explained);
    lines.extend(work(explained));
    lines.extend(share(explained));
    lines.push(leaf("leaf", &explained.reward_leaf));
    lines.push(leaf("device's leaf", &explained.device_leaf));
    lines.push(match &explained.chain {
        Some(chain) => finality(explained, chain),
        None => format!("{:<15}not asked: compare with --url", "chain"),
    });
    if let Some(chain) = &explained.chain {
        lines.extend(transactions(chain));
        let (claimed, decimals) = (tokens(chain.claimed, chain.decimals), chain.decimals);
        let cumulative = tokens(explained.share.cumulative, decimals);
        lines.push(format!("{:<15}{claimed} of the {cumulative} earned up to this epoch, or of later ones", "claimed"));
    }
    lines.push("OK: every figure follows from the attestations as the bundle holds them".to_owned());
    lines.join("\n")
}

fn head(explained: &Explanation) -> Vec<String> {
    let class = &explained.class;
    let suspended = if explained.suspended { ", SUSPENDED when the epoch was closed" } else { "" };
    let watts = thousands(class.rated_power_watts);
    vec![
        format!("{:<15}{}{suspended}", "device", explained.device),
        format!("{:<15}{}: up to {watts} W, weight {}", "class", class.index, class.weight),
        format!(
            "{:<15}{}, from {} to {}",
            "epoch",
            explained.epoch,
            moment(explained.starts_unix),
            moment(explained.ends_unix)
        ),
        format!("{:<15}{}", "bundle", explained.bundle_hash),
    ]
}

fn work(explained: &Explanation) -> Vec<String> {
    let mut lines: Vec<String> = explained.attestations.iter().map(attestation).collect();
    let (all, accepted) = (explained.attestations.len(), explained.accepted_wh);
    let counted = explained.attestations.iter().filter(|line| line.accepted_wh.is_some()).count();
    lines.push(format!("{:<15}{all}, of which {counted} count: {} Wh", "attestations", thousands(accepted)));
    if all == 0 {
        lines.push(format!("{:<15}the oracle acknowledged nothing of this device for the epoch", ""));
    }
    for finding in &explained.findings {
        lines.push(format!("{:<15}the whole epoch earns nothing: {}: {}", "finding", finding.reason, finding.evidence));
    }
    let points = thousands(explained.points);
    lines.push(match explained.findings.is_empty() {
        true => format!("{:<15}{} Wh × weight {} = {points}", "points", thousands(accepted), explained.class.weight),
        false => format!("{:<15}{points}", "points"),
    });
    lines
}

fn attestation(line: &AttestationLine) -> String {
    let said = match line.reported_wh {
        Some(reported) => format!("{} Wh in {} s", thousands(reported), line.interval_seconds),
        None => format!("{} s of an unknown kind", line.interval_seconds),
    };
    let verdict = match (line.accepted_wh, line.refused) {
        (Some(accepted), _) => format!("counted, {} Wh", thousands(accepted)),
        (None, Some(reason)) => format!("refused: {reason}: {}", line.detail.as_deref().unwrap_or_default()),
        (None, None) => "no verdict".to_owned(),
    };
    format!("  {:<13}{}: {said}: {verdict}", format!("#{}", line.sequence), moment(line.interval_start_unix))
}

fn share(explained: &Explanation) -> Vec<String> {
    let share = &explained.share;
    let amount = |units: u64| match &explained.chain {
        Some(chain) => format!("{} tokens", tokens(units, chain.decimals)),
        None => format!("{} units", thousands(units)),
    };
    let mut lines = vec![
        format!("{:<15}{}, paid to {}", "operator", share.operator_index, share.payout_wallet),
        format!(
            "{:<15}{} of its {} points are this device's; all operators have {}",
            "",
            thousands(explained.points),
            thousands(share.operator_points),
            thousands(share.all_points)
        ),
        format!(
            "{:<15}emitted {}, carried over {}, shared out by points {}",
            "tokens",
            amount(share.emission),
            amount(share.opening_carry),
            amount(share.shared_out)
        ),
        format!(
            "{:<15}{} for the operator, of which {} for this device",
            "earned",
            amount(share.earned),
            amount(share.earned_by_device)
        ),
    ];
    if share.withheld > 0 || share.debt > 0 {
        lines.push(format!(
            "{:<15}{} for a debt, of which {} is left",
            "withheld",
            amount(share.withheld),
            amount(share.debt)
        ));
    }
    if share.credited > 0 {
        lines.push(format!("{:<15}{} of what it was owed", "credited", amount(share.credited)));
    }
    lines.push(format!("{:<15}{} in all epochs up to this one", "cumulative", amount(share.cumulative)));
    lines
}

fn leaf(name: &str, leaf: &LeafProof) -> String {
    let LeafProof { leaf, position, leaf_count, proof, root } = leaf;
    format!("{name:<15}{leaf} at {position} of {leaf_count}; {} hashes lead to root {root}", proof.len())
}

fn finality(explained: &Explanation, chain: &Finality) -> String {
    let said = match (chain.state, chain.challenge_end_unix) {
        (RootState::NotProposed, _) => "the root is not proposed yet".to_owned(),
        (RootState::Proposed, _) => "the root is proposed, and not approved by enough oracles yet".to_owned(),
        (RootState::Approved, Some(end)) => format!("the root is approved, and final from {}", moment(end)),
        (RootState::Approved, None) => "the root is approved".to_owned(),
        (RootState::Final, _) => "the vault holds this very root: it is final".to_owned(),
        (RootState::FinalAndReplaced, _) => {
            format!("epoch {} is final; the vault keeps its last four roots, and claims go by those", explained.epoch)
        }
    };
    format!("{:<15}{said}", "chain")
}

fn transactions(chain: &Finality) -> Vec<String> {
    let proposed = chain.proposed_in.iter().map(|signature| format!("{:<15}{signature}", "proposed in"));
    let finalized = chain.finalized_in.iter().map(|signature| format!("{:<15}{signature}", "final in"));
    proposed.chain(finalized).collect()
}
