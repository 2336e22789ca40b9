# make up and make test install everything else that they need. See `make help`.
PYTHON ?= python3
BIN := .venv/bin

# What runs here is found by its folder, which this setting forbids.
export PYTHONSAFEPATH =

.DEFAULT_GOAL := help
.PHONY: help up down env shell test test-long test-all test-oldest test-aws languages lint format pictures reference site bench soak lock licences clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Two sets of packages, each from its own lock: what `make up` needs, and what the tests need. If the Python of .venv is
# gone or the folder was moved, .venv is recreated. The package is installed in place: an edit needs no second install.
STALE := $(shell test -x $(BIN)/python && test "$$(cat .venv/folder 2>/dev/null || pwd)" = "$$(pwd)" || echo anew)
.PHONY: anew
define SETUP
@$(PYTHON) -c 'import sys; sys.exit("error: Python 3.11 or newer is needed here; name one: make PYTHON=python3.12 …") \
	if sys.version_info < (3, 11) else None'
@$(PYTHON) -m local_aws.setup $(@F)
endef

.venv/up: requirements-up.txt pyproject.toml $(STALE)
	$(SETUP)

.venv/dev: requirements-ci.txt pyproject.toml $(STALE)
	$(SETUP)

# What needs a running embedded AWS installs nothing when there is none.
RUNNING = @test -x $(BIN)/python -a -e .local-aws/aws.json || \
	{ echo "the embedded AWS is not running: run 'make up' first" >&2; exit 1; }

up: .venv/up ## Create a user, its policy and its access key by a real `pulumi up` on the embedded AWS, and try the key
	@$(BIN)/python -m local_aws up

down: ## Destroy what `make up` created, and stop the embedded AWS
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m local_aws down; \
	elif [ ! -e .local-aws/aws.json ]; then echo 'There is nothing to take down.'; \
	else echo "error: the Python in .venv is gone: run 'make up', which recreates it, then 'make down'" >&2; exit 1; fi

shell: ## Open a shell in which pulumi and aws use the embedded AWS
	$(RUNNING)
	@$(BIN)/python -m local_aws shell

env: ## Print the exports for your own shell: eval "$(make env)"; local_aws_off undoes them
	$(RUNNING)
	@$(BIN)/python -m local_aws env

# They start thousands of Pythons: bytecode is kept, even if the user's own setting is to write none.
IN_PARALLEL = PYTHONDONTWRITEBYTECODE= $(1)/bin/python -m pytest --numprocesses auto --dist worksteal
WHICH = -m 'not long and not languages'
PYTEST = $(BIN)/python -m local_aws.engine --yaml >/dev/null && $(call IN_PARALLEL,.venv)

test: .venv/dev ## Run all tests but the long ones
	@$(PYTEST) $(WHICH) $(ARGS)

test-long: .venv/dev ## Run the long tests: every command in the docs, faults in every place, whole lives of keys
	@$(PYTEST) -m long $(ARGS)

languages: .venv/dev ## Generate the SDKs for Go, Python and TypeScript, and compile and run a program with each
	@$(PYTEST) tests/languages $(ARGS)

test-all: .venv/dev ## Run all of these in one go, which takes less time than one after the other
	@$(MAKE) --no-print-directory test WHICH=

OLDEST := build/oldest
# Not those of the embedded AWS, of a release and of types, whose tools have versions of their own.
OF_THE_PACKAGE := tests/unit tests/component --ignore=tests/unit/local_aws --ignore=tests/unit/release \
	--ignore=tests/unit/test_wheel.py --ignore=tests/unit/test_types.py

test-oldest: .venv/dev ## Run the unit and component tests on the oldest packages that pyproject.toml allows
	@mkdir -p build
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(OLDEST)
	@$(BIN)/uv pip compile --quiet --resolution lowest-direct --extra all --output-file $(OLDEST)/pins.txt pyproject.toml
	@$(BIN)/uv pip install --quiet --python $(OLDEST) --constraint $(OLDEST)/pins.txt --group dev -r requirements.txt
	@$(BIN)/uv pip install --quiet --python $(OLDEST) --no-deps --no-build-isolation --editable .
	@$(call IN_PARALLEL,$(OLDEST)) -m 'not long' $(or $(ARGS),$(OF_THE_PACKAGE))

test-aws: .venv/dev ## Check an AWS account of yours as the embedded AWS is checked: make test-aws PROFILE=name
	@$(if $(PROFILE),,$(error name a profile of an account that is meant for tests: make test-aws PROFILE=name))
	@$(BIN)/python -m local_aws.real --profile '$(PROFILE)' $(ARGS)

lint: .venv/dev ## Check style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: .venv/dev ## Format the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

pictures: .venv/dev ## Regenerate the README's pictures of the terminal
	@$(BIN)/python -m tools.pictures

reference: .venv/dev ## Regenerate docs/inputs-and-outputs.md from the schema
	@$(BIN)/python -m tools.reference

site: .venv/dev ## Build the documentation as a site, into build/site
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build

bench: .venv/dev ## Measure against what you would use instead, and write docs/performance.md
	@$(BIN)/python -m bench --write

soak: .venv/dev ## Rotate a key 200 times, and check that nothing keeps growing
	@$(BIN)/python -m bench.soak --rotations 200 --write

COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --only-binary ':all:' \
	--custom-compile-command 'make lock'

# `make up` installs a part of what CI tests, at the same versions.
lock: .venv/dev ## Pin the newest versions of all that is installed here, in CI and for the embedded AWS
	@$(COMPILE) --upgrade --extra all --group dev --output-file requirements-ci.txt pyproject.toml
	@$(COMPILE) --extra all --group up --constraint requirements-ci.txt --output-file requirements-up.txt pyproject.toml
	@$(COMPILE) --upgrade --output-file local_aws/emulator/requirements.txt local_aws/emulator/requirements.in
	@$(COMPILE) --output-file local_aws/engine_modules/go.txt local_aws/engine_modules/go.in

licences: .venv/dev ## Print the licence and version of every dependency
	@$(BIN)/python -m tools.licences

clean: ## Stop the embedded AWS, and remove it and the environment
	@if [ -e .local-aws/aws.json ] && [ -x $(BIN)/python ]; then $(BIN)/python -m local_aws stop; fi
	@rm -rf .venv .local-aws Pulumi.local.yaml
