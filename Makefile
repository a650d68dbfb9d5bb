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

# What each process would compile again is kept, and so are the tests with their assertions rewritten.
unexport PYTHONDONTWRITEBYTECODE

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
ON_LAMBDA := tests/unit --ignore tests/unit/test_retail_totals.py --ignore tests/unit/test_trial_balance.py \
	tests/infrastructure/test_built_artefact.py \
	tests/integration/test_order_walk.py::test_order_walk_when_submitted_makes_one_invoice_and_tells_the_shop

.DEFAULT_GOAL := help
SIMULATE = PYTHONPATH=.:layers/common python -m tests.simulation
BRIDGE := python -m sandbox.bridge

# What is given on the command line reaches the commands through the environment. Neither make nor the shell reads it:
# a recipe says "$$ORDER", never $(ORDER). PYTHON, RUNTIME and ARCHITECTURE are read here; they name programs.
GIVEN := AFRESH ALLOW ANEW ARGS CAUSE CHANGES DAYS DETAIL DOORS DRY_RUN EVENT FAULTS FILE FN FORGET FROM KASHFLOW_URL KILLS LAST LIMIT MONTH ONLY ORDER ORDERCLOUD_URL \
	ORDERS PAIRS PARAMETERS QUEUE RATE REFUNDS RULES RUNS SCENARIO SCHEDULE SEED STACK STATE STRICT THOROUGH TO VERSION WALK WATCH WHY YES
as_it_is = $(eval override $(1) := $$(value $(1)))$(eval export $(1))
$(foreach name,$(GIVEN),$(if $(filter-out undefined,$(origin $(name))),$(call as_it_is,$(name))))

# Say which variable is missing, instead of calling the command with an empty one.
needs = @[ -n "$$$(1)" ] || { echo 'make $@ needs $(1), such as: make $@ $(2)'; exit 1; }

.PHONY: help setup bench demo cancellations stack order logs load invoke list show doctor register-webhooks duplicates payouts retry abandon reopen sweep redrive backfill backfill-status preview \
	compare publish rules-check vat-amounts evidence books reconcile month-end schema workflow prove-money prove-rounding simulate simulate-all strange backlog drill test quick mutants check check-format \
	check-lint check-types check-template check-build check-lambda-python build deploy upgrade fix lock clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install what is needed (the other commands do this themselves); PYTHON=python3.12 chooses the interpreter
	@requirements/install.sh $(PYTHON) $(VENV) $(EMULATOR_VENV)

demo: setup ## send orders through the whole bridge and compare both systems; ORDERS=file.csv.gz LIMIT=20 KILLS=80 SEED=1 SCENARIO=enrichment,shadow,business-rules,month-end or all (what follows a sale)
	@python -m sandbox.demo $${ORDERS:+--orders "$$ORDERS"} $${LIMIT:+--limit "$$LIMIT"} $${KILLS:+--kills "$$KILLS"} \
		$${SEED:+--seed "$$SEED"} $${SCENARIO:+--scenario "$$SCENARIO"}

cancellations: setup ## play a month of a real shop with what came back of it, on virtual time, and compare the books with it; ORDERS=file.csv.gz LIMIT=30 (so many customers)
	$(call needs,ORDERS,ORDERS=../shared/data/online-retail-2010-12.csv.gz)
	@PYTHONPATH=.:layers/common python -m tests.simulation.cancellations --orders "$$ORDERS" $${LIMIT:+--limit "$$LIMIT"}

stack: setup ## run the demo's stack until Ctrl-C; KASHFLOW_URL= ORDERCLOUD_URL= RULES=rules.yaml PARAMETERS="LogLevel=DEBUG SweepEveryMinutes=2"
	@python -m sandbox.stack $${KASHFLOW_URL:+--kashflow-url "$$KASHFLOW_URL"} \
		$${ORDERCLOUD_URL:+--ordercloud-url "$$ORDERCLOUD_URL"} $${RULES:+--rules "$$RULES"} $${PARAMETERS:+--parameters "$$PARAMETERS"}

order: setup ## place an order in the shop of the running stack, and follow it to its invoice
	@python -m sandbox.order

logs: setup ## show what the functions of the running stack have printed; FN=create_invoice WATCH=1 (go on)
	@python -m sandbox.logs $${WATCH:+--watch} -- $${FN:+"$$FN"}

load: setup ## play many orders at a steady rate, and measure the time from webhook to invoice; ORDERS=300 RATE=5 (a second)
	@python -m sandbox.load $${ORDERS:+--orders "$$ORDERS"} $${RATE:+--rate "$$RATE"}

invoke: setup ## call one function with one event, as Lambda does; FN=create_invoice EVENT=events/05_create_invoice.mixed_vat.json
	$(call needs,FN,FN=create_invoice EVENT=events/05_create_invoice.mixed_vat.json)
	$(call needs,EVENT,FN=create_invoice EVENT=events/05_create_invoice.mixed_vat.json)
	@python -m sandbox.invoke "$$FN" "$$EVENT"

list: setup ## list the orders that wait for a person, by cause, and unfinished ones; CAUSE=VAT_NOT_EXPLAINED or STATE=invoiced
	@$(BRIDGE) list $${CAUSE:+"--cause=$$CAUSE"} $${STATE:+"--state=$$STATE"}

show: setup ## show where one order stands, and what the books hold for it; ORDER= DETAIL=1 (its events, runs and errors too)
	$(call needs,ORDER,ORDER=SO-1001)
	@$(BRIDGE) show $${DETAIL:+--detail} -- "$$ORDER"

doctor: setup ## see whether all is in place for orders to be posted, and what to do if not
	@$(BRIDGE) doctor

register-webhooks: setup ## create OrderCloud's webhook or bring it up to date; ARGS="--client storefront --client backoffice", YES=1 (do not ask)
	@set -f; $(BRIDGE) register-webhooks $$ARGS $${YES:+--yes}

payouts: setup ## list what payment gateways have paid out, and what waits; STATE=parked
	@$(BRIDGE) payouts list $${STATE:+"--state=$$STATE"}

duplicates: setup ## list references used twice in KashFlow, and what to do; ALLOW=PO-77 (these are right) or ALLOW=all
	@$(BRIDGE) duplicates $${ALLOW:+"--allow=$$ALLOW"}

retry: setup ## let a parked order carry on; ORDER= or CAUSE=PERIOD_LOCKED (all of them), AFRESH=1 (read it again from Sitecore first)
	@$(BRIDGE) retry $${CAUSE:+"--cause=$$CAUSE"} $${AFRESH:+--afresh} $${YES:+--yes} -- $${ORDER:+"$$ORDER"}

abandon: setup ## leave an order alone; ORDER= or CAUSE= (all of them), WHY="booked by hand", YES=1 (do not ask)
	$(call needs,WHY,ORDER=SO-1001 WHY="booked by hand")
	@$(BRIDGE) abandon $${CAUSE:+"--cause=$$CAUSE"} "--why=$$WHY" $${YES:+--yes} -- $${ORDER:+"$$ORDER"}

undo: setup ## credit what was posted for an order; ORDER= or VERSION= (of the rules) or FROM= TO=, WHY="wrong codes", DRY_RUN=1 (only say what it comes to), YES=1
	$(call needs,WHY,ORDER=SO-1001 WHY="wrong nominal codes")
	@$(BRIDGE) undo $${VERSION:+"--version=$$VERSION"} $${FROM:+"--from=$$FROM"} $${TO:+"--to=$$TO"} "--why=$$WHY" $${DRY_RUN:+--dry-run} $${YES:+--yes} -- $${ORDER:+"$$ORDER"}

redo: setup ## post again what was undone, by the rules in force; ORDER=
	$(call needs,ORDER,ORDER=SO-1001)
	@$(BRIDGE) redo -- "$$ORDER"

reopen: setup ## let an abandoned order go on from the beginning, or forget a mistyped id; ORDER=
	$(call needs,ORDER,ORDER=SO-1001)
	@$(BRIDGE) reopen -- "$$ORDER"

sweep: setup ## look now for orders that no webhook announced
	@$(BRIDGE) sweep

redrive: setup ## put the dead letters of a queue back, or count them; QUEUE=order
	@$(BRIDGE) redrive -- $${QUEUE:+"$$QUEUE"}

backfill: setup ## bring in orders of the past; FROM=2026-01-01 TO=2026-02-01 ANEW=1 (instead of one under way)
	$(call needs,FROM,FROM=2026-01-01 TO=2026-02-01)
	$(call needs,TO,FROM=2026-01-01 TO=2026-02-01)
	@$(BRIDGE) backfill start "--from=$$FROM" "--to=$$TO" $${ANEW:+--anew}

backfill-status: setup ## say how far a backfill has got; WATCH=1 (wait until it is done)
	@$(BRIDGE) backfill status $${WATCH:+--watch}

preview: setup ## show what a run would do for an order now; ORDER= RULES=rules.yaml ANEW=1 (as if nothing were posted yet)
	$(call needs,ORDER,ORDER=SO-1001)
	@$(BRIDGE) preview $${RULES:+"--rules=$$RULES"} $${ANEW:+--anew} -- "$$ORDER"

compare: setup ## show what other rules would change in the last orders; LAST=50 RULES=new.yaml
	$(call needs,LAST,LAST=50 RULES=new.yaml)
	$(call needs,RULES,LAST=50 RULES=new.yaml)
	@$(BRIDGE) compare "--rules=$$RULES" -- "$$LAST"

backlog: setup ## measure what a burst of orders costs beside calm ones, on virtual time; ORDERS=600
	@PYTHONPATH=.:layers/common python -m tests.simulation.backlog $${ORDERS:+--orders "$$ORDERS"}

drill: setup ## bring about each trouble that an alarm is for, and see that it goes off and no other; DAYS=30 ORDERS=600 (a healthy month after it)
	@PYTHONPATH=.:layers/common python -m tests.drill $${DAYS:+--days "$$DAYS"} $${ORDERS:+--orders "$$ORDERS"}

publish: setup ## put a rules document into force; RULES=rules.yaml
	$(call needs,RULES,RULES=rules.yaml)
	@$(BRIDGE) publish -- "$$RULES"

rules-check: setup ## check a rules document; FILE=rules.yaml
	$(call needs,FILE,FILE=rules.yaml)
	@$(BRIDGE) rules check -- "$$FILE"

simulate: setup ## run the bridge on virtual time while calls go wrong; SEED=1 ORDERS=1000 FAULTS=2 (percent of the calls) REFUNDS=30 (of so many orders) STRICT=1 (late reads, slow calls, small pages, wrong clocks)
	@$(SIMULATE) $${STRICT:+--strict} $${SEED:+--seed "$$SEED"} $${ORDERS:+--orders "$$ORDERS"} $${FAULTS:+--faults "$$FAULTS"} \
		$${REFUNDS:+--refunds "$$REFUNDS"}

simulate-all: setup ## try every fault at every call of all walks, and every pair of faults in two of them; PAIRS=1000 (drawn at random, 0 for none) WALK="known customer" SCHEDULE=12:lost STRICT=1
	@$(SIMULATE) --all $${STRICT:+--strict} $${PAIRS:+--pairs "$$PAIRS"} $${WALK:+--walk "$$WALK"} $${SCHEDULE:+--schedule "$$SCHEDULE"}

strange: setup ## send orders of the strangest lawful shapes through the bridge on virtual time; ORDERS=1000 SEED=1
	@PYTHONPATH=.:layers/common python -m tests.simulation.strange $${SEED:+--seed "$$SEED"} $${ORDERS:+--orders "$$ORDERS"}

vat-amounts: setup ## show what KashFlow does with the VAT sent with a line; FORGET=1 (find out again)
	@$(BRIDGE) vat-amounts $${FORGET:+--forget}

evidence: setup ## show what is kept of an order, or what the last orders show of payment and dispatch; ORDER= or LAST=50
	@$(BRIDGE) evidence $${ORDER:+"--order=$$ORDER"} $${LAST:+"$$LAST"}

books: setup ## show what was posted for some days, as a trial balance; FROM=2026-11-01 TO=2026-11-30
	$(call needs,FROM,FROM=2026-11-01 TO=2026-11-30)
	$(call needs,TO,FROM=2026-11-01 TO=2026-11-30)
	@$(BRIDGE) books "--from=$$FROM" "--to=$$TO"

reconcile: setup ## compare all orders of some days with all documents in KashFlow; FROM=2026-11-01 TO=2026-11-30, or what was last found; THOROUGH=1 (line by line)
	@$(BRIDGE) reconcile $${FROM:+"--from=$$FROM"} $${TO:+"--to=$$TO"} $${THOROUGH:+--thorough}

month-end: setup ## show the twelve controls of a month on one page; MONTH=2026-11 ARGS="--html page.html --csv page.csv --figure gateway:1202=123.45 --by Anna --close", YES=1 (do not ask)
	$(call needs,MONTH,MONTH=2026-11)
	@set -f; $(BRIDGE) month-end $$ARGS $${YES:+--yes} -- "$$MONTH"

schema: setup ## write the JSON Schema of the rules document, for editors and into the template
	@PYTHONPATH=layers/common python -m sitecore_kashflow.bridge rules schema > docs/rules.schema.json
	@PYTHONPATH=layers/common python -m sitecore_kashflow.bridge rules validator | \
		awk 'NR == FNR { schema = $$0; next } /^          Content: / { print "          Content: \047" schema "\047"; next } { print }' \
			- template.yaml > template.yaml.new && mv template.yaml.new template.yaml

workflow: setup ## write the retry policy into every step of the workflow file
	@python -m sandbox.workflow_file

prove-money: setup ## make up invoices, turn them into orders, and check that the mapping gets them back; ORDERS=1000000 SEED=1
	@PYTHONPATH=layers/common python -m tests.prove_money $${ORDERS:+--orders "$$ORDERS"} $${SEED:+--seed "$$SEED"}

prove-rounding: setup ## let shops round their VAT, and see that the alarm for rounding down goes off for those that do; RUNS=1000 ORDERS=5000
	@PYTHONPATH=layers/common python -m tests.prove_rounding $${RUNS:+--runs "$$RUNS"} $${ORDERS:+--orders "$$ORDERS"}

test: setup ## run all tests; ARGS="-k invoice" for some
	@PYTEST_ADDOPTS="$$PYTEST_ADDOPTS $$ARGS" $(PYTEST)

quick: setup ## run the tests that take a minute: units, infrastructure, and walks of one order in the simulated world
	@$(PYTEST) -k "not [moto and not -moto" $(QUICK)

mutants: setup ## plant each known bug in a copy of the project, and see that a test notices it; ONLY=documents (bugs by name)
	@set -f; python -m tests.mutants $$ONLY

bench: setup ## measure how long each door takes to be ready, beside its libraries alone; RUNS=15 DOORS="ingest_ordercloud"
	@set -f; python -m tests.bench $${RUNS:+--runs "$$RUNS"} $$DOORS

check: setup check-format check-lint check-types check-template check-build test check-lambda-python ## run everything that CI runs

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

check-lambda-python: setup
	@if [ "$(call version_of,$(VENV)/bin/python)" = $(LAMBDA_VERSION) ]; then :; \
	elif [ -n "$(LAMBDA_PYTHON)" ]; then $(MAKE) test PYTHON="$(LAMBDA_PYTHON)" ARGS="$(ON_LAMBDA)"; \
	else echo "Python $(LAMBDA_VERSION) is not on this machine: tested on $(call version_of,$(VENV)/bin/python) alone."; fi

build: setup ## build what is deployed, with bytecode; RUNTIME=python3.13 ARCHITECTURE=arm64
	@[ -n "$(LAMBDA_PYTHON)" ] || { echo "Python $(LAMBDA_VERSION) is needed to build for it. Install it, or choose: make $(MAKECMDGOALS) RUNTIME=python3.12"; exit 1; }
	PATH="$(dir $(LAMBDA_PYTHON)):$$PATH" $(VENV)/bin/sam build --parameter-overrides Runtime=$(RUNTIME) Architecture=$(ARCHITECTURE)
	$(LAMBDA_PYTHON) -m compileall -q --invalidation-mode unchecked-hash .aws-sam/build/CommonLayer

deploy: build ## deploy to your AWS account; asks the first time, keeps the answers later; CHANGES="Mode=live LogLevel=DEBUG"
	@python -m sandbox.account deploy Runtime=$(RUNTIME) Architecture=$(ARCHITECTURE)

upgrade: build ## deploy this version to the stack that is there, and ask nothing; CHANGES="Mode=live"
	@python -m sandbox.account upgrade Runtime=$(RUNTIME) Architecture=$(ARCHITECTURE)

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
