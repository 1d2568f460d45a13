# make run    the whole product with its demo book, on http://127.0.0.1:8000 (PORT=9000 make run for another port)
# make test   everything that must hold
# make simulate   a company at random for 10,000 steps
# Each first builds the environment, which needs Python 3.11 or newer and nothing else; the second time it is ready.

# The first that runs and is new enough: a name on PATH alone may be a shim with nothing behind it.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
  $$name -c '$(NEW_ENOUGH)' 2> /dev/null && echo $$name && break; done)
UV_VERSION := 0.13.9
BIN := .venv/bin
READY := .venv/.ready

.PHONY: setup run test lint simulate

setup: $(READY)

$(READY): requirements-dev.lock pyproject.toml
	@test -n "$(PYTHON)" && $(PYTHON) -c '$(NEW_ENOUGH)' \
	  || { echo "make: Python 3.11 or newer is needed: set PYTHON to it." >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv \
	  || { rm -rf .venv; echo "make: Python's venv is missing: apt-get install python3-venv." >&2; exit 1; }
	@$(BIN)/python -m pip --version > /dev/null 2>&1 || $(BIN)/python -m ensurepip > /dev/null
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/python -m uv pip install --python $(BIN)/python --require-hashes --requirement requirements-dev.lock
	$(BIN)/python -m uv pip install --python $(BIN)/python --no-deps --editable .
	@touch $(READY)

run: setup
	@exec $(BIN)/loanapp up --demo

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# A company at random for so many steps, its book checked after each: SIMULATE_STEPS=500 make simulate for fewer.
simulate: setup
	SIMULATE_STEPS=$${SIMULATE_STEPS:-10000} $(BIN)/pytest -s -n0 tests/simulation -k keeps_its_book

test: lint
	$(BIN)/pytest -n 2 --durations=25
