//! Vectors of transparency-dev/merkle: see `tests/vectors/rfc9162/README.md`.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;
use trellis_core::{
    Hash,
    merkle::{Tree, empty_root, leaf_hash, proof_len, verify},
};

const TREE: &str = include_str!("../../../../tests/vectors/rfc9162/tree.json");
const INCLUSION: &str = include_str!("../../../../tests/vectors/rfc9162/inclusion.json");

#[derive(Deserialize)]
struct TreeVectors {
    leaves: Vec<String>,
    empty_root: String,
    roots: Vec<String>,
    proofs: Vec<ProofVector>,
}

#[derive(Deserialize)]
struct ProofVector {
    /// Counts from 1.
    leaf: u64,
    size: u64,
    nodes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Probe {
    file: String,
    leaf_idx: u64,
    tree_size: u64,
    root: String,
    leaf_hash: String,
    proof: Vec<String>,
    want_err: bool,
}

fn vectors() -> TreeVectors {
    serde_json::from_str(TREE).unwrap()
}

fn unhex(text: &str) -> Hash {
    hex::decode(text).unwrap().try_into().unwrap()
}

fn unbase64(text: &str) -> Hash {
    BASE64_STANDARD.decode(text).unwrap().try_into().unwrap()
}

/// The tree over the first `size` leaves.
fn tree(vectors: &TreeVectors, size: usize) -> Tree {
    Tree::new(vectors.leaves[..size].iter().map(|leaf| leaf_hash(&[&hex::decode(leaf).unwrap()])).collect())
}

#[test]
fn root_of_one_to_eight_leaves_is_the_published_one() {
    let vectors = vectors();
    assert_eq!(vectors.roots.len(), 8);
    for (position, root) in vectors.roots.iter().enumerate() {
        let tree = tree(&vectors, position + 1);
        assert_eq!(hex::encode(tree.root()), *root, "{} leaves", position + 1);
        assert_eq!(tree.leaf_count(), position as u64 + 1);
    }
}

#[test]
fn root_without_leaves_is_the_published_one() {
    let vectors = vectors();
    assert_eq!(empty_root(), unhex(&vectors.empty_root));
    assert_eq!(Tree::new(Vec::new()).root(), empty_root());
    assert_eq!(Tree::new(Vec::new()).proof(0), None);
}

#[test]
fn proof_of_published_leaves_is_the_published_one() {
    let vectors = vectors();
    assert_eq!(vectors.proofs.len(), 5);
    for ProofVector { leaf, size, nodes } in &vectors.proofs {
        let tree = tree(&vectors, *size as usize);
        let proof = tree.proof(leaf - 1).unwrap();
        assert_eq!(proof.iter().map(hex::encode).collect::<Vec<_>>(), *nodes, "leaf {leaf} of {size}");
        assert_eq!(proof_len(*size, leaf - 1), nodes.len(), "leaf {leaf} of {size}");
        assert!(verify(&tree.root(), *size, leaf - 1, &tree.leaf(leaf - 1).unwrap(), &proof), "leaf {leaf} of {size}");
    }
}

#[test]
fn verify_published_probes_accepts_and_refuses_as_published() {
    let probes: Vec<Probe> = serde_json::from_str(INCLUSION).unwrap();
    assert_eq!(probes.len(), 18);
    assert_eq!(probes.iter().filter(|probe| probe.want_err).count(), 13);
    for probe in probes {
        let proof: Vec<Hash> = probe.proof.iter().map(|node| unbase64(node)).collect();
        let (root, leaf) = (unbase64(&probe.root), unbase64(&probe.leaf_hash));
        let accepted = verify(&root, probe.tree_size, probe.leaf_idx, &leaf, &proof);
        assert_eq!(accepted, !probe.want_err, "{}", probe.file);
    }
}
