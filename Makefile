# Thin names over real commands: what a target runs is what you may type yourself.

SWIFT   ?= swift
PREFIX  ?= /usr/local
DESTDIR ?=
RELEASE := .build/release/tokenctl
EXAMPLE := Examples/HummingbirdApp

.DEFAULT_GOAL := help
.PHONY: help demo test example torture lint bench build release install clean packages packages-test

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: release ## Build, fill ./.demo with an example, and tour it
	scripts/demo $(RELEASE)

test: packages-test ## Run every test: Swift's, then the ones by real processes
	scripts/test

example: packages-test build ## Build the example application, and drive it by HTTP beside an operator's console
	$(SWIFT) build --package-path $(EXAMPLE)
	$(EXAMPLE)/end-to-end .build/debug/tokenctl $(EXAMPLE)/.build/debug/App

torture: release ## The long forms: a million steps, 10,000 histories of keys, races, kills (hours)
	Tests/torture $(RELEASE)

lint: packages ## Check formatting, style and who imports what
	$(SWIFT) format lint --strict --recursive $(wildcard Package.swift Sources Tests migrations Benchmarks Examples)
	scripts/check-layers
	scripts/check-layers --self-test

bench: packages-test release ## Measure, beside a peer in the same run
	scripts/bench $(RELEASE)

build: packages ## Debug build
	$(SWIFT) build

release: packages ## The binary to install: .build/release/tokenctl
	$(SWIFT) build -c release --static-swift-stdlib -Xlinker --strip-all --product tokenctl

install: ## Copy the release binary (built if there is none) to PREFIX, /usr/local
	test -x $(RELEASE) || $(MAKE) release
	install -D -m 0755 $(RELEASE) $(DESTDIR)$(PREFIX)/bin/tokenctl

clean: ## Remove what the other targets made
	rm -rf .build .demo .venv $(EXAMPLE)/.build

packages:
	@scripts/install-packages

packages-test:
	@scripts/install-packages --with-tests
