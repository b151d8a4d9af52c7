# Every target sets up what it needs; a fresh machine needs Python ≥ 3.11 and make alone.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
# Hundreds of short-lived processes start in a test run; each would compile the packages anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup demo dev test races test-browser test-processes chaos model clearing lint format bench bench-full bench-funding bench-reconciliation bench-clearing bench-files load load-open contract client fuzz-api monitoring test-monitoring test-kafka test-pg15 lock audit sbom clean

setup: $(READY)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "medsettle needs Python 3.11 or newer; name one with: make PYTHON=python3.12 …")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "setup: installing the hash-pinned packages into .venv"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup
	@$(BIN)/medsettle demo

dev: setup
	@$(BIN)/medsettle dev --data-dir .medsettle/dev

# Many of its tests wait for processes to start and to end, so more run at once than there are cores.
test: setup
	@$(BIN)/python -m pytest -q -n 3 --dist loadgroup

# What waits long for processes: servers that stay away, stacks that start and end, restores, the search for personal data.
test-processes: setup
	@$(BIN)/python -m pytest -q -n 4 --dist loadgroup -m processes

# Many callers at once on the same accounts and messages, again and again.
races: setup
	@$(BIN)/python -m pytest -q -n 3 -m races

# A real Prometheus scrapes a running service; promtool tests the rules. Needs Debian's package `prometheus`.
test-monitoring: setup
	@$(BIN)/python -m pytest -q -m monitoring tests/monitoring

# What runs on servers, on Apache Kafka 4 with its idempotent producer. Needs Java 17 and Maven. A part of it:
# make test-kafka TESTS=tests/integration/test_worker.py
SERVED := tests/integration tests/national tests/faults --ignore tests/faults/test_embedded.py --ignore tests/faults/test_dev_and_demo.py
KAFKA := .medsettle/kafka
test-kafka: setup $(KAFKA)/.ready
	@MEDSETTLE_TEST_KAFKA=$(CURDIR)/$(KAFKA) $(BIN)/python -m pytest -q -n 4 --dist loadgroup \
		-m "not chaos and not monitoring" $(or $(TESTS),$(SERVED) tests/engines/test_kafka_access.py)

$(KAFKA)/.ready: tests/engines/pom.xml tests/engines/kafka.py
	@echo "test-kafka: fetching Apache Kafka"
	@rm -rf $(KAFKA)
	@mvn --batch-mode --quiet --strict-checksums -Dstyle.color=never --file tests/engines/pom.xml \
		dependency:copy-dependencies -DoutputDirectory=$(CURDIR)/$(KAFKA)/jars
	@$(BIN)/python -m tests.engines.kafka $(KAFKA)
	@touch $@

# The same on PostgreSQL 15: Debian's package `postgresql-15`, or make test-pg15 PG15=/folder/of/its/programs
PG15 ?= /usr/lib/postgresql/15/bin
test-pg15: setup
	@MEDSETTLE_TEST_POSTGRES=$(PG15) $(BIN)/python -m pytest -q -n 4 --dist loadgroup \
		-m "not chaos and not monitoring" $(or $(TESTS),$(SERVED) tests/model tests/engines/test_postgres_tls.py)

# The console in a real Chromium, page by page, with screenshots in build/screenshots. Needs Debian's package `chromium`.
test-browser: setup
	@$(BIN)/python -m pytest -q -m browser tests/browser

# The kill campaigns; .ci/run runs the first of them with 20 rounds.
chaos: setup
	@MEDSETTLE_CHAOS_ROUNDS=$${MEDSETTLE_CHAOS_ROUNDS:-500} $(BIN)/python -m pytest -q -n 2 -m chaos

# The long form of the comparison with the model; `make test` runs 60 sequences and .ci/run 500.
model: setup
	@MEDSETTLE_MODEL_SEQUENCES=$${MEDSETTLE_MODEL_SEQUENCES:-50000} $(BIN)/python -m pytest -q -n 2 tests/model

# The long form of random days cleared to their end; `make test` runs 4 of them, the same ones each time.
clearing: setup
	@MEDSETTLE_CLEARING_RUNS=$${MEDSETTLE_CLEARING_RUNS:-200} $(BIN)/python -m pytest -q -n 2 tests/integration/test_clearing_equation.py

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: setup
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: setup
	@$(BIN)/medsettle bench --quick

bench-full: setup
	@$(BIN)/medsettle bench

# A million contributions, and the year's end of a million accounts against an exact computation.
bench-funding: setup
	@$(BIN)/python -m loadtests.contributions
	@$(BIN)/python -m loadtests.year_end

# A day of a million settlements against an institution's million rows, clean and with planted breaks.
bench-reconciliation: setup
	@$(BIN)/python -m loadtests.reconciliation

# A day of a million settlements sealed beside live postings.
bench-clearing: setup
	@$(BIN)/python -m loadtests.sealing

# A bank's day of a million lines, in both forms, and the details of a day of a million settlements.
bench-files: setup
	@$(BIN)/python -m loadtests.files

# For twenty seconds, or as told: make load LOAD="--users 200 --seconds 300".
load: setup
	@$(BIN)/python -m loadtests.run $(LOAD)

# A mixed profile at a set rate whatever becomes of it, and honest percentiles: make load-open LOAD="--rate 1000".
load-open: setup
	@$(BIN)/python -m loadtests.load_open $(LOAD)

contract: setup
	@$(BIN)/python docs/contract/generate.py
	@$(MAKE) --no-print-directory client

# The typed client of clients/python, made from the contract.
client: setup
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/openapi-python-client generate --path docs/contract/openapi.json --meta none \
		--config clients/python/generator.yml --overwrite --output-path clients/python/medsettle_client/generated

# Requests made from the contract against every operation; .ci/run has 5 of each kind for each, always the same ones.
fuzz-api: setup
	@MEDSETTLE_FUZZ_EXAMPLES=$${MEDSETTLE_FUZZ_EXAMPLES-500} $(BIN)/python -m pytest -q -n 2 tests/fuzz

# Dashboards, alert rules and the list of metrics.
monitoring: setup
	@$(BIN)/python -m deploy.generate

# Known weaknesses of the pinned packages; exit 3 of the command where the advisories cannot be asked.
audit: setup
	@$(BIN)/python -m deploy.audit

# What the image holds, as a CycloneDX bill of materials.
sbom: setup
	@mkdir -p build
	@$(BIN)/python -W ignore -m cyclonedx_py requirements deploy/image/runtime.lock --pyproject pyproject.toml --output-reproducible --of JSON -o build/sbom.json

COMPILE := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet

# The image takes a part of what is tested, at the same versions, and builds the project's wheel with the same tool.
lock:
	@$(COMPILE) pyproject.toml --extra archive --extra oidc --extra otel --extra sftp --extra sm --extra embedded --extra deploy --extra dev -o requirements.lock
	@$(COMPILE) pyproject.toml --extra archive --extra oidc --extra otel --extra sftp --extra sm --constraint requirements.lock -o deploy/image/runtime.lock
	@echo hatchling | $(COMPILE) - --constraint requirements.lock -o deploy/image/build.lock

clean:
	rm -rf .venv .medsettle .pytest_cache .mypy_cache .ruff_cache .hypothesis
