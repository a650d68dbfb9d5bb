# One command for each task; `make` on its own lists them.

PYTHON ?= python3
version_of = $(shell $(1) -c 'import sys; print("{}.{}".format(*sys.version_info))' 2>/dev/null)

# Another interpreter gets virtual environments of its own.
ifneq ($(PYTHON),python3)
SUFFIX := -$(call version_of,$(PYTHON))
endif
VENV := .venv$(SUFFIX)
EMULATOR_VENV := .venv-emulator$(SUFFIX)

# `sam build` looks for the interpreter of the runtime on the path: the virtual environment's comes first.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export SAM_CLI_TELEMETRY := 0
export NO_PROXY := 127.0.0.1,localhost,$(NO_PROXY)
export EMULATOR_PYTHON := $(CURDIR)/$(EMULATOR_VENV)/bin/python

# What Lambda runs; `sam build` wants the same Python on this machine, beside the one in use.
RUNTIME ?= python3.13
ARCHITECTURE ?= arm64
LAMBDA_VERSION = $(RUNTIME:python%=%)
LAMBDA_PYTHON = $(firstword $(foreach python,$(VENV)/bin/python $(RUNTIME) $(wildcard $(HOME)/.pyenv/versions/$(LAMBDA_VERSION)*/bin/$(RUNTIME)) \
	$(shell uv python find $(LAMBDA_VERSION) 2>/dev/null),$(if $(filter $(LAMBDA_VERSION),$(call version_of,$(python))),$(shell command -v $(python)))))

# A group of tests stays with one worker (`tests/conftest.py`); in the order in which they are collected, the longest first.
PYTEST := python -m pytest -n auto --maxprocesses 4 --dist loadscope --no-loadscope-reorder

# Enough to work by: everything that needs neither moto's cloud nor a local stack nor long enumerations.
QUICK := tests/unit tests/infrastructure tests/integration/test_order_walk.py tests/integration/test_money_rules.py

# What may differ from one interpreter to another: the code, what is built of it, and one walk through all of it.
ON_LAMBDA := tests/unit tests/infrastructure/test_built_artefact.py \
	tests/integration/test_order_walk.py::test_order_walk_when_submitted_makes_one_invoice_and_tells_the_shop

.DEFAULT_GOAL := help
SIMULATE = PYTHONPATH=.:layers/common python -m tests.simulation

.PHONY: help setup bench demo stack invoke parked duplicates resume abandon show preview publish rules-check schema workflow prove-money backfill simulate simulate-all test quick mutants check check-format check-lint check-types \
	check-template check-build check-walks check-lambda-python build deploy fix lock clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install what is needed (the other commands do this themselves); PYTHON=python3.12 chooses the interpreter
	@requirements/install.sh $(PYTHON) $(VENV) $(EMULATOR_VENV)

demo: setup ## send orders through the whole bridge and compare both systems; ORDERS=file.csv.gz LIMIT=20 KILLS=80 SEED=1
	@python -m sandbox.demo $(if $(ORDERS),--orders "$(ORDERS)") $(if $(LIMIT),--limit $(LIMIT)) \
		$(if $(KILLS),--kills $(KILLS)) $(if $(SEED),--seed $(SEED))

stack: setup ## run the demo's stack until Ctrl-C; KASHFLOW_URL= ORDERCLOUD_URL= RULES=rules.yaml
	@python -m sandbox.stack $(if $(KASHFLOW_URL),--kashflow-url "$(KASHFLOW_URL)") \
		$(if $(ORDERCLOUD_URL),--ordercloud-url "$(ORDERCLOUD_URL)") $(if $(RULES),--rules "$(RULES)")

invoke: setup ## call one function with one event, as Lambda does; FN=create_invoice EVENT=events/05_create_invoice.mixed_vat.json
	@python -m sandbox.invoke $(FN) $(EVENT)

parked: setup ## list the orders that wait for a person, and why
	@python -m sandbox.operate parked

duplicates: setup ## list references used twice in KashFlow, and what to do; ALLOW=PO-77 (these are right) or ALLOW=all
	@python -m sandbox.operate duplicates $(if $(ALLOW),--allow "$(ALLOW)")

resume: setup ## let a parked order carry on; ORDER= AFRESH=1 (read it again from Sitecore first)
	@python -m sandbox.operate resume $(ORDER) $(if $(AFRESH),--afresh)

abandon: setup ## leave a parked order alone for good; ORDER= WHY="booked by hand"
	@python -m sandbox.operate abandon $(ORDER) --why "$(WHY)"

backfill: setup ## bring in orders of the past, FROM=2026-01-01 TO=2026-02-01 (ANEW=1 instead of one under way); or say how far that has got
	@python -m sandbox.operate backfill $(if $(FROM),--from $(FROM)) $(if $(TO),--to $(TO)) $(if $(ANEW),--anew)

simulate: setup ## run the bridge on virtual time while calls go wrong; SEED=1 ORDERS=1000 FAULTS=2 (percent of the calls)
	@$(SIMULATE) $(if $(SEED),--seed $(SEED)) $(if $(ORDERS),--orders $(ORDERS)) $(if $(FAULTS),--faults $(FAULTS))

simulate-all: setup ## try every fault at every call of six walks, and every pair of faults in two of them; PAIRS=1000 (drawn at random, 0 for none) WALK="known customer" SCHEDULE=12:lost
	@$(SIMULATE) --all $(if $(PAIRS),--pairs $(PAIRS)) $(if $(WALK),--walk "$(WALK)") $(if $(SCHEDULE),--schedule "$(SCHEDULE)")

show: setup ## show what is known of one order; ORDER=
	@python -m sandbox.operate show $(ORDER)

preview: setup ## show what would be posted for an order, or what new rules would change; ORDER= [RULES=] or LAST=50 RULES=new.yaml
	@python -m sandbox.operate $(if $(ORDER),preview $(ORDER),compare $(LAST)) $(if $(RULES),--rules "$(RULES)")

rules-check: setup ## check a rules document; FILE=rules.yaml
	@PYTHONPATH=layers/common python -m sitecore_kashflow.runtime.rules_document check "$(FILE)"

publish: setup ## put a rules document into force; RULES=rules.yaml
	@python -m sandbox.operate publish "$(RULES)"

schema: setup ## write the JSON Schema of the rules document, for editors and into the template
	@PYTHONPATH=layers/common python -m sitecore_kashflow.runtime.rules_document schema > docs/rules.schema.json
	@PYTHONPATH=layers/common python -m sitecore_kashflow.runtime.rules_document validator | \
		awk 'NR == FNR { schema = $$0; next } /^          Content: / { print "          Content: \047" schema "\047"; next } { print }' \
			- template.yaml > template.yaml.new && mv template.yaml.new template.yaml

workflow: setup ## write the retry policy into every step of the workflow file
	@python -m sandbox.workflow_file

prove-money: setup ## make up invoices, turn them into orders, and check that the mapping gets them back; ORDERS=1000000 SEED=1
	@PYTHONPATH=layers/common python -m tests.prove_money $(if $(ORDERS),--orders $(ORDERS)) $(if $(SEED),--seed $(SEED))

test: setup ## run all tests; ARGS="-k invoice" for some
	@$(PYTEST) $(ARGS)

quick: setup ## run the tests that take a minute: units, infrastructure, and walks of one order in the simulated world
	@$(PYTEST) -k "not [moto and not -moto" $(QUICK)

mutants: setup ## plant each known bug in a copy of the project, and see that a test notices it; ONLY=documents (bugs by name)
	@python -m tests.mutants $(ONLY)

bench: setup ## measure how long each door takes to be ready, beside its libraries alone; RUNS=15 DOORS="ingest_ordercloud"
	@python -m tests.bench $(if $(RUNS),--runs $(RUNS)) $(DOORS)

check: setup check-format check-lint check-types check-template check-build test check-walks check-lambda-python ## run everything that CI runs

check-format: setup
	ruff format --check .

check-lint: setup
	ruff check .

check-types: setup
	mypy

check-template: setup
	sam validate --lint

check-build: setup
	@if [ -n "$(LAMBDA_PYTHON)" ]; then $(MAKE) build; \
	else echo "Python $(LAMBDA_VERSION) is not on this machine: built for $(call version_of,$(VENV)/bin/python) alone, by the tests."; fi

check-walks: setup
	@$(SIMULATE) --all --pairs 0

check-lambda-python: setup
	@if [ "$(call version_of,$(VENV)/bin/python)" = $(LAMBDA_VERSION) ]; then :; \
	elif [ -n "$(LAMBDA_PYTHON)" ]; then $(MAKE) test PYTHON="$(LAMBDA_PYTHON)" ARGS="$(ON_LAMBDA)"; \
	else echo "Python $(LAMBDA_VERSION) is not on this machine: tested on $(call version_of,$(VENV)/bin/python) alone."; fi

build: setup ## build what is deployed, with bytecode; RUNTIME=python3.13 ARCHITECTURE=arm64
	@[ -n "$(LAMBDA_PYTHON)" ] || { echo "Python $(LAMBDA_VERSION) is needed to build for it. Install it, or choose: make $(MAKECMDGOALS) RUNTIME=python3.12"; exit 1; }
	PATH="$(dir $(LAMBDA_PYTHON)):$$PATH" $(VENV)/bin/sam build --parameter-overrides Runtime=$(RUNTIME) Architecture=$(ARCHITECTURE)
	$(LAMBDA_PYTHON) -m compileall -q --invalidation-mode unchecked-hash .aws-sam/build/CommonLayer

deploy: build ## deploy to your AWS account; asks for what it needs to know
	sam deploy --guided --parameter-overrides Runtime=$(RUNTIME) Architecture=$(ARCHITECTURE)

fix: setup ## let the formatter and the linter correct what they can
	ruff check --fix .
	ruff format .

lock: ## pin the newest allowed versions (needs uv)
	cd requirements && for list in layer dev emulator; do \
		target=$$list.txt; [ $$list = layer ] && target=../layers/common/requirements.txt; \
		uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
			--custom-compile-command "make lock" $$list.in --output-file $$target || exit 1; \
	done

clean: ## delete everything that can be made again
	rm -rf .venv* .aws-sam .local .mypy_cache .pytest_cache .ruff_cache .hypothesis
