# What people and CI type. Everything is set up below this folder, but for Debian packages (see scripts/).

BIN := .venv/bin
STAMP := .venv/.ready
UV ?= uv
# Test files side by side: most of their time is waiting for servers and leases.
WORKERS ?= 2
# One hash seed: both workers must see sets in one order. Files in their order, and not those with many tests first: the
# long ones, of few tests, would come last, one worker idle. What failed beside others is asked once more, alone: tests
# that kill and wait need their turn of the processor.
PYTEST := PYTHONHASHSEED=0 $(BIN)/pytest
COMPILE := $(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header

.DEFAULT_GOAL := help
.PHONY: help setup run servers helm check describe test compose-test peers bench chaos lock clean

help: ## Show this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

setup: $(STAMP) ## Make .venv with everything that is locked; quick when nothing changed

$(STAMP): requirements.lock requirements-build.lock pyproject.toml scripts/setup
	scripts/setup
	@touch $(STAMP)

run: setup ## Start all services with a demo on http://localhost:8080
	HEADRACE_DATA_DIR=$${HEADRACE_DATA_DIR:-.headrace} $(BIN)/headrace up --demo

servers: setup
	scripts/servers

helm: setup
	scripts/helm

check: setup ## Lint, formatting, types, layers, and whether the lock fits pyproject.toml
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/check_lock.py
	$(BIN)/python scripts/describe.py --check

describe: setup ## Write what the code says of itself into docs/ anew: interfaces, tables, schemas
	$(BIN)/python scripts/describe.py

test: setup servers helm check ## All that CI runs: check, then every test, on real servers
	$(PYTEST) -n $(WORKERS) --dist loadfile --no-loadscope-reorder || $(PYTEST) --last-failed --last-failed-no-failures none

compose-test: setup ## Run docker-compose.yml for real: orders through the proxy, executor scaled, containers killed
	scripts/compose-test

peers: setup
	scripts/peers

bench: setup servers peers ## What docs/performance.md tells, measured here, beside the floor that this machine sets
	$(BIN)/python -m bench.road
	$(BIN)/python -m bench.enrolment
	$(BIN)/python -m bench.events
	$(BIN)/python -m bench.timers
	$(BIN)/python -m bench.mails
	$(BIN)/python -m bench.bulk
	$(BIN)/python -m bench.reports

chaos: setup servers ## The long forms of whatever is killed, cut, filled and ended on the way (docs/reliability.md)
	HEADRACE_CHAOS=long $(PYTEST) -s tests/chaos

lock: ## Resolve the dependencies anew (needs uv)
	$(COMPILE) --group build --output-file requirements-build.lock
	$(COMPILE) --extra embedded --extra otel --extra parquet --group dev pyproject.toml --output-file requirements.lock
	$(COMPILE) --extra otel --extra parquet --constraint requirements.lock pyproject.toml --output-file requirements-runtime.lock
	$(COMPILE) --no-deps --group helm --output-file requirements-helm.lock
	$(COMPILE) --group peers --output-file requirements-peers.lock

clean: ## Remove .venv, caches and builds; data of `make run` stays
	rm -rf .venv .venv-peers dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find services common tests -name __pycache__ -type d -prune -exec rm -rf {} +
