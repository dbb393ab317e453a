# list the recipes
default:
    @just --list

# formatting and lints, as CI runs them
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings

# all tests
test:
    cargo test --workspace

# play the built-in example, or a plan: just rehearse app/greenlight.toml --speed 120
rehearse *ARGS:
    cargo run -- rehearse {{ARGS}}

# install the Django example's packages into .venv
venv:
    test -x .venv/bin/python || python3 -m venv .venv
    .venv/bin/pip install --quiet --requirement examples/django/requirements.txt

# play the Django example
django *ARGS: venv
    PATH="$PWD/.venv/bin:$PATH" cargo run -- rehearse examples/django/greenlight.toml {{ARGS}}

# play the Django release whose migration fails: blue must keep serving (exit code 1)
django-broken *ARGS: venv
    PATH="$PWD/.venv/bin:$PATH" cargo run -- rehearse examples/django/greenlight-broken.toml {{ARGS}}

# run every feature of smoke tests against nginx over TLS; installs nginx if it is missing (needs root then)
smoke-test-over-tls:
    .ci/smoke-test-over-tls

# hold the stage's answers and inputs against botocore's service models, field by field
stage-against-botocore:
    .ci/stage-against-botocore

# check template.yaml, build its functions for x86_64 with SAM, and hold their sizes
sam:
    .ci/sam

# lint the CloudFormation templates
infrastructure:
    .ci/infrastructure

# try the functions under cargo-lambda's Lambda service, with the samples of events/
functions-under-cargo-lambda:
    .ci/functions-under-cargo-lambda

# measure time, memory and open files of smoke tests and of warm-up (docs/performance.md); just bench dev is quicker to build
bench PROFILE="release":
    cargo build --profile {{PROFILE}} --package greenlight --package greenlight-warm-up --package greenlight-bench
    "${CARGO_TARGET_DIR:-target}/{{ if PROFILE == "dev" { "debug" } else { PROFILE } }}/bench-smoke"
    "${CARGO_TARGET_DIR:-target}/{{ if PROFILE == "dev" { "debug" } else { PROFILE } }}/bench-warm-up"

# measure how soon an alarm takes a release back (docs/performance.md): RUNS rehearsals of each fault with an alarm
bench-rollback PROFILE="release" RUNS="3":
    cargo build --profile {{PROFILE}} --package greenlight --package greenlight-bench
    "${CARGO_TARGET_DIR:-target}/{{ if PROFILE == "dev" { "debug" } else { PROFILE } }}/bench-rollback" {{RUNS}}

# measure how soon news reach the topic (docs/performance.md): RUNS rehearsals of each fault
bench-news PROFILE="release" RUNS="3":
    cargo build --profile {{PROFILE}} --package greenlight --package greenlight-bench
    "${CARGO_TARGET_DIR:-target}/{{ if PROFILE == "dev" { "debug" } else { PROFILE } }}/bench-news" {{RUNS}}

# measure what a migration of hours costs in ECS's own deployments (docs/performance.md)
bench-hours PROFILE="release" HOURS="2":
    cargo build --profile {{PROFILE}} --package greenlight --package greenlight-shop --package greenlight-bench
    "${CARGO_TARGET_DIR:-target}/{{ if PROFILE == "dev" { "debug" } else { PROFILE } }}/bench-hours" {{HOURS}}

# measure how a thousand jobs start that are due together (docs/performance.md)
jobs-at-once:
    cargo test --package greenlight-tests --test suite -- --ignored --nocapture jobs::crowd

# licences, bans and sources of the dependencies
deny:
    cargo deny check bans licenses sources
