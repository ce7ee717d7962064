//! Which errors pass by themselves.

use solana_rpc_client_api::{
    client_error::{Error as RpcError, ErrorKind},
    custom_error::{
        JSON_RPC_SERVER_ERROR_BLOCK_NOT_AVAILABLE, JSON_RPC_SERVER_ERROR_BLOCK_STATUS_NOT_AVAILABLE_YET,
        JSON_RPC_SERVER_ERROR_MIN_CONTEXT_SLOT_NOT_REACHED, JSON_RPC_SERVER_ERROR_NODE_UNHEALTHY,
    },
    request::RpcError as RequestError,
};
use solana_transaction_error::TransactionError;

use super::ChainError;

/// JSON-RPC 2.0: the server's own fault.
const INTERNAL_ERROR: i64 = -32603;

/// Is the server at fault (away, overloaded, behind), so that another one may answer?
pub(super) fn is_of_this_server(error: &RpcError) -> bool {
    match error.kind() {
        ErrorKind::Io(_) | ErrorKind::Reqwest(_) | ErrorKind::Middleware(_) | ErrorKind::SerdeJson(_) => true,
        ErrorKind::Custom(_) => true,
        ErrorKind::RpcError(RequestError::RpcResponseError { code, .. }) => [
            JSON_RPC_SERVER_ERROR_BLOCK_NOT_AVAILABLE,
            JSON_RPC_SERVER_ERROR_NODE_UNHEALTHY,
            JSON_RPC_SERVER_ERROR_BLOCK_STATUS_NOT_AVAILABLE_YET,
            JSON_RPC_SERVER_ERROR_MIN_CONTEXT_SLOT_NOT_REACHED,
            INTERNAL_ERROR,
        ]
        .contains(code),
        // An answer that is no JSON-RPC.
        ErrorKind::RpcError(RequestError::RpcRequestError(_) | RequestError::ParseError(_)) => true,
        ErrorKind::RpcError(RequestError::ForUser(_)) => false,
        ErrorKind::SigningError(_) | ErrorKind::TransactionError(_) => false,
    }
}

impl ChainError {
    /// May the same be tried again as it is? Otherwise it fails again until somebody does something about it.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Rpc { source, .. } => is_of_this_server(source),
            Self::NotConfirmed { .. } => true,
            Self::Transaction { error, .. } => matches!(
                error,
                TransactionError::BlockhashNotFound
                    | TransactionError::AccountInUse
                    | TransactionError::ClusterMaintenance
                    | TransactionError::WouldExceedMaxBlockCostLimit
                    | TransactionError::WouldExceedMaxAccountCostLimit
                    | TransactionError::WouldExceedMaxVoteCostLimit
                    | TransactionError::WouldExceedAccountDataBlockLimit
            ),
            Self::NoServer | Self::NoAccount { .. } | Self::Account(_) | Self::Program { .. } | Self::Signing(_) => {
                false
            }
        }
    }
}
