# make demo [SONG=path]     a song to its curve, table, picture and report
# make test [TESTS=folder]  all tests, or those of one folder: make test TESTS=tests/library
# make check                lint, types and quick tests: no browser, no real data, nothing slow
# make lint                 formatting, lint rules, types, and bandit's rules of security
# make docs                 build the documentation site into site/; SERVE=1 shows it, and changes as they are made
# make notebooks [DEAM=dir] run the notebooks of docs/notebooks, and store their outputs in them
# make audit                look up the pinned packages in the public list of vulnerabilities (needs the network)
# make licenses             list the licenses of what `pip install moodcurve` and each extra install
# make dist                 build the wheel and the sdist into dist/, the same bytes for the same commit
# make sbom                 list everything that installs hold, bare and with extras: dist/sbom.json
# make smoke                install the built wheel into fresh environments, bare and with each extra
# make format               format Python and the page's sources
# make hooks                run formatting, lint and types at each commit (pre-commit)
# make fuzz [FUZZ=2000]      damage model files, libraries, results, tags and HTTP requests at random, and read them
# make client               generate the Python client of the server's API into moodcurve-client/
# make bench                measure the extractor's speed against its peers
# make model DEAM=dir SOUND=dir QUADRANTS=dir    train the packaged models and write their card
# make setup                create the environment .venv; every target does it when needed

BIN := .venv/bin
TESTS := tests src
FUZZ := 2000
PYTEST := $(BIN)/python -m pytest -n 2 --dist worksteal
# passed through the environment as given: no character of a file name has a meaning
override export SONG := $(value SONG)
.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo docs notebooks test check lint audit licenses dist sbom smoke format hooks fuzz client bench model clean

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

setup:
	@sh scripts/setup.sh base

setup-dev:
	@sh scripts/setup.sh dev

demo: setup
	@$(BIN)/moodcurve demo -o demo-output $${SONG:+-- "$$SONG"}

docs: setup-dev
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs $(if $(SERVE),serve,build --strict)

notebooks: setup-dev
	@$(BIN)/python scripts/notebooks.py

test: setup-dev
	$(PYTEST) $(TESTS)

check: lint
	$(PYTEST) -q -m "not browser and not real and not slow" $(TESTS)

lint: setup-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	@# its warnings, of lines with several findings of one comment, say nothing; an error is shown
	$(BIN)/bandit -q -r src 2>/dev/null || $(BIN)/bandit -q -r src

audit: setup-dev
	@$(BIN)/python scripts/audit.py

licenses: setup-dev
	@$(BIN)/python scripts/licenses.py

dist: setup-dev
	rm -rf dist
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/python -m build --no-isolation --quiet --outdir dist

sbom: dist
	@$(BIN)/python scripts/sbom.py -o dist/sbom.json

smoke: dist
	@$(BIN)/python scripts/smoke.py dist/*.whl

format: setup-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix --select I .
	cd web && npm run --silent format

hooks: setup-dev
	$(BIN)/pre-commit install

fuzz: setup-dev
	MOODCURVE_FUZZ=$(FUZZ) $(BIN)/python -m pytest -q --timeout 3600 tests/hostile -k "changed_ or damaged_pages or fuzzed"

client: setup-dev
	$(BIN)/python scripts/make_client.py moodcurve-client

bench: setup-dev
	$(BIN)/python benchmarks/features.py

model: setup-dev
	$(BIN)/python -m moodcurve.learn.release "$(DEAM)" "$(SOUND)" "$(QUADRANTS)" --results docs/results

clean:
	rm -rf .venv demo-output benchmark-output moodcurve-client site
