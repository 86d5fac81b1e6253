# make demo · make test · make check   (each makes .venv by itself if it is missing)
SHELL := /bin/bash
PYTHON ?= python3.11
BIN := .venv/bin
PY := $(BIN)/python

PHOTOS ?= builtin
STUDENTS := nano small base large
SHIPPED := train/pretrained/small.safetensors
RESULTS ?= results
README ?= README.md
MODEL ?= artifacts/web/model-int8.tflite
WEB_MODELS = $(if $(filter artifacts/web/%,$(MODEL)),$(MODEL) artifacts/web/light.tflite)
LITERT_JS := web_demo/node_modules/.package-lock.json

.PHONY: help install demo web site pictures golden test test-quick check readme results students ios-check ios-core ios-build android-check android-build android-models
.SECONDARY:

help:
	@echo "make demo    photos to phone-ready files and artifacts/report.html, in ten minutes; DEMO=short: the same with small work"
	@echo "make web     the page that runs a .tflite file live in the browser, on this machine; MODEL=path for another, PORT=number"
	@echo "make site    only its folder, web_demo/dist, static files for any host"
	@echo "make test    the tests"
	@echo "make test-quick  those without browser, Java, converters or long training, in three minutes"
	@echo "make check   lint, format, types, the import contract"
	@echo "make readme  README's figures and picture again, from the shipped models: 15 minutes; ROUNDS=1 for a trial of the line"
	@echo "make pictures  the page's screenshots in docs again; make golden: tests/golden again"
	@echo "make results  the shipped model, the paper's networks and its peers by the paper's protocol, in results: two hours"
	@echo "make ios-check  what of the iPhone's app can be checked anywhere: its Swift is read, its project, its names"
	@echo "make ios-core   the tests of its plain part, where there is Swift: a Mac, or Linux"
	@echo "make ios-build  the app for the simulator, on a Mac with Xcode 16"
	@echo "make android-check   what of android_demo can be proven without Android's own tools"
	@echo "make android-build   its APK, by Gradle and Android's SDK, and core's tests there"
	@echo "make android-models  the shipped model into android_demo again"
	@echo "make students  all students trained on PHOTOS and measured, README and docs/students.md again: hours"

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
	@$(PY) -m benchmarks.demo $(DEMO:%=--%)

web: .venv/installed $(LITERT_JS) $(WEB_MODELS)
	@$(PY) -m web_demo --model "$(MODEL)" $(if $(PORT),--port $(PORT))

site: .venv/installed $(LITERT_JS) $(WEB_MODELS)
	@$(PY) -m web_demo --model "$(MODEL)" --no-serve

artifacts/web/model-int8.tflite: $(SHIPPED) | .venv/installed
	@$(PY) -m convert --target web --sizes 256 512 --from $< --out $(@D)

artifacts/web/light.tflite: train/pretrained/nano.safetensors | .venv/installed
	@$(PY) -m convert --target web --sizes 256 512 --from $< --out $(@D)/light
	@cp $(@D)/light/model-int8.tflite $@

$(LITERT_JS): web_demo/package-lock.json
	@command -v npm >/dev/null || { echo "missing: npm. On Debian or Ubuntu: sudo apt-get install npm"; exit 1; }
	@npm ci --prefix web_demo --no-audit --no-fund --loglevel=error
	@touch $@

pictures: .venv/installed $(LITERT_JS) $(WEB_MODELS)
	@$(PY) -m web_demo.pictures --model "$(MODEL)"

golden: .venv/installed
	@$(PY) tests/golden/write.py

test: .venv/installed $(LITERT_JS)
	@$(PY) -m pytest -n 2

test-quick: .venv/installed
	@$(PY) -m pytest -n 2 -m "not (browser or java or converter or training)"

check: .venv/installed
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

readme: .venv/installed
	@$(PY) -m convert --from $(SHIPPED) --out artifacts/shipped
	@$(PY) -m benchmarks.students --results $(RESULTS) $(if $(ROUNDS),--quick --rounds $(ROUNDS))
	@$(PY) -m benchmarks.report.readme --results $(RESULTS) --readme $(README)

# Converted once: an interrupted run goes on only with the same files.
artifacts/results/converted.json: train/pretrained/small.safetensors | .venv/installed
	@$(PY) -m convert --from $< --out $(@D)

results: artifacts/results/converted.json
	@$(PY) -m benchmarks --iterations 1000 30 5 --profile --from artifacts/results --out results

artifacts/students/%.safetensors: | .venv/installed
	@$(PY) -m train --preset student --model $* --photos $(PHOTOS) --out $@

artifacts/int8/%.safetensors: artifacts/students/%.safetensors
	@$(PY) -m compress --from $< --int8 --qat --out $@

students: $(STUDENTS:%=artifacts/int8/%.safetensors)
	@$(PY) -m convert --from $(SHIPPED) --out artifacts/shipped
	@$(PY) -m benchmarks.students --students $^ --results results
	@$(PY) -m benchmarks.report.readme
	@$(PY) -m benchmarks.profiling.operators --page docs/students.md

ios-check: .venv/installed
	@$(PY) -m pytest -rs tests/ios_demo tests/golden

ios-core:
	@command -v swift >/dev/null || { echo "missing: swift. It comes with Xcode, and for Linux from swift.org"; exit 1; }
	@swift test --package-path ios_demo/Core

ios-build:
	@command -v xcodebuild >/dev/null || { echo "missing: xcodebuild. It comes with Xcode 16, on a Mac"; exit 1; }
	@xcodebuild -project ios_demo/Pix2Phone.xcodeproj -scheme Pix2Phone -configuration Debug \
		-destination 'generic/platform=iOS Simulator' -derivedDataPath artifacts/ios CODE_SIGNING_ALLOWED=NO build

android-check: .venv/installed
	@$(PY) -m android_demo.check

APK := android_demo/app/build/outputs/apk/release/app-release.apk
android-build:
	@command -v gradle >/dev/null || { echo "missing: gradle 8.14 and Android's SDK (ANDROID_HOME), or open android_demo in Android Studio"; exit 1; }
	@gradle --project-dir android_demo :core:test :app:assembleDebug :app:assembleRelease
	@test $$(stat -c %s $(APK)) -lt 8000000 || { echo "$(APK): 8 MB or more"; exit 1; }

android-models: .venv/installed
	@$(PY) -m convert --target android --from train/pretrained/small.safetensors --out artifacts/shipped
