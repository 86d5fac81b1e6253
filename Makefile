# make demo · make test · make check   (each makes .venv by itself if it is missing)
SHELL := /bin/bash
PYTHON ?= python3.11
BIN := .venv/bin
PY := $(BIN)/python

PHOTOS ?= builtin
STUDENTS := nano small base large

.PHONY: help install demo test check readme students ios-check ios-core ios-build
.SECONDARY:

help:
	@echo "make demo    photos to phone-ready files and artifacts/report.html, in ten minutes"
	@echo "make test    the tests"
	@echo "make check   lint, format, types, the import contract"
	@echo "make readme  README's figures and picture again, from the shipped model"
	@echo "make ios-check  what of the iPhone's app can be checked anywhere: its Swift is read, its project, its names"
	@echo "make ios-core   the tests of its plain part, where there is Swift: a Mac, or Linux"
	@echo "make ios-build  the app for the simulator, on a Mac with Xcode 16"
	@echo "make students  all students trained on PHOTOS and measured, docs/students.md again: hours"

install: .venv/installed

.venv/installed: pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "missing: $(PYTHON). On Debian or Ubuntu: sudo apt-get install python3.11 (or make PYTHON=/path/to/python3.11)"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "wrong: $(PYTHON) is not Python 3.11. Name one: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "missing: Python's venv module. On Debian or Ubuntu: sudo apt-get install python3.11-venv"; exit 1; }
	@echo "installing into .venv (5 minutes, 9 GB)"
	@test -x $(PY) || $(PYTHON) -m venv .venv
	@$(PY) -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@$(PY) -m pip check
	@touch $@

demo: .venv/installed
	@$(PY) -m benchmarks.demo

test: .venv/installed
	@$(PY) -m pytest -n 2

check: .venv/installed
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

readme: .venv/installed
	@$(PY) -m convert --from train/pretrained/small.safetensors --out artifacts/shipped
	@$(PY) -m benchmarks --quick --profile --sizes 256 512 1024 --from artifacts/shipped
	@$(PY) -m benchmarks.readme --from artifacts/shipped

artifacts/students/%.safetensors: | .venv/installed
	@$(PY) -m train --preset student --model $* --photos $(PHOTOS) --out $@

artifacts/int8/%.safetensors: artifacts/students/%.safetensors
	@$(PY) -m compress --from $< --int8 --qat --out $@

students: $(STUDENTS:%=artifacts/int8/%.safetensors)
	@$(PY) -m benchmarks.goals --students $^ --page docs/students.md
	@$(PY) -m benchmarks.operators --page docs/students.md

ios-check: .venv/installed
	@$(PY) -m pytest -rs tests/ios_demo tests/golden

ios-core:
	@command -v swift >/dev/null || { echo "missing: swift. It comes with Xcode, and for Linux from swift.org"; exit 1; }
	@swift test --package-path ios_demo/Core

ios-build:
	@command -v xcodebuild >/dev/null || { echo "missing: xcodebuild. It comes with Xcode 16, on a Mac"; exit 1; }
	@xcodebuild -project ios_demo/Pix2Phone.xcodeproj -scheme Pix2Phone -configuration Debug \
		-destination 'generic/platform=iOS Simulator' -derivedDataPath artifacts/ios CODE_SIGNING_ALLOWED=NO build
