# Thin names over real commands: what a target runs is what you may type yourself.

SWIFT   ?= swift
PREFIX  ?= /usr/local
DESTDIR ?=
FUZZ_SECONDS ?= 600
RELEASE := .build/release/tokenctl
EXAMPLE := Examples/HummingbirdApp
PICTURE := Tests/TokenConsoleTests/Transcripts/stolen-laptop.txt docs/stolen-laptop.svg

.DEFAULT_GOAL := help
.PHONY: help demo test example torture fuzz sanitize mutants lint bench docs picture build release man install uninstall deb clean packages
.PHONY: packages-test packages-deb

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: release ## Build, fill ./.demo with an example, and tour it
	scripts/demo $(RELEASE)

test: packages-test ## Run every test: Swift's, then the ones by real processes
	scripts/test

example: packages-test build ## Build the example application, and drive it by HTTP beside an operator's console
	$(SWIFT) build --package-path $(EXAMPLE)
	$(EXAMPLE)/end-to-end .build/debug/tokenctl $(EXAMPLE)/.build/debug/App

torture: release ## The long forms: a million steps, 10,000 histories of keys, races, kills (hours)
	Tests/torture $(RELEASE)

fuzz: packages-test ## Random input to every reader of bytes from outside (FUZZ_SECONDS=600, FUZZ="json jws")
	scripts/fuzz --planted --seconds 120 $(FUZZ)
	scripts/fuzz --seconds $(FUZZ_SECONDS) $(FUZZ)

sanitize: packages-test ## The Swift tests under the thread, then the address sanitizer (SANITIZE=thread)
	scripts/sanitize $(SANITIZE)

mutants: packages-test ## Take one defence away at a time (MUTANTS="crit"), and see a test fail
	scripts/mutants $(MUTANTS)

lint: packages ## Check formatting, style, who imports what, links, pictures
	$(SWIFT) format lint --strict --recursive $(wildcard Package.swift Sources Tests migrations Benchmarks Examples)
	scripts/check-layers
	scripts/check-layers --self-test
	scripts/check-links
	scripts/mutants --check
	scripts/terminal-picture --check $(PICTURE)

picture: ## Draw the README's picture anew, from the transcript that it shows
	scripts/terminal-picture $(PICTURE)

docs: packages ## The library's documentation, from its public symbols, in dist/docs
	scripts/docs dist/docs

bench: packages-test release ## Measure, beside a peer in the same run
	scripts/bench $(RELEASE)

build: packages ## Debug build
	$(SWIFT) build

release: packages ## The binary to install: .build/release/tokenctl
	$(SWIFT) build -c release --product tokenctl --static-swift-stdlib --disable-local-rpath \
		-Xlinker --strip-all -Xlinker -z -Xlinker now

$(RELEASE):
	$(MAKE) release

man: $(RELEASE) ## The manual: a page for each command and topic, in dist/man
	scripts/man $(RELEASE) dist/man

install: $(RELEASE) ## Program, manual, completions and units to PREFIX, /usr/local (DESTDIR=… before it)
	PREFIX=$(PREFIX) DESTDIR=$(DESTDIR) scripts/install-files $(RELEASE)

uninstall: ## Remove what install put there, and nothing else
	PREFIX=$(PREFIX) DESTDIR=$(DESTDIR) scripts/install-files --remove

deb: release packages-deb ## A Debian package, in dist (packaging/test-deb tries it in a chroot)
	scripts/deb $(RELEASE) dist

clean: ## Remove what the other targets made
	rm -rf .build .build-* .demo .venv dist $(EXAMPLE)/.build Tests/Fuzz/.build

packages:
	@scripts/install-packages

packages-test:
	@scripts/install-packages --with-tests

packages-deb:
	@scripts/install-packages --with-debian
