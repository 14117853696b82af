# The front door: every target only calls CMake, CTest or a script. `make help` lists them.

PREFIX ?= /usr/local
JOBS ?= $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)

# What cmake prints is for those who work on the build; the compiler's messages are for all.
configure = cmake --preset $(1) --log-level=WARNING >build/$(1).log || { cat build/$(1).log; exit 1; }
build = MAKEFLAGS=--no-print-directory cmake --build --preset $(1) --parallel $(JOBS)

.PHONY: all release demo bench test check-instructions pictures install format clean help

all: release ## build the library and the examples into build/release (the default)

release:
	@mkdir -p build
	@$(call configure,release)
	@$(call build,release)

demo: release ## run the example program, which shows what the library does
	@examples/cparse/demo.sh build/release/examples/cparse/cparse build

test: ## build and run all tests, in build/test
	@mkdir -p build
	@$(call configure,test)
	@$(call build,test)
	@ctest --preset test --parallel $(JOBS) --no-label-summary --output-junit ctest.xml

# What the check skips, it says.
check-instructions: ## count the instructions of the hot operations (valgrind)
	@bench/instructions/check gcc clang || test $$? -eq 77

bench: ## compare with all other allocators that are here, in build/bench; less than ten minutes
	@mkdir -p build
	@$(call configure,bench)
	@$(call build,bench)
	@bench/code-size --json build/bench/code-size.json || test $$? -eq 77
	@bench/run

pictures: ## draw what cparse does with SQLite, in build/pictures
	@script/pictures

# A relative PREFIX is refused: with make -C, or with a DESTDIR, nobody could say what it is below.
install: release ## install under PREFIX (/usr/local), in the staging directory DESTDIR if given
	@case "$(PREFIX)" in /* | [A-Za-z]:*) ;; *) \
	    echo "PREFIX is \"$(PREFIX)\"; it has to be an absolute path, such as $(CURDIR)/$(PREFIX)" >&2; \
	    exit 2 ;; esac
	@DESTDIR="$(DESTDIR)" cmake --install build/release --prefix "$(PREFIX)"

format: ## bring all C files into the project's format
	@script/format

clean: ## remove everything that was built
	@cmake -E rm -rf build

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1	/p' Makefile | expand -t 20
