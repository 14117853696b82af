# The front door: every target only calls CMake, CTest or a script. `make help` lists them.

PREFIX ?= /usr/local
JOBS ?= $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)

# What cmake prints is for those who work on the build; the compiler's messages are for all.
configure = cmake --preset $(1) --log-level=WARNING >build/$(1).log || { cat build/$(1).log; exit 1; }
build = MAKEFLAGS=--no-print-directory cmake --build --preset $(1) --parallel $(JOBS)

.PHONY: all release demo bench test check-all check-instructions sanitize analyze check-load check-targets fuzz prove prove-mutants coverage mutate pictures single docs deb install format clean help

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

check-all: ## every check that fits into forty minutes, and what it leaves out
	@script/check-all

sanitize: ## the whole suite under each sanitizer, the programs under Valgrind; half an hour
	@script/sanitize

# What the check skips, it says.
check-instructions: ## count the instructions of the hot operations (valgrind)
	@bench/instructions/check gcc clang || test $$? -eq 77

analyze: ## gcc -fanalyzer, clang's analyzer, clang-tidy and cppcheck on the library
	@script/analyze || test $$? -eq 77

check-load: ## ten minutes of four threads under 512 MiB, ten million arenas, one of 8 GiB
	@mkdir -p build
	@$(call configure,test)
	@cmake --build --preset test --parallel $(JOBS) --target load >build/load.log || { cat build/load.log; exit 1; }
	build/test/tests/load soak 600
	build/test/tests/load create 10000000
	build/test/tests/load alive 100000
	build/test/tests/load one 8192

fuzz: ## a minute of each target of the fuzzer (clang); script/fuzz --help says more
	@script/fuzz

prove: ## prove the paths that allocate, for 64 and 32 bits; half an hour (frama-c-base, why3, cvc4, z3)
	@proof/prove || test $$? -eq 77

prove-mutants: ## break what is proved, and require that the proof fails
	@proof/mutants || test $$? -eq 77

coverage: ## what the tests reach of src/ and include/: lines, branches, MC/DC (clang 19)
	@script/coverage

mutate: ## break src/ in one place after the other and see who notices; script/mutate --help says more
	@script/mutate

# The programs that are missing are installed by tests/targets/run --install.
check-targets: ## the random model with other compilers, on other processors and systems
	@tests/targets/run || test $$? -eq 77

bench: ## compare with all other allocators that are here, in build/bench; less than ten minutes
	@mkdir -p build
	@$(call configure,bench)
	@$(call build,bench)
	@bench/code-size --json build/bench/code-size.json || test $$? -eq 77
	@bench/run

pictures: ## draw what cparse does with SQLite, in build/pictures
	@script/pictures

single: ## write the library as two files and as one header, in dist (python3)
	@. script/tools; need python3 python3; provide_tools; script/single

docs: ## make the pages for man and the site, in build/docs (doxygen)
	@script/docs

deb: ## make Debian packages of what is committed, in build/deb (lintian)
	@script/deb

# A relative PREFIX is refused: with make -C, or with a DESTDIR, nobody could say what it is below.
install: release ## install under PREFIX (/usr/local), in the staging directory DESTDIR if given
	@case "$(PREFIX)" in /* | [A-Za-z]:*) ;; *) \
	    echo "PREFIX is \"$(PREFIX)\"; it has to be an absolute path, such as $(CURDIR)/$(PREFIX)" >&2; \
	    exit 2 ;; esac
	@DESTDIR="$(DESTDIR)" cmake --install build/release --prefix "$(PREFIX)"

format: ## bring all C files into the project's format
	@script/format

clean: ## remove everything that was built
	@cmake -E rm -rf build dist

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1	/p' Makefile | expand -t 20
