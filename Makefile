# make demo: a whole network on a local chain, from real readings to claimed tokens. make test: every test.
# Build output goes to $TRELLIS_TARGET if that is set, else to target/.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

export CARGO_TARGET_DIR := $(if $(TRELLIS_TARGET),$(TRELLIS_TARGET),$(CURDIR)/target)
export CARGO_TERM_COLOR ?= never
LOGS := $(CARGO_TARGET_DIR)/logs
# The Solana crates declare a newer Rust than they need: see ARCHITECTURE.md, "Versions".
CARGO_FLAGS := --locked --ignore-rust-version
DEMO_FLAGS := $(if $(SEED),--seed $(SEED)) $(if $(KEEP),--keep --unclaimed)
# The dashboard is built beside everything else, so that nothing is written among the sources.
APP := $(CARGO_TARGET_DIR)/app
APP_SOURCES := $(shell find app sdk/idl sdk/next-steps.json sdk/wasm sdk/core/src -type f -not -path '*/node_modules/*' -not -path 'app/dist/*' -not -path '*/generated/*')
HAS_NODE := $(shell node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null && command -v npm)

.PHONY: help demo app browser install binaries test bench costs fuzz idl audit semver setup programs deploy fmt lint unit idl-check firmware

help: ## What can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

# Where `make install` puts the commands: beside cargo.
BIN ?= $(if $(CARGO_HOME),$(CARGO_HOME),$(HOME)/.cargo)/bin
install: programs binaries ## Builds everything; `trellis` and `trellis-oracle` on your path (BIN=~/.cargo/bin, HARDWARE_WALLETS=1)
	@mkdir -p "$(BIN)"
	@ln -sf "$(CARGO_TARGET_DIR)/debug/trellis" "$(CARGO_TARGET_DIR)/debug/trellis-oracle" "$(BIN)/"
	@echo "trellis and trellis-oracle are in $(BIN)"

binaries:
	@echo "building trellis and trellis-oracle (minutes at first, seconds later)"
	@cargo build $(CARGO_FLAGS) --quiet -p trellis-cli -p trellis-oracle $(if $(HARDWARE_WALLETS),--features trellis-cli/hardware-wallet)

demo: programs binaries $(if $(KEEP),$(if $(HAS_NODE),app,no-app)) ## Seven days of a wind farm on a local chain (SEED=1: same keys every time; KEEP=1: leave it running)
	@"$(CARGO_TARGET_DIR)/debug/trellis" demo $(DEMO_FLAGS) $(if $(KEEP),$(if $(HAS_NODE),--dashboard "$(APP)/dist"))

app: $(APP)/dist/index.html ## The dashboard (needs Node.js 20 or newer)

browser: app binaries ## The dashboard in Chromium, against the demo; pictures go to $TRELLIS_TARGET/browser
	@echo "trying the dashboard in Chromium (two minutes)"
	@cd "$(APP)" && node --test --test-reporter=spec browser/*.test.mjs

test: fmt programs idl-check lint firmware unit browser ## Formats, lints, and every test
	@echo "make test: passed"

# The dashboard's bench visits it in a browser.
bench: $(if $(filter-out dashboard,$(ONLY)),,app programs binaries) ## Speed and memory beside a peer or a limit, into BENCHMARKS.md (ONLY=name: that one alone)
	@echo "building the benches in release (minutes at first)"
	@cargo build $(CARGO_FLAGS) --quiet --release -p trellis-bench -p trellis-oracle
	@"$(CARGO_TARGET_DIR)/release/trellis-bench" $(if $(ONLY),--only $(ONLY))

costs: programs ## Measures every instruction again and writes COSTS.md
	@cargo test $(CARGO_FLAGS) --quiet --workspace --test catalogue -- --ignored --exact catalogue::costs::write_costs_page
	@echo "COSTS.md written"

fuzz: programs ## 100,000 random instructions against the programs (SEED=1: the same ones again)
	@TRELLIS_FUZZ_SEED=$(SEED) cargo test $(CARGO_FLAGS) --quiet --workspace --test fuzz -- --ignored --nocapture

idl: ## The programs' IDLs, into sdk/idl
	@cargo xtask idl

audit: ## Licences, bans and sources of all dependencies (installs cargo-deny at first)
	@command -v cargo-deny >/dev/null || cargo install --locked cargo-deny@0.20.2
	@cargo deny --locked check licenses bans sources

# The tool has no flag for what CARGO_FLAGS says, so a `cargo` of its own passes it on.
CRATES ?= trellis-core trellis-device trellis-client
semver: ## What changed in the SDK's interfaces since a commit (BASE=revision; installs cargo-semver-checks at first)
	@test -n "$(BASE)" || { echo "name what to compare with: make semver BASE=REVISION"; exit 2; }
	@command -v cargo-semver-checks >/dev/null || cargo install --locked cargo-semver-checks@0.51.0
	@mkdir -p "$(CARGO_TARGET_DIR)/semver"
	@printf '#!/bin/sh\ncase "$$1" in doc) shift; set -- doc --ignore-rust-version "$$@";; esac\nexec "%s" "$$@"\n' "$$(command -v cargo)" > "$(CARGO_TARGET_DIR)/semver/cargo"
	@chmod +x "$(CARGO_TARGET_DIR)/semver/cargo"
	@PATH="$(CARGO_TARGET_DIR)/semver:$$PATH" cargo-semver-checks semver-checks check-release $(addprefix -p ,$(CRATES)) --baseline-rev "$(BASE)"

setup: ## The SBF toolchain, if Solana's own is not there
	@cargo xtask setup

programs: ## The on-chain programs
	@cargo xtask build-sbf

# PAYER: the keypair that pays (~/.config/solana/id.json if left out). KEYS: the folder of the programs' keys, which are
# made if they are not there. FLAGS: what `trellis deploy --help` names, such as FLAGS="--upgrade-authority ADDRESS".
KEYS ?= keys
deploy: ## Your own copy of the programs on a cluster (URL=devnet PAYER=id.json KEYS=keys FLAGS=…)
	@test -n "$(URL)" || { echo "name the cluster: make deploy URL=devnet"; exit 2; }
	@cargo xtask ids --keys "$(KEYS)"
	@cargo xtask build-sbf
	@echo "building trellis (minutes at first, seconds later)"
	@cargo build $(CARGO_FLAGS) --quiet -p trellis-cli
	@"$(CARGO_TARGET_DIR)/debug/trellis" deploy --url "$(URL)" --program-keys "$(KEYS)" $(if $(PAYER),--keypair "$(patsubst ~/%,$(HOME)/%,$(PAYER))") $(FLAGS)

fmt:
	@echo "checking the format"
	@cargo fmt --all --check

idl-check:
	@echo "checking the IDLs"
	@cargo xtask idl --check

lint:
	@echo "linting"
	@cargo clippy $(CARGO_FLAGS) --quiet --workspace --all-targets --features trellis-cli/hardware-wallet -- -D warnings
	@cargo check $(CARGO_FLAGS) --quiet -p trellis-client --no-default-features
	@RUSTDOCFLAGS="-D warnings" cargo doc $(CARGO_FLAGS) --quiet --no-deps --all-features -p trellis-client -p trellis-core -p trellis-device

firmware:
	@echo "compiling sdk/device for a microcontroller"
	@cargo xtask firmware

# The binaries first: end-to-end tests run them as processes.
unit:
	@echo "building all tests (minutes at first)"
	@cargo build $(CARGO_FLAGS) --quiet -p trellis-cli -p trellis-oracle
	@cargo test $(CARGO_FLAGS) --workspace --no-run 2>&1 | tail -n 3
	@cargo test $(CARGO_FLAGS) --workspace --no-fail-fast

.PHONY: no-app
no-app:
	@echo "no dashboard: Node.js 20 or newer and npm are not here (on Debian: apt-get install nodejs npm)"

$(APP)/node_modules/.package-lock.json: app/package.json app/package-lock.json
	@echo "fetching what the dashboard is made of"
	@mkdir -p "$(APP)"
	@cp app/package.json app/package-lock.json "$(APP)/"
	@cd "$(APP)" && npm ci --silent --no-audit --no-fund
	@touch "$@"

$(APP)/dist/index.html: $(APP)/node_modules/.package-lock.json $(APP_SOURCES)
	@echo "building the dashboard"
	@rm -rf "$(APP)/src" "$(APP)/public" "$(APP)/scripts" "$(APP)/browser"
	@cp -r app/index.html app/tsconfig.json app/vite.config.ts app/src app/public app/scripts app/browser "$(APP)/"
	@cargo xtask wasm --to "$(APP)/src/verify/core.wasm"
	@cd "$(APP)" && TRELLIS_IDL="$(CURDIR)/sdk/idl" npm run --silent build
