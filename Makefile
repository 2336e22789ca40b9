# make up, make test: everything else that they need, they get. See `make help`.
PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help up down env shell test test-long test-aws lint format pictures reference bench soak lock licences clean

help: ## Say what each target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# One way to install, for every rule that does.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# The package itself is installed in place, so an edit needs no second install. CI takes what requirements-ci.txt pins.
.venv/installed: pyproject.toml requirements.txt $(if $(CI),requirements-ci.txt)
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed here; name one: make PYTHON=python3.12 …") if sys.version_info < (3, 11) else None'
	@echo "installing into .venv …" >&2
	@$(PYTHON) -m venv .venv
ifdef CI
	@$(PIP) --require-hashes --only-binary ':all:' --requirement requirements-ci.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
else
	@$(PIP) --editable '.[dev]'
endif
	@touch $@

up: .venv/installed ## Make a user, its key and its policy by a real `pulumi up` on the embedded AWS, and show that the key works
	@$(BIN)/python -m local_aws up

down: .venv/installed ## Destroy what `make up` made, and stop the embedded AWS
	@$(BIN)/python -m local_aws down

shell: .venv/installed ## Open a shell in which pulumi and aws work on the embedded AWS
	@$(BIN)/python -m local_aws shell

env: .venv/installed ## Print the exports for a shell of your own: eval "$(make env)"; local_aws_off undoes them
	@$(BIN)/python -m local_aws env

PYTEST = $(BIN)/python -m local_aws.engine >/dev/null && $(BIN)/python -m pytest --numprocesses auto --dist worksteal

test: .venv/installed ## Run the tests, but for the long ones
	@$(PYTEST) -m 'not long' $(ARGS)

test-long: .venv/installed ## Run the long ones: every command of the docs, faults in every place, whole lives of keys
	@$(PYTEST) -m long $(ARGS)

test-aws: .venv/installed ## Ask an account of yours the same questions, and run the main job there: make test-aws PROFILE=name
	@$(if $(PROFILE),,$(error name a profile of an account that is meant for tests: make test-aws PROFILE=name))
	@$(BIN)/python -m local_aws.real --profile '$(PROFILE)' $(ARGS)

lint: .venv/installed ## Check style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: .venv/installed ## Put the code in shape
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

pictures: .venv/installed ## Make the README's pictures of the terminal anew
	@$(BIN)/python -m tools.pictures

reference: .venv/installed ## Write docs/inputs-and-outputs.md anew, from the schema
	@$(BIN)/python -m tools.reference

bench: .venv/installed ## Measure, side by side with what a user would pick instead, into docs/performance.md
	@$(BIN)/python -m bench --write

soak: .venv/installed ## Rotate a key 200 times, and see that nothing grows without bound
	@$(BIN)/python -m bench.soak --rotations 200 --write

COMPILE = $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.10 --generate-hashes \
	--only-binary ':all:' --custom-compile-command 'make lock'

lock: .venv/installed ## Pin what CI and the embedded AWS install, at its newest versions
	@$(PIP) 'uv>=0.9,<1'
	@$(COMPILE) --extra dev --output-file requirements-ci.txt pyproject.toml
	@$(COMPILE) --output-file local_aws/emulator/requirements.txt local_aws/emulator/requirements.in

licences: .venv/installed ## Print the licence and version of all that the package brings along
	@$(BIN)/python -m tools.licences

clean: ## Stop the embedded AWS, and remove it and the environment
	@if [ -e .local-aws/aws.json ] && [ -x $(BIN)/python ]; then $(BIN)/python -m local_aws stop; fi
	@rm -rf .venv .local-aws Pulumi.local.yaml
