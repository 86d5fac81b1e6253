# make demo · make test · make check   (each makes .venv by itself if it is missing)
SHELL := /bin/bash
PYTHON ?= python3.11
BIN := .venv/bin
PY := $(BIN)/python

PHOTOS ?= builtin
STUDENTS := nano small base large

.PHONY: help install demo test check readme students android-check android-build android-models
.SECONDARY:

help:
	@echo "make demo    photos to phone-ready files and artifacts/report.html, in ten minutes"
	@echo "make test    the tests"
	@echo "make check   lint, format, types, the import contract"
	@echo "make readme  README's figures and picture again, from the shipped model"
	@echo "make android-check   what of android_demo can be proven without Android's own tools"
	@echo "make android-build   its APK, by Gradle and Android's SDK, and core's tests there"
	@echo "make android-models  the shipped model into android_demo again"
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

android-check: .venv/installed
	@$(PY) -m android_demo.check

APK := android_demo/app/build/outputs/apk/release/app-release.apk
android-build:
	@command -v gradle >/dev/null || { echo "missing: gradle 8.14 and Android's SDK (ANDROID_HOME), or open android_demo in Android Studio"; exit 1; }
	@gradle --project-dir android_demo :core:test :app:assembleDebug :app:assembleRelease
	@test $$(stat -c %s $(APK)) -lt 8000000 || { echo "$(APK): 8 MB or more"; exit 1; }

android-models: .venv/installed
	@$(PY) -m convert --target android --from train/pretrained/small.safetensors --out artifacts/shipped
