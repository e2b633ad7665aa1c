# Two commands matter: `make run` and `make test`. Both need only Python 3.11 or newer.
PYTHON ?= python3
VENV := .venv
STAMP := $(VENV)/.installed
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help install run test faults audit bench upgrade-rehearsal lint style weaknesses types migrations translations imports lock messages

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP) ## make the virtual environment from requirements.txt and requirements-dev.txt

$(STAMP): requirements.txt requirements-dev.txt
	@command -v $(PYTHON) >/dev/null || { echo "error: $(PYTHON) not found; install Python 3.11 or newer" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "error: $(PYTHON) is $$($(PYTHON) -V 2>&1), but Python 3.11 or newer is needed; try make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV) \
		|| { echo "error: $(PYTHON) cannot make virtual environments; on Debian: apt-get install python3-venv" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --require-hashes \
		-r requirements.txt -r requirements-dev.txt
	@touch $@

run: install ## everything on this machine: Temporal, worker, shop (Ctrl-C stops it)
	@exec $(BIN)/python manage.py dev $(ARGS)

test: install ## all tests on PostgreSQL, with their coverage, then those that write state on SQLite
	$(BIN)/python -m pytest -q -n 3 --dist loadgroup --cov $(ARGS)
	TEST_DATABASE=sqlite $(BIN)/python -m pytest -q -n 2 --dist loadgroup -m sqlite $(ARGS)

faults: install ## everything dies, hangs and races under running orders, and must add up; SEED=… plays the same again
	SEED=$(SEED) $(BIN)/python -m pytest -q -n 3 --dist load --maxschedchunk 1 -m faults $(ARGS)

bench: install ## what an order costs, counted, and its speed beside sagas that do nothing
	$(BIN)/python -m pytest -q tests/benchmarks/orders.py $(ARGS)

upgrade-rehearsal: install ## orders that the commit before leaves waiting (or ARGS="--since REF") go on with this one
	$(BIN)/python -m tests.upgrade.rehearse $(ARGS)

lint: style weaknesses types migrations translations imports ## style, weak code, types, migrations, translations, and which room imports which

audit: install ## ask a public list of weaknesses about every pinned version; exit code 2 where it is out of reach
	$(BIN)/python -m tests.audit

style: install
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .

weaknesses: install
	$(BIN)/python -m bandit --quiet --configfile pyproject.toml --recursive orders shop temporal_app manage.py

types: install
	DJANGO_DEBUG=true $(BIN)/python -m mypy shop orders temporal_app tests

migrations: install
	DJANGO_DEBUG=true $(BIN)/python manage.py makemigrations --check --dry-run

translations: install
	$(BIN)/python -m pytest -q tests/views/test_translations.py

imports: install
	$(BIN)/lint-imports

LOCK := $(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

lock: install ## write both requirements anew from pyproject.toml; production's first, then what developing adds
	$(LOCK) --upgrade --output-file requirements.txt pyproject.toml
	$(LOCK) --upgrade --constraint requirements.txt --extra dev \
		$$(sed -n 's/^\([a-z0-9-]*\)==.*/--no-emit-package \1/p' requirements.txt) \
		--output-file requirements-dev.txt pyproject.toml

messages: install ## collect the texts to translate and compile the translations (needs gettext)
	DJANGO_DEBUG=true $(BIN)/python manage.py makemessages --locale de --no-location --no-wrap --ignore "$(VENV)/*" --ignore "tests/*"
	DJANGO_DEBUG=true $(BIN)/python manage.py compilemessages --ignore "$(VENV)/*"
