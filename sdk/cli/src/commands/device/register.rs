//! `trellis device register`.

use std::path::PathBuf;

use serde_json::json;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_signer::Signer;
use trellis_client::{
    Chain,
    accounts::{Device, DeviceClass, Network, Operator, account_bytes},
    addresses, claims,
    instructions::registry,
};
use trellis_core::spl::ACCOUNT_BYTES;
use trellis_epoch::encoding::base58;

use super::{possession::Possession, sponsored::Sponsor};
use crate::{
    commands::{
        CheckFailed, Unusable,
        paying::{NewAccounts, send},
        target::{TargetArgs, WalletArgs},
        wallet::read_signer,
    },
    network::file::KeyFile,
    output,
};

/// Registers a device under your wallet, which becomes an operator of the network if it is none yet.
///
/// The device's own key signs too: by the file of its keypair, which stays where it is; or by the code that `trellis agent
/// show DIR --operator WALLET` prints on the device's machine, which is the only way for secure elements. A device of a
/// class that names a maker needs the maker's keypair as well (--maker). The rent comes back when the device is retired.
#[derive(Clone, Debug, clap::Args)]
pub struct RegisterArgs {
    /// File of the device's keypair, in Solana's format; or its code, trellis:register?…
    #[arg(value_name = "DEVICE")]
    pub device: String,
    /// Number of the device's class: `trellis class list` shows them [default: the code's, else 0]
    #[arg(long, value_name = "NUMBER")]
    pub class: Option<u16>,
    /// Keypair of the class's maker, if it names one
    #[arg(long, value_name = "FILE")]
    pub maker: Option<PathBuf>,
    /// Keypair that pays fee and rent instead of the wallet
    #[arg(long, value_name = "FILE")]
    pub payer: Option<PathBuf>,
    /// Code by which the network's founder pays for your first devices: the oracle's relay pays fee and rent, you need no SOL
    #[arg(long, value_name = "CODE", conflicts_with = "payer")]
    pub invitation: Option<String>,
    /// Where rewards are paid, for a wallet that is no operator yet [default: the wallet itself]
    #[arg(long, value_name = "WALLET")]
    pub payout: Option<Address>,
    #[command(flatten)]
    pub wallet: WalletArgs,
    #[command(flatten)]
    pub target: TargetArgs,
}

/// Who signs.
struct Signers {
    wallet: Box<dyn Signer>,
    device: Possession,
    maker: Option<Box<dyn Signer>>,
    payer: Option<Box<dyn Signer>>,
}

impl Signers {
    fn read(args: &RegisterArgs) -> Result<Self, Unusable> {
        let optional = |file: &Option<PathBuf>| file.as_deref().map(read_signer).transpose();
        Ok(Self {
            wallet: args.wallet.read()?,
            device: Possession::read(&args.device)?,
            maker: optional(&args.maker)?,
            payer: optional(&args.payer)?,
        })
    }

    fn payer(&self) -> &dyn Signer {
        self.payer.as_ref().unwrap_or(&self.wallet)
    }

    fn all(&self) -> Vec<&dyn Signer> {
        let mut all: Vec<&dyn Signer> = vec![self.payer(), &self.wallet];
        all.extend(self.device.keypair().map(|key| key as &dyn Signer));
        all.extend(self.maker.as_ref().map(|maker| maker as &dyn Signer));
        all
    }
}

/// # Errors
/// The class does not take the device, somebody is missing who must sign, or the payer lacks SOL.
pub async fn run(args: &RegisterArgs, json: bool) -> anyhow::Result<()> {
    let target = args.target.resolve()?;
    let signers = Signers::read(args)?;
    let chain = target.chain()?;
    let (network, account) = target.network_on(&chain).await?;
    let index = signers.device.class(args.class)?;
    let class = read_class(&chain, &network, &account, index).await?;
    check_class(&class, &signers)?;
    let key = signers.device.key();
    let name = base58::encode(key.bytes());
    let wallet = signers.wallet.pubkey();
    if let Some(there) = chain.find::<Device>(&addresses::device(&network, &key)).await? {
        return registered_before(&network, &there, &name, &wallet, json);
    }
    signers.device.check(&network, &wallet, chain.unix_time().await?)?;
    let operator: Option<Operator> = chain.find(&addresses::operator(&network, &wallet)).await?;
    let payout = check_payout(args.payout, operator.as_ref(), &wallet)?;
    let sponsor = match &args.invitation {
        Some(invitation) => Some(Sponsor::find(&target, invitation).await?),
        None => None,
    };
    let payer = sponsor.as_ref().map_or_else(|| signers.payer().pubkey(), |sponsor| sponsor.payer);
    let (mut instructions, mut new) = (Vec::new(), NewAccounts::default());
    if operator.is_none() {
        instructions.push(registry::register_operator(payer, wallet, network, payout));
        new.add(account_bytes::<Operator>());
        if sponsor.as_ref().is_none_or(|sponsor| sponsor.creates_token_accounts) {
            instructions.extend(payout_account(&chain, &network, &payout, &payer, &mut new).await?);
        }
    }
    let maker = signers.maker.as_ref().map(Signer::pubkey);
    instructions.extend(signers.device.instructions(payer, wallet, maker, network, index)?);
    new.add(account_bytes::<Device>());
    let signature = match &sponsor {
        Some(sponsor) => sponsor.send(&chain, &instructions, &signers.all()).await?,
        None => send(&chain, &instructions, &signers.all(), &new).await?,
    };
    let device: Device = chain.fetch(&addresses::device(&network, &key)).await?;
    if json {
        return Ok(output::result(json!({
            "ok": true,
            "was_there": false,
            "network": network.to_string(),
            "device": name,
            "index": device.index,
            "class": device.class_index,
            "operator_index": device.operator_index,
            "new_operator": operator.is_none(),
            "signature": signature,
        }))?);
    }
    if operator.is_none() {
        output::progress(format!("operator       {}, wallet {wallet}, paid to {payout}", device.operator_index));
    }
    output::progress(format!("transaction    {signature}"));
    Ok(output::result(format!(
        "OK: device {name} is registered, number {} of the network, class {}",
        device.index, index
    ))?)
}

/// The class with this number.
pub async fn read_class(
    chain: &Chain,
    network: &Address,
    account: &Network,
    index: u16,
) -> anyhow::Result<DeviceClass> {
    let class: Option<DeviceClass> = chain.find(&addresses::class(network, index)).await?;
    let missing = || match account.class_count {
        0 => CheckFailed("the network has no class yet: its authority adds one with `trellis class add`".to_owned()),
        count => CheckFailed(format!(
            "the network has no class {index}: there are 0 to {}, as `trellis class list` shows",
            count - 1
        )),
    };
    Ok(class.ok_or_else(missing)?)
}

fn check_class(class: &DeviceClass, signers: &Signers) -> Result<(), CheckFailed> {
    let index = class.index;
    if class.active == 0 {
        return Err(CheckFailed(format!("class {index} takes no more devices: `trellis class list` shows the others")));
    }
    let (own, wanted) = (signers.device.key().kind(), class.device_key_kind().ok());
    if wanted != Some(own) {
        let (own, wanted) = (KeyFile::word(own), wanted.map_or("other", KeyFile::word));
        return Err(CheckFailed(format!(
            "devices of class {index} sign with {wanted} keys, and this one's is {own}: `trellis class list` shows the others"
        )));
    }
    match (&signers.maker, class.has_maker()) {
        (None, true) => Err(CheckFailed(format!(
            "class {index} names a maker, {}, who must sign too: add --maker FILE with its keypair",
            class.maker
        ))),
        (Some(maker), true) if maker.pubkey() != class.maker => Err(CheckFailed(format!(
            "the maker of class {index} is {}, and --maker holds the keypair of {}",
            class.maker,
            maker.pubkey()
        ))),
        (Some(_), false) => Err(CheckFailed(format!("class {index} names no maker: leave --maker out"))),
        _ => Ok(()),
    }
}

fn registered_before(
    network: &Address,
    there: &Device,
    name: &str,
    wallet: &Address,
    json: bool,
) -> anyhow::Result<()> {
    if there.operator != addresses::operator(network, wallet) {
        let words = format!(
            "device {name} is registered already, to operator {}: only that operator can hand it over, with `trellis device transfer`",
            there.operator_index
        );
        return Err(CheckFailed(words).into());
    }
    match json {
        true => output::result(json!({
            "ok": true,
            "was_there": true,
            "network": network.to_string(),
            "device": name,
            "index": there.index,
            "class": there.class_index,
            "operator_index": there.operator_index,
            "new_operator": false,
            "signature": null,
        }))?,
        false => {
            output::result(format!("OK: device {name} is registered to you already, in class {}", there.class_index))?
        }
    }
    Ok(())
}

/// Where the operator is, or will be, paid.
fn check_payout(asked: Option<Address>, operator: Option<&Operator>, wallet: &Address) -> Result<Address, Unusable> {
    match (asked, operator) {
        (Some(_), Some(operator)) => Err(Unusable(format!(
            "--payout is for a new operator, and {wallet} is operator {} already",
            operator.index
        ))),
        (asked, _) => Ok(asked.unwrap_or(*wallet)),
    }
}

/// Opens the token account that a new operator is paid at, so that whoever claims for it needs no rent.
async fn payout_account(
    chain: &Chain,
    network: &Address,
    payout: &Address,
    payer: &Address,
    new: &mut NewAccounts,
) -> anyhow::Result<Option<Instruction>> {
    let mint = addresses::mint(network);
    // A network need not have a mint of its own.
    let Some(account) = chain.account(&mint).await? else { return Ok(None) };
    new.add(ACCOUNT_BYTES);
    Ok(Some(claims::create_payout_account_of(payer, payout, &mint, &account.owner)))
}
