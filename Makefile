# make demo [SONG=path]   a song to its curve, table, picture and report
# make test               the whole test suite, real browser included
# make lint               formatting, lint rules and types
# make bench              speed of the extractor beside its peers
# make model DATASET=dir  the packaged model and its card, made anew from DEAM
# make setup              only the environment in .venv that all of these make by themselves

BIN := .venv/bin
# through the environment and as it was given: no character of a file's name means anything
override export SONG := $(value SONG)
.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo test lint bench model clean

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

setup:
	@sh scripts/setup.sh base

setup-dev:
	@sh scripts/setup.sh dev

demo: setup
	@$(BIN)/moodcurve demo -o demo-output $${SONG:+-- "$$SONG"}

test: setup-dev
	$(BIN)/python -m pytest -n 2 --dist worksteal

lint: setup-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: setup-dev
	$(BIN)/python benchmarks/features.py

model: setup-dev
	$(BIN)/python -m moodcurve.learn.release "$(DATASET)"

clean:
	rm -rf .venv demo-output benchmark-output
