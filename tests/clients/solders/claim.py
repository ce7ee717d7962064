"""Claims an operator's rewards with nothing of Trellis but the IDL: to show that the programs' interface is a standard one.

Accounts, their order and flags, the instruction's discriminator and the layout of its arguments all come from the IDL. Keys,
addresses and transactions are solders'. Prints what the payout account held before and after, as JSON.
"""

import argparse
import base64
import json
import struct
import time
import urllib.request

from solders.hash import Hash
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.message import Message
from solders.pubkey import Pubkey
from solders.transaction import Transaction

ASSOCIATED_TOKEN = Pubkey.from_string("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL")
OPERATORS_PER_PAGE = 1024
PATIENCE_SECONDS = 60
INTEGERS = {"u8": "<B", "u16": "<H", "u32": "<I", "u64": "<Q", "i64": "<q"}


def get(url):
    with urllib.request.urlopen(url, timeout=30) as answer:
        return json.load(answer)


def rpc(url, method, *params):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    request = urllib.request.Request(url, body, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        said = json.load(answer)
    if "error" in said:
        raise SystemExit(f"{method}: {said['error']}")
    return said["result"]


def encode(kind, value, types):
    """`value` in the layout that the IDL gives to `kind`: little endian, lists after their length."""
    if isinstance(kind, str) and kind in INTEGERS:
        return struct.pack(INTEGERS[kind], value)
    if kind == "pubkey":
        return bytes(value)
    if "array" in kind:
        item, length = kind["array"]
        assert len(value) == length, f"{length} items are wanted, not {len(value)}"
        return b"".join(encode(item, part, types) for part in value)
    if "vec" in kind:
        return struct.pack("<I", len(value)) + b"".join(encode(kind["vec"], part, types) for part in value)
    fields = types[kind["defined"]["name"]]["type"]["fields"]
    return b"".join(encode(field["type"], value[field["name"]], types) for field in fields)


def instruction(idl, name, accounts, arguments):
    """The instruction `name` of the IDL's program."""
    described = next(one for one in idl["instructions"] if one["name"] == name)
    types = {one["name"]: one for one in idl["types"]}
    data = bytes(described["discriminator"])
    data += b"".join(encode(one["type"], arguments[one["name"]], types) for one in described["args"])
    metas = [
        AccountMeta(accounts[one["name"]], one.get("signer", False), one.get("writable", False))
        for one in described["accounts"]
    ]
    return Instruction(Pubkey.from_string(idl["address"]), data, metas)


def balance(url, account):
    found = rpc(url, "getTokenAccountBalance", str(account), {"commitment": "confirmed"})
    return int(found["value"]["amount"])


def send(url, payer, instructions):
    blockhash = rpc(url, "getLatestBlockhash", {"commitment": "confirmed"})["value"]["blockhash"]
    message = Message.new_with_blockhash(instructions, payer.pubkey(), Hash.from_string(blockhash))
    signed = Transaction([payer], message, Hash.from_string(blockhash))
    encoded = base64.b64encode(bytes(signed)).decode()
    signature = rpc(url, "sendTransaction", encoded, {"encoding": "base64", "preflightCommitment": "confirmed"})
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        status = rpc(url, "getSignatureStatuses", [signature])["value"][0]
        if status and status["err"]:
            raise SystemExit(f"the transaction failed: {status['err']}")
        if status and status["confirmationStatus"] in ("confirmed", "finalized"):
            return signature
        time.sleep(0.1)
    raise SystemExit(f"transaction {signature} was not confirmed within {PATIENCE_SECONDS} s")


def main():
    options = argparse.ArgumentParser(description=__doc__)
    for name in ("idl", "oracle", "rpc", "payer", "operator"):
        options.add_argument(f"--{name}", required=True)
    options = options.parse_args()
    with open(options.idl, encoding="utf8") as file:
        idl = json.load(file)
    with open(options.payer, encoding="utf8") as file:
        payer = Keypair.from_bytes(bytes(json.load(file)))
    network = get(f"{options.oracle}/v1/network")
    proof = get(f"{options.oracle}/v1/operators/{options.operator}/proof")

    program = Pubkey.from_string(idl["address"])
    vault, mint = Pubkey.from_string(proof["vault"]), Pubkey.from_string(network["mint"])
    token_program = Pubkey.from_string(network["token_program"])
    wallet = Pubkey.from_string(proof["payout_wallet"])
    page = struct.pack("<I", proof["operator_index"] // OPERATORS_PER_PAGE)
    seeds = [bytes(wallet), bytes(token_program), bytes(mint)]
    payout_tokens, _ = Pubkey.find_program_address(seeds, ASSOCIATED_TOKEN)
    accounts = {
        "vault": vault,
        "claim_page": Pubkey.find_program_address([b"claims", bytes(vault), page], program)[0],
        "vault_tokens": Pubkey.find_program_address([b"vault-tokens", bytes(vault)], program)[0],
        "payout_tokens": payout_tokens,
        "token_program": token_program,
    }
    arguments = {
        "epoch": proof["epoch"],
        "operator_index": proof["operator_index"],
        "cumulative": int(proof["cumulative"]),
        "proof": [bytes.fromhex(node) for node in proof["proof"]],
    }
    before = balance(options.rpc, payout_tokens)
    signature = send(options.rpc, payer, [instruction(idl, "claim", accounts, {"args": arguments})])
    after = balance(options.rpc, payout_tokens)
    print(json.dumps({"signature": signature, "before": before, "after": after, "cumulative": proof["cumulative"]}))


if __name__ == "__main__":
    main()
