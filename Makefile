# The face of the project: every task by one word. CMake and Ninja do the building.
# The folder of tools/setup.sh: with pip's and Maven's own, all that is written outside the clone.
CACHE := $(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME),$(HOME)/.cache)/adaptivestream
KAFKA := $(CACHE)/kafka
TOPIC := adaptive-stream

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PYTHON := eval "$$(tools/setup.sh env)"; exec "$$ADAPTIVESTREAM_PYTHON"

.PHONY: help build spark demo bench-phases bench-strict bench-cpu bench-agent bench-decide bench-generator test test-unit \
	test-jvm test-spark asan tsan fmt fmt-check clean kafka-up kafka-down

help: ## Lists every task
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

build: ## Builds build/adaptivestream and build/libadaptivestream.so
	@tools/setup.sh build
	@cmake -G Ninja -S . -B build >/dev/null
	@ninja -C build

spark: ## Fetches Spark, Kafka and the connector into the user's cache, once
	@tools/setup.sh spark

demo: build spark ## Shows a governed and an ungoverned query side by side on real Spark and Kafka
	@$(PYTHON) tools/demo.py

bench-phases: build spark ## Measures waits: governed against ungoverned on the same events (25 minutes)
	@$(PYTHON) tools/bench_phases.py $(ARGS)

bench-strict: build spark ## Measures whether goal strict keeps its promise, on phases and recorded traces (40 minutes)
	@$(PYTHON) tools/bench_strict.py $(ARGS)

bench-cpu: build spark ## Measures the driver's CPU with and without the agent (80 minutes)
	@$(PYTHON) tools/bench_cpu.py $(ARGS)

bench-agent: build spark ## Measures the agent's memory, time to the first batch, and its punctuality (25 minutes)
	@$(PYTHON) tools/bench_agent.py $(ARGS)

bench-decide: build ## Measures how long a decision takes, and shows how large a governor is (a minute)
	@build/tests/bench_decide

bench-generator: build spark ## Shows whether the generator holds 100,000 events/s beside Kafka (2 minutes)
	@$(PYTHON) tools/bench_generator.py $(ARGS)

test: build spark ## Runs all tests: unit and fuzz, both again under sanitizers, on the JVM, on real Spark
	@tools/test.sh unit asan jvm spark

test-unit: build ## Runs the unit and fuzz tests
	@tools/test.sh unit

test-jvm: build spark ## Runs the agent in a JVM, on a copy of Spark's trigger
	@tools/test.sh jvm

test-spark: build spark ## Runs real Spark jobs on real Kafka, with and without the agent
	@tools/test.sh spark

asan: ## Runs the unit and fuzz tests under address and undefined-behaviour sanitizers
	@tools/setup.sh build
	@tools/test.sh asan

tsan: ## Runs the unit and fuzz tests under the thread sanitizer
	@tools/setup.sh build
	@tools/test.sh tsan

fmt: ## Formats the C sources in place
	@tools/format.sh -i

fmt-check: ## Fails if a C source is not formatted
	@tools/format.sh --dry-run --Werror

clean: ## Removes what was built; the cache of Spark and Kafka stays
	rm -rf build build-asan build-tsan

kafka-up: spark ## Starts Kafka on this machine, with a topic of two partitions
	@broker=$$(tools/kafka.sh up "$(KAFKA)"); tools/kafka.sh topic "$(KAFKA)" $(TOPIC) 2; \
	echo "$$broker (topic $(TOPIC), 2 partitions)"; echo "stop it with: make kafka-down"

kafka-down: ## Stops that Kafka; its data stay
	@tools/kafka.sh down "$(KAFKA)"
	@echo "stopped; its data are in $(KAFKA)"
