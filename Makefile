# The face of the project: every task by one word. CMake and Ninja do the building.
# The folder of tools/setup.sh: with pip's and Maven's own, all that is written outside the clone.
CACHE := $(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME),$(HOME)/.cache)/adaptivestream
KAFKA := $(CACHE)/kafka
TOPIC := adaptive-stream

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PYTHON := eval "$$(tools/setup.sh env)"; exec "$$ADAPTIVESTREAM_PYTHON"

# All Sparks but the one that `make test` runs, each with the JDKs that it runs on; and but 3.3.4, which writes its own log on
# stdout, where the tests want nothing but the job's lines (`make matrix` tries it).
OTHERS := 3.4.4-jdk17 4.0.4-jdk17 4.1.3-jdk17 4.2.0-jdk17 4.2.0-jdk25 4.3.0-jdk17 4.3.0-jdk25

.PHONY: help build spark spark4 sparks classes demo bench bench-phases bench-strict bench-cpu bench-agent bench-decide \
	bench-simulate bench-advice bench-bursts bench-generator bench-kills bench-forecast bench-predictor bench-dashboard matrix test test-slow test-unit test-jvm test-spark test-spark4 test-matrix test-oracle \
	asan tsan fmt fmt-check clean kafka-up kafka-down

help: ## Lists every task
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

build: ## Builds build/adaptivestream and build/libadaptivestream.so
	@tools/setup.sh build
	@cmake -G Ninja -S . -B build >/dev/null
	@ninja -C build

spark: ## Fetches Spark, Kafka and the connector into the user's cache, once
	@tools/setup.sh spark

spark4: ## Fetches Spark 4.2.0 and its connector beside it
	@tools/setup.sh spark 4.2.0

sparks: spark classes ## Fetches every Spark of tools/spark/versions.txt (2.7 GB)
	@for version in $$(sed -n 's/^\([0-9.]*\) .*/\1/p' tools/spark/versions.txt); do tools/setup.sh spark "$$version"; done

classes: ## Fetches the jars of other Sparks whose classes the JVM tests look at (220 MB)
	@tools/setup.sh classes

demo: build spark ## Shows a governed and an ungoverned query side by side on real Spark and Kafka
	@$(PYTHON) tools/demo.py

bench: build spark ## Runs all ways to set a trigger on real Spark and Kafka; ARGS as of `adaptivestream benchmark`, say --quick (hours)
	@build/adaptivestream benchmark $(ARGS)

bench-phases: build spark ## Measures waits: governed against ungoverned on the same events (25 minutes)
	@$(PYTHON) tools/bench_phases.py $(ARGS)

bench-strict: build spark ## Measures whether goal strict keeps its promise, on phases and recorded traces (40 minutes)
	@$(PYTHON) tools/bench_strict.py $(ARGS)

bench-cpu: build spark ## Measures the driver's CPU with and without the agent (80 minutes)
	@$(PYTHON) tools/bench_cpu.py $(ARGS)

bench-agent: build spark ## Measures the agent's memory, time to the first batch, and its punctuality (25 minutes)
	@$(PYTHON) tools/bench_agent.py $(ARGS)

bench-simulate: build ## Compares all policies on the recorded traces in simulation: 3 triggers, 2 scales, 4 goals (10 minutes)
	@python3 tools/bench_simulate.py $(ARGS)

bench-advice: build ## Shows what forecasters are worth on recorded traces in simulation, learning included (30 minutes)
	@python3 tools/bench_advice.py $(ARGS)

bench-decide: build ## Measures how long a decision takes, and shows how large a governor is (a minute)
	@build/tests/bench_decide

bench-bursts: build ## Trains and judges the network on the original README's bursts, beside EMA and the noise (12 minutes)
	@python3 tools/bench_bursts.py $(ARGS)

bench-generator: build spark ## Shows whether the generator holds 100,000 events/s beside Kafka (2 minutes)
	@$(PYTHON) tools/bench_generator.py $(ARGS)

bench-kills: build spark ## Kills a governed job's predictor 1,000 times: output, forecasts, descriptors (35 minutes)
	@$(PYTHON) tools/bench_kills.py $(ARGS)

bench-forecast: build ## Measures how long a forecast takes, and a step of training (a few seconds)
	@build/tests/bench_forecast

bench-predictor: build ## Measures the predictor: start, memory, request to answer (a minute)
	@build/tests/bench_predictor build/adaptivestream-predictor

bench-dashboard: build ## Measures the dashboard under 50 queries, without and with 200 stuck browsers (2 minutes; ARGS=--hour)
	@build/tests/bench_dashboard build/adaptivestream-predictor $(ARGS)

matrix: build sparks ## Tries every Spark, JDK, source and trigger: what is governed, what is left alone (25 minutes)
	@$(PYTHON) tools/matrix.py $(ARGS)

test: build spark classes ## Runs all tests: unit and fuzz, both again under sanitizers, on the JVM, on real Spark
	@tools/test.sh unit asan jvm spark

test-slow: build spark ## Runs the tests on real Spark that take minutes each: a killed predictor, sessions, the page in a browser (7 minutes)
	@tools/test.sh slow

test-unit: build ## Runs the unit and fuzz tests
	@tools/test.sh unit

test-jvm: build spark classes ## Runs the agent in a JVM, on a copy of Spark's trigger and on the classes of every Spark
	@tools/test.sh jvm

test-spark: build spark ## Runs real Spark jobs on real Kafka, with and without the agent
	@tools/test.sh spark

test-spark4: build spark4 ## Runs the same on Spark 4.2.0, with JDK 17 and 25 (25 minutes)
	@tools/test.sh spark-4.2.0-jdk17 spark-4.2.0-jdk25

test-matrix: build sparks ## Runs the same on every other Spark from 3.4 on (90 minutes), and the JVM tests
	@tools/test.sh jvm $(OTHERS:%=spark-%)

test-oracle: build ## Compares the network and its training with PyTorch, where TORCH_PYTHON (default python3) has it (2 minutes)
	@$${TORCH_PYTHON:-python3} tests/oracle/test_oracle.py build/tests/forecast_oracle $(ARGS)

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
	@broker=$$(tools/kafka.sh up "$(KAFKA)" --port 9092); broker=$${broker#broker=}; \
	tools/kafka.sh topic "$(KAFKA)" $(TOPIC) 2; \
	flag=" --broker $$broker"; [[ $$broker != 127.0.0.1:9092 ]] || flag=; \
	[[ $(TOPIC) == adaptive-stream ]] || flag+=" --topic $(TOPIC)"; \
	echo "Kafka runs at $$broker with the topic $(TOPIC) of 2 partitions"; \
	echo "send to it:  build/adaptivestream generate$$flag"; \
	echo "record it:   build/adaptivestream record$$flag --output arrivals.csv"; echo "stop it:     make kafka-down"

kafka-down: ## Stops that Kafka; its data stay
	@if tools/kafka.sh broker "$(KAFKA)" >/dev/null 2>&1; then tools/kafka.sh down "$(KAFKA)"; echo "stopped"; \
	    else tools/kafka.sh down "$(KAFKA)"; echo "no Kafka was running"; fi
	@echo "its data: $(KAFKA) (remove the folder to be rid of them)"
