mod compute_units;
mod create_emission;
mod create_emission_authority;
mod create_mint;
mod emit_epoch;
mod emit_epoch_accounts;
mod emit_epoch_schedule;
mod error_coverage;
