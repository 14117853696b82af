#!/usr/bin/env python3
"""Breaks the library by hand-made changes, one at a time, and says which tests notice.

    tests/mutants.py [WORD ...]      only the mutants whose name contains one of the words

The plain build is tried first; a mutant that survives it has to fall in one with tiny blocks and a
cut window. Those named "cost" change no result, and have to fall to bench/instructions/check, with
gcc 12. One that no test notices is a hole in the tests; one that does not apply any more goes, if the rules
of script/mutate break the same line. Takes ten minutes. Not a part of `make test`.
"""

import os, shutil, subprocess, sys, tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CC = os.environ.get("CC", "gcc").split()
FLAGS = ["-std=c11", "-O1", "-g", "-w"]
CUT = ["-DARENA_TUNE_FIRST=256", "-DARENA_TUNE_LEAST=128", "-DARENA_TUNE_MOST=4096",
       "-DARENA_TUNE_MAPPED=65536", "-DARENA_TUNE_STRIDE=8"]

# name, file, what is there, what is put there instead
MUTANTS = [
    # The fast path
    ("alloc: off by one at the window's end", "include/arena/arena.h",
     "ARENA_LAST(size) < (size_t)((end) - (from)) - (padding))", "ARENA_LAST(size) <= (size_t)((end) - (from)) - (padding))"),
    ("alloc: the object may start behind the window", "include/arena/arena.h",
     "(padding) <= (size_t)((end) - (from)) &&", ""),
    ("new: off by one at the window's end", "include/arena/arena.h",
     "ARENA_LAST(size) < (size_t)((end) - (from)))", "ARENA_LAST(size) <= (size_t)((end) - (from)))"),
    ("new: a small type may pass the window's end", "include/arena/arena.h",
     "(uintptr_t)(from) + ARENA_ROUNDED(size) <= (uintptr_t)(end)",
     "(uintptr_t)(from) + ARENA_ROUNDED(size) <= (uintptr_t)(end) + 8"),
    ("alloc: a small size may pass the window's end", "include/arena/arena.h",
     "(uintptr_t)(from) + (padding) + ARENA_ROUNDED(size) <= (uintptr_t)(end)",
     "(uintptr_t)(from) + ARENA_ROUNDED(size) <= (uintptr_t)(end)"),
    ("alloc: every known size is small", "include/arena/arena.h",
     "(ARENA_IS_CONSTANT(size) && ARENA_LAST(size) < ARENA_SMALL - ARENA_GRANULE)", "(ARENA_IS_CONSTANT(size))"),
    ("alloc: known sizes are small for too long", "include/arena/arena.h",
     "ARENA_LAST(size) < ARENA_SMALL - ARENA_GRANULE)", "ARENA_LAST(size) < 16 * ARENA_SMALL)"),
    ("blocks: one may end where addresses do", "src/core/blocks.c",
     "if (size < header || size > bytes_above(memory))", "if (size < header)"),
    ("alloc: the size is not rounded up", "include/arena/arena.h",
     "(((size) + (ARENA_GRANULE - 1)) & ~(size_t)(ARENA_GRANULE - 1))", "(size)"),
    ("array size: the product is not checked", "include/arena/arena.h",
     "return size == 0 || count <= PTRDIFF_MAX / size ? count * size : SIZE_MAX;",
     "return count * size;"),
    ("new: a type of malloc's alignment is not zeroed", "include/arena/arena.h",
     "        return arena_calloc(arena, size);", "        return arena_alloc(arena, size);"),
    # The slow path
    ("slow: padding is not in the room check", "src/core/alloc.c",
     "return pad <= room && size <= room - pad;", "return size <= room;"),
    ("slow: huge sizes are not refused", "src/core/alloc.c",
     "if (align > PTRDIFF_MAX / 2 || size > PTRDIFF_MAX - align - ARENA_GRANULE)", "if (false)"),
    ("slow: no slack for alignment in a fresh block", "src/core/alloc.c",
     "align > MALLOC_ALIGN ? align - MALLOC_ALIGN : 0;", "0;"),
    ("slow: nothing is large", "src/core/alloc.c",
     "return block_size_for(payload) > arena->block_size / 2;", "return false;"),
    ("slow: too much is large", "src/core/alloc.c",
     "return block_size_for(payload) > arena->block_size / 2;",
     "return block_size_for(payload) > arena->block_size / 4;"),
    ("slow: large objects are not aligned", "src/core/alloc.c",
     "return block ? block->data + padding(block->data, align) : NULL;", "return block ? block->data : NULL;"),
    ("aligned: any alignment goes", "src/core/alloc.c", "if (!is_power_of_two(align))", "if (0)"),
    ("calloc: large objects are taken as zero", "src/core/alloc.c",
     "object < arena->dirty : arena->large->dirty > 0;", "object < arena->dirty : false;"),
    ("fail: failures are not counted", "src/core/alloc.c", "arena->failures++;", ""),
    ("fail: errno is left to the handler", "src/core/alloc.c",
     "arena->on_failure(arena, size, arena->on_failure_context);\n        set_errno(error);",
     "arena->on_failure(arena, size, arena->on_failure_context);"),
    # realloc
    ("realloc: copies the new size", "src/core/alloc.c", "memcpy(moved, ptr, old_size)",
     "memcpy(moved, ptr, new_size)"),
    ("realloc: copies whole granules", "src/core/alloc.c", "memcpy(moved, ptr, old_size)",
     "memcpy(moved, ptr, round_up(old_size, ARENA_GRANULE))"),
    ("realloc: a shrink passes the mark", "src/core/alloc.c",
     "if (arena->cursor < arena->floor)", "if (false)"),
    ("realloc: any object is the newest", "src/core/alloc.c",
     "if (is_newest(arena, ptr, old_size) && resize_newest", "if (resize_newest"),
    ("realloc: the newest never grows in place", "src/core/alloc.c",
     "if (is_newest(arena, ptr, old_size) && resize_newest", "if (new_size <= old_size && is_newest(arena, ptr, old_size) && resize_newest"),
    ("realloc: the peak is not noted before a shrink", "src/core/alloc.c",
     "    note_peak(arena);\n    arena_leave_block(arena);", "    arena_leave_block(arena);"),
    ("realloc: what a shrink gives back is taken as zero", "src/core/alloc.c",
     "    note_peak(arena);\n    arena_leave_block(arena);", "    note_peak(arena);"),
    ("realloc: a shrink moves", "src/core/alloc.c",
     "return new_size <= old_size ? ptr : move(", "return move("),
    # Blocks
    ("blocks: large objects are fed to growth", "src/core/blocks.c",
     "arena->large_size += block->size;",
     "arena->large_size += block->size; arena->block_size = ARENA_TUNE_MOST;"),
    ("blocks: the limit is ignored", "src/core/blocks.c",
     "return held < arena->limit ? arena->limit - held : 0;", "return SIZE_MAX;"),
    ("blocks: adopted memory is not under the limit", "src/core/blocks.c",
     "arena->large_size + arena->adopted_sums.reserved - buffer;", "arena->large_size - buffer;"),
    ("blocks: a buffer counts against the limit", "src/core/blocks.c",
     "size_t buffer = arena->blocks->memory ? 0 : arena->blocks->size;", "size_t buffer = 0;"),
    ("blocks: no slack for unaligned memory", "src/core/internal.h",
     "sizeof(ArenaBlock) + 2 * (MALLOC_ALIGN - 1);", "sizeof(ArenaBlock);"),
    ("blocks: a source hears of more than there can be", "src/core/blocks.c",
     "smaller(allowance(arena), PTRDIFF_MAX);\n    if (least > most)", "allowance(arena);\n    if (least > most)"),
    ("blocks: an extension may be more than there can be", "src/core/blocks.c",
     "smaller(bytes_above(block->memory), PTRDIFF_MAX) - block->size;", "bytes_above(block->memory) - block->size;"),
    ("blocks: no second try with the least", "src/core/blocks.c",
     "if (!memory && asked > least) {", "if (false) {"),
    ("blocks: a short block is leaked", "src/core/blocks.c",
     "arena->source.release(arena->source.context, memory, given);\n        return NULL;", "return NULL;"),
    ("blocks: a short block is used", "src/core/blocks.c",
     "given < asked ? NULL : arena_place_block", "false ? NULL : arena_place_block"),
    ("blocks: left without writing `used` back", "src/core/blocks.c",
     "block->used = offset_in(block, arena->cursor);", ""),
    ("blocks: left without noting what is dirty", "src/core/blocks.c",
     "block->dirty = larger(block->dirty, block->used);", ""),
    ("blocks: fresh memory is taken as zero", "src/core/blocks.c",
     "arena_place_block(memory, given, 0, arena->fresh);", "arena_place_block(memory, given, 0, true);"),
    ("blocks: extended memory is taken as zero", "src/core/blocks.c", "if (!arena->fresh)", "if (false)"),
    ("blocks: a small spare is dropped", "src/core/blocks.c",
     "*link = spare->next;\n            spare->next = arena->current->next;", ""),
    ("blocks: only the first spare is looked at", "src/core/blocks.c",
     "*link; link = &(*link)->next) {", "*link; ) {\n        if (payload > (*link)->capacity) return false;"),
    ("blocks: a new block drops the spares", "src/core/blocks.c",
     "block->next = arena->current->next;\n    arena->current->next = block;",
     "arena->current->next = block;"),
    ("blocks: an extension forgets its size", "src/core/blocks.c",
     "    set_block_size(block, size);\n    block->capacity = smaller",
     "    size_t old = block->size;\n    set_block_size(block, size);\n    block->size = old;\n    block->capacity = smaller"),
    ("blocks: an extension that gives too little is believed", "src/core/blocks.c", " && *size >= wanted;", ";"),
    ("blocks: padding is counted at the end of blocks", "src/core/blocks.c",
     "block->used_before = left->used_before + left->used;", "block->used_before = left->used_before + left->capacity;"),
    # A capacity beside a buffer
    ("buffer: a capacity may be less than a block", "src/core/arena.c",
     "larger(block_size_for(options->capacity), ARENA_TUNE_LEAST)", "block_size_for(options->capacity)"),
    ("buffer: a capacity is cut to a block", "src/core/arena.c",
     "larger(block_size_for(options->capacity), ARENA_TUNE_LEAST)",
     "smaller(larger(block_size_for(options->capacity), ARENA_TUNE_LEAST), ARENA_TUNE_MOST)"),
    # Large objects
    ("large: growth takes all that a limit leaves", "src/core/blocks.c",
     "smaller(block->size, most / 4)", "smaller(block->size, most)"),
    ("large: a shrink keeps everything", "src/core/blocks.c", "    if (size <= block->size / 2 && ",
     "    if (false && "),
    ("large: a shrink cuts what is remembered", "src/core/blocks.c",
     "    if (size <= block->size / 2 && !is_in_journal(arena, block) &&",
     "    if (size <= block->size / 2 &&"),
    ("large: a shrink below a mapping keeps everything", "src/core/blocks.c",
     "size_t size = larger(block_size_for(payload), ARENA_TUNE_MAPPED);",
     "size_t size = block_size_for(payload);\n    if (size < ARENA_TUNE_MAPPED)\n        return;"),
    ("large: the last of the few that are looked at is taken for the right one", "src/core/blocks.c",
     "if ((*link)->memory && patience-- == 0) // those that the guard has put here do not count\n            break;", "if (patience-- == 0)\n            return link;"),
    ("large: one made before the mark is moved", "src/core/blocks.c",
     "*link != arena->large_floor; link", "*link; link"),
    ("large: one that is remembered is moved", "src/core/blocks.c",
     "|| is_in_journal(arena, block))", ")"),
    ("large: kept by a rewind", "src/core/journal.c", "arena_release_large_until(arena, mark.large);", ""),
    # Marks and the journal
    ("mark: the floor stays", "src/core/journal.c", "arena->floor = arena->cursor;", ""),
    ("mark: the epoch stays", "src/core/journal.c", "    arena->epoch += ARENA_EPOCH;\n    return mark;", "    return mark;"),
    ("rewind: nothing is restored", "src/core/journal.c",
     "arena_undo_until(arena, mark->journal, &rewind);", "arena_undo_until(arena, mark->journal, NULL);"),
    ("rewind: the peak is not noted", "src/core/journal.c", "    note_peak(arena);\n", ""),
    ("rewind: the dirty part is not noted", "src/core/journal.c", "    arena_leave_block(arena);\n", ""),
    ("defer: an entry is not linked", "src/core/journal.c",
     ".next = arena->journal, .call = call", ".next = NULL, .call = call"),
    ("remember: costs memory without a mark", "src/core/journal.c", "if (!arena->marked)", "if (false)"),
    # Lifetime
    ("reset: restores what was remembered", "src/core/arena.c",
     "any = arena_undo_until(arena, NULL, NULL);", "any = arena_undo_until(arena, NULL, &(ArenaRewind){0});"),
    ("reset: large objects stay", "src/core/arena.c",
     "    arena_release_large_until(arena, NULL);\n    arena_leave_block", "    arena_leave_block"),
    ("reset: marks stay", "src/core/arena.c", "    arena->marked = false;\n", ""),
    ("adopt: the list is cut", "src/core/arena.c", "    last->adopted = into->adopted;\n", ""),
    ("adopt: a buffer is adopted", "src/core/arena.c",
     "if (from == into || !from->blocks->memory)", "if (from == into)"),
    ("adopt: deferred calls are lost", "src/core/arena.c",
     "any = arena_undo_until(adopted, NULL, NULL) || any;", ";"),
    ("adopt: calls of who is adopted late are lost", "src/core/arena.c",
     "any = arena_undo_until(adopted, NULL, NULL) || any;", "arena_undo_until(adopted, NULL, NULL);"),
    ("adopt: what was noted may move", "src/core/arena.c",
     "    into->large_floor = into->large; // what containers note from now on may point into these\n", ""),
    ("rewind: what the journal points to may move", "src/core/journal.c",
     "    arena->large_floor = arena->large;\n    arena->journal_floor = mark.journal;", "    arena->large_floor = mark.large;\n    arena->journal_floor = mark.journal;"),
    ("adopt: the epoch stays", "src/core/arena.c",
     "into->epoch = (into->epoch > from->epoch ? into->epoch : from->epoch) + ARENA_EPOCH;",
     "into->epoch += ARENA_EPOCH;"),
    ("trim: keeps one spare too many", "src/core/arena.c", "if (spare->size <= keep) {", "if (keep != 0) {"),
    ("trim: growth goes on from what is gone", "src/core/arena.c",
     "arena_release_block(arena, spare);\n            arena_plan_next_block(arena);",
     "arena_release_block(arena, spare);"),
    # Deferred calls
    ("reset: floors are of the past while calls run", "src/core/arena.c",
     "        arena->large_floor = NULL; // a call of an adopted arena may have made a mark\n        arena->journal_floor = NULL;\n",
     ""),
    # Strings
    ("memdup: a copy holds no pointers", "include/arena/arena.h",
     "ARENA_API ARENA_RESULT ARENA_SIZED(3) void *arena_memdup",
     "ARENA_API ARENA_FRESH ARENA_SIZED(3) void *arena_memdup"),
    ("format: one byte short", "src/core/format.c", "if (length >= 0 && size <= room)",
     "if (length >= 0 && size <= room + 1)"),
    ("format: what was scribbled is taken as zero", "src/core/format.c", "    note_scribble(arena, room);\n", ""),
    ("format: the list is read twice without a copy", "src/core/format.c",
     "room, format, first);", "room, format, arguments);"),
    ("strndup: the bound is ignored", "src/core/strings.c",
     "string_length_within(text, smaller(most, PTRDIFF_MAX))", "string_length(text)"),
    # Inspection
    ("owns: adopted arenas are left out", "src/core/inspect.c",
     "for (; arena; arena = arena->adopted)", "for (; arena; arena = NULL)"),
    ("valid: always", "src/core/inspect.c", "return chain_is_valid(arena, &count)",
     "return true || chain_is_valid(arena, &count)"),
    # Sources
    ("heap: cached mappings are taken as zero", "src/memory/source_heap.c", "*fresh = !pages;", "*fresh = true;"),
    ("heap: a mapping is freed", "src/memory/source_heap.c",
     "if (size < ARENA_TUNE_MAPPED)\n        release_small", "if (size <= ARENA_TUNE_MAPPED + 4096)\n        release_small"),
    ("heap: the cache has no bound", "src/memory/source_heap.c",
     "return limit < ever ? limit : ever;", "return SIZE_MAX;"),
    ("heap: a limit of the cache is read too early", "src/memory/source_heap.c",
     "taken->held += mapping.size;\n    return_cache(taken);", "taken->held += mapping.size;\n    atomic_store(&cache, taken);"),
    ("heap: a limit is missed by who has the cache", "src/memory/source_heap.c",
     "taken = atomic_load(&cache_limit) == limit ? NULL : take_cache(1);", "taken = NULL;"),
    ("heap: a lower limit leaves everything warm", "src/memory/source_heap.c",
     "i < taken->count && atomic_load(&warm) > limit / COOL;", "i < taken->count && false;"),
    ("heap: the end of the library gives nothing back", "src/memory/source_heap.c",
     "    clear_thread(false);\n    arena_cache_limit(0);\n", ""),
    ("heap: the cache is kept while mappings fail", "src/memory/source_heap.c",
     "if (!pages && arena_heap_empty_cache())", "if (false)"),
    ("heap: the cache is kept while moves fail", "src/memory/source_heap.c",
     "if (!moved && arena_heap_empty_cache())", "if (false)"),
    ("heap: the cache is kept while small blocks fail", "src/memory/source_heap.c",
     "return block || !arena_heap_empty_cache() ? block : malloc(size);", "return block;"),
    ("region: the cache is kept while reservations fail", "src/memory/source_region.c",
     "return pages || !arena_heap_empty_cache() ? pages : arena_pages_reserve(size, true);", "return pages;"),
    ("region: the cache is kept while commits fail", "src/memory/source_region.c",
     "(arena_heap_empty_cache() && arena_pages_commit(pages, size));", "false;"),
    ("pages: the end of a huge page is not touched", "src/core/blocks.c", "    arena->cursor[reach - 1] = 0;\n", ""),
    ("pages: the next huge page is touched too", "src/core/blocks.c",
     "if (reach > room ||", "if (true ||"),
    ("pages: what is touched is not zero", "src/core/blocks.c", "arena->cursor[reach - 1] = 0;", "arena->cursor[reach - 1] = 1;"),
    ("pages: used memory is opened page by page", "src/core/blocks.c",
     "size_t used = arena->cursor < arena->dirty ? (size_t)(arena->dirty - arena->cursor) : 0;", "size_t used = 0;"),
    ("growth: no early huge page", "src/core/blocks.c", "return early ? ARENA_TUNE_MAPPED : size;", "return size;"),
    ("large: a shrink of dirty memory is not noted", "src/core/blocks.c",
     "        block->dirty = smaller(block->dirty, block->capacity);\n    }", "    }"),
    ("heap: nothing is discarded", "src/memory/source_heap.c",
     "if (!mapping.is_warm && !arena_pages_discard(pages, size))", "if (false)"),
    ("heap: what cannot be discarded is kept", "src/memory/source_heap.c",
     "!arena_pages_discard(pages, size))", "(arena_pages_discard(pages, size), false))"),
    ("pages: a discard that fails shows in errno", "src/memory/pages_posix.c",
     "ADVICE_FREE) == 0; // not so if they are locked in memory\n    errno = error;", "ADVICE_FREE) == 0;"),
    ("heap: everything is discarded", "src/memory/source_heap.c",
     "    while (size <= most && now <= most - size)", "    while (false)"),
    ("heap: what leaves the cache still counts as warm", "src/memory/source_heap.c",
     "        atomic_fetch_sub(&warm, removed.size);\n", "        ;\n"),
    ("heap: a mapping that is cut in half serves", "src/memory/source_heap.c", "size + size / 4 + 1", "2 * size + 1"),
    ("heap: a thread keeps large blocks", "src/memory/source_heap.c", "return size <= ARENA_TUNE_KEPT &&", "return"),
    ("heap: a thread keeps a block against the limit", "src/memory/source_heap.c",
     "atomic_load_explicit(&cache_limit, memory_order_relaxed) > 0 &&", ""),
    ("heap: a thread keeps a block for good", "src/memory/source_heap.c",
     "(mine.is_watched || arena_pages_at_thread_end(end_thread))", "true"),
    ("heap: a limit of 0 leaves the kept block", "src/memory/source_heap.c", "    if (bytes == 0)\n        forget_kept();\n", ""),
    ("heap: any kept block serves", "src/memory/source_heap.c", "if (mine.blocks[i].size == size)", "if (true)"),
    ("heap: a kept block is forgotten for another", "src/memory/source_heap.c",
     "        free(remove_kept(0));\n", "        remove_kept(0);\n"),
    ("heap: a kept block serves twice", "src/memory/source_heap.c", "            return remove_kept(i);", "            return mine.blocks[i].block;"),
    ("heap: other threads keep their blocks at a limit of 0", "src/memory/source_heap.c",
     "        if (atomic_load_explicit(&cache_limit, memory_order_relaxed) == 0)\n            forget_kept();\n", ""),
    ("heap: what was not stored still counts as warm", "src/memory/source_heap.c",
     "    if (!kept && mapping.is_warm)\n        atomic_fetch_sub(&warm, size);\n", ""),
    ("heap: what a mapping had before it grew still counts as live", "src/memory/source_heap.c",
     "        atomic_fetch_sub(&live, old_whole);\n", ""),
    ("heap: the first mapping that fits serves", "src/memory/source_heap.c",
     "        if (taken->mappings[i].size >= size &&", "        if (!best.pages && taken->mappings[i].size >= size &&"),
    ("heap: the newest mapping makes room", "src/memory/source_heap.c",
     "evicted[count++] = remove_mapping(taken, 0);", "evicted[count++] = remove_mapping(taken, taken->count - 1);"),
    ("heap: a mapping is touched at its start", "src/memory/source_heap.c",
     "        pages[ARENA_HUGE_PAGE - 1] = 0;", "        pages[0] = 0;"),
    ("pages: no huge pages are asked for", "src/memory/pages_posix.c",
     "        madvise(pages, size, ADVICE_HUGE);\n", "        (void)0;\n"),
    ("pages: none are asked for what has grown", "src/memory/pages_posix.c",
     "NULL : prefer_huge(moved, new_size)", "NULL : moved"),
    ("pages: a discard does nothing", "src/memory/pages_posix.c",
     "madvise(pages, size, ADVICE_FREE) == 0;", "pages && size;"),
    ("pages: a discard takes the contents at once", "src/memory/pages_posix.c",
     "#define ADVICE_FREE MADV_FREE", "#define ADVICE_FREE MADV_DONTNEED"),
    ("blocks: an extended one may end where addresses do", "src/core/blocks.c",
     "    block->capacity = smaller(block->capacity, bytes_above(block->data) & ~(MALLOC_ALIGN - 1));\n", ""),
    ("heap: a child keeps its parent's cache", "src/memory/source_heap.c", "arena_pages_at_fork(forget_cache))", "true)"),
    ("heap: the cache is taken before forks are watched", "src/memory/source_heap.c",
     "patience-- > 0 && watches_forks())", "patience-- > 0)"),
    ("pages: growth is by copy", "src/memory/pages_posix.c",
     "void *moved = mremap(pages, old_size, new_size, MREMAP_MAYMOVE);", "void *moved = MAP_FAILED;"),
    ("region: commits too little", "src/memory/source_region.c",
     "size_t wanted = arena_whole_pages(region_lead() + size);\n    if (wanted <= region->committed)",
     "size_t wanted = arena_whole_pages(region_lead() + size) - arena_pages_size();\n    if (wanted <= region->committed)"),
    ("region: grows beyond its end", "src/memory/source_region.c",
     "if (size > region->reserved - region_lead())", "if (false)"),
    ("region: what cannot be decommitted is taken as gone", "src/memory/source_region.c",
     "if (wanted < region->committed && arena_pages_decommit(pages, region->committed - wanted, true))",
     "if (wanted < region->committed && (arena_pages_decommit(pages, region->committed - wanted, true), true))"),
    ("region: ends request by request", "src/memory/source_region.c",
     "*new_size = region->reserved - region_lead();", ""),
    ("undo: marks of a call outlive it", "src/core/journal.c",
     "        arena->large_floor = large_floor;\n        arena->journal_floor = journal_floor;\n    }",
     "    }"),
    # What the first round left unseen
    ("slow: an exact fit does not fit", "src/core/alloc.c",
     "return pad <= room && size <= room - pad;", "return pad <= room && size < room - pad;"),
    ("slow: size 0 takes a granule", "src/core/alloc.c",
     "round_up(size, ARENA_GRANULE);\n    open_window", "round_up(size + 1, ARENA_GRANULE);\n    open_window"),
    ("slow: large objects come before the rest of the block", "src/core/alloc.c",
     "    if (fits(arena, size, align))\n        return take",
     "    if (fits(arena, size, align) && !is_large(arena, payload_for(size, align)))\n        return take"),
    ("slow: new blocks come before spares", "src/core/alloc.c",
     "if (!arena_enter_spare_block(arena, payload) && !arena_enter_new_block(arena, payload))",
     "if (!arena_enter_new_block(arena, payload) && !arena_enter_spare_block(arena, payload))"),
    ("slow: success clears errno", "src/core/alloc.c",
     "    open_window(arena);\n    return object;", "    open_window(arena);\n    set_errno(0);\n    return object;"),
    ("aligned: padding is taken twice", "src/core/alloc.c",
     "        arena->cursor = object + round_up(size, ARENA_GRANULE);\n        return",
     "        arena->cursor = object + pad + round_up(size, ARENA_GRANULE);\n        return"),
    ("aligned: later objects are aligned as well", "src/core/alloc.c",
     "        arena->cursor = object + round_up(size, ARENA_GRANULE);\n        return",
     "        arena->cursor = object + round_up(size, align);\n        return"),
    ("realloc: what is near the cursor is the newest", "src/core/alloc.c",
     "(uintptr_t)ptr == round_up(size", "(uintptr_t)ptr <= 64 + round_up(size"),
    ("blocks: the first block of memory that is not aligned", "src/core/blocks.c",
     "size_t header = padding(memory, MALLOC_ALIGN) + lead", "size_t header = lead"),
    ("blocks: too little memory is enough", "src/core/blocks.c",
     "if (size < header || size > bytes_above(memory))", "if (size + 64 < header || size > bytes_above(memory))"),
    ("blocks: fresh memory is taken as dirty", "src/core/blocks.c", "zero ? 0 : block->capacity", "block->capacity"),
    ("large: grows by just what is needed", "src/core/blocks.c", "return larger(size, least);", "return least;"),
    ("large: the list keeps the old place", "src/core/blocks.c", "    *link = block;\n", ""),
    ("rewind: goes to the start of the block", "src/core/journal.c",
     "arena_return_to(arena, mark.block, mark.cursor);", "arena_return_to(arena, mark.block, mark.block->data);"),
    ("rewind: stays in the newest block", "src/core/journal.c",
     "arena_return_to(arena, mark.block, mark.cursor);",
     "if (mark.cursor < mark.block->data + mark.block->capacity) arena_return_to(arena, mark.block, mark.cursor);"),
    ("rewind: an outer mark keeps the inner floor", "src/core/journal.c",
     "    arena->journal_floor = mark.journal;\n", ""),
    ("undo: an entry is off the list after its call", "src/core/journal.c",
     "        arena->journal = undo->next;\n        if (rewind)\n            rewind->now = arena->epoch;\n        undo_one(undo, rewind);\n", "        if (rewind)\n            rewind->now = arena->epoch;\n        undo_one(undo, rewind);\n        arena->journal = undo->next;\n"),
    ("adopt: an arena adopts itself", "src/core/arena.c", "if (from == into || ", "if ("),
    ("adopt: remembered bytes are restored", "src/core/arena.c",
     "arena_undo_until(adopted, NULL, NULL) ||", "arena_undo_until(adopted, NULL, &(ArenaRewind){0}) ||"),
    ("trim: a spare counts twice", "src/core/arena.c", "keep -= spare->size;",
     "keep -= smaller(keep, 2 * spare->size);"),
    ("trim: the last spare that fits goes", "src/core/arena.c", "if (spare->size <= keep) {",
     "if (spare->size < keep && keep != SIZE_MAX) {"),
    ("create: half a source is taken", "src/core/arena.c", "(has_source || has_none) &&", ""),
    ("create: a size without a buffer is taken", "src/core/arena.c",
     "&& (options->buffer || options->buffer_size == 0)", ""),
    ("create: the capacity is not of the source's first block", "src/core/arena.c",
     "if (options->buffer && options->capacity)", "if (false)"),
    ("create: the limit is ignored", "src/core/arena.c", "if (size <= limit)", "if (true)"),
    ("create: a failing source leaks or is not reported", "src/core/arena.c",
     "        if (memory)\n            source->release(source->context, memory, given);\n        set_errno(ENOMEM);", ""),
    ("create: less than asked for is taken", "src/core/arena.c", "memory && given >= size ?", "memory ?"),
    ("fault: the checker is not asked", "src/watch/fault_posix.c",
     "known = guarded || arena_report_add_gone_at(report, address);", "known = guarded != NULL;"),
    ("fault: what nobody knows is the last report", "src/watch/fault_posix.c",
     "is_made ? &finished : NULL", "&finished"),
    ("fault: a report is waited for by who makes it", "src/watch/fault_posix.c",
     " && who != &errno;", ";"),
    ("watch: large objects are not released when a watcher goes", "src/watch/watch.c",
     "    for (ArenaBlock *block = arena->large; watcher->released && block; block = block->next)\n"
     "        watcher->released(arena, gone.state, block->data, block->capacity);\n", ""),
    ("watch: spare blocks are not told of", "src/watch/watch.c",
     "for (ArenaBlock *block = arena->current->next; block; block = block->next)\n        to->watcher",
     "for (ArenaBlock *block = NULL; block; block = block->next)\n        to->watcher"),
    ("watch: the first who refuses a mark is the last who is asked", "src/watch/taken_back.c",
     "good = to->watcher->rewinding(arena, to->state, mark) && good;",
     "good = good && to->watcher->rewinding(arena, to->state, mark);"),
    ("check: what has grown after a mark is copied in part", "src/watch/check.c",
     "object->start == ptr && !object->is_loose;", "object->start == ptr;"),
    ("check: an arena that was there is whole", "src/watch/check.c",
     "is_new && !arena->large && !arena->adopted;", "is_new;"),
    ("check: a write in the middle is not found", "src/watch/check.c",
     "memcmp(start + i, start + i + 1, STEP) == 0 ? STEP : 1;", "true ? STEP : 1;"),
    ("check: no bound of what lies idle", "src/watch/idle.c",
     "idle->count < MOST_PIECES &&", ""),
    ("ledger: the oldest on the list cannot be its first", "src/watch/ledger.c",
     "        all = ledger->next;", "        ;"),
    ("options: a word that is too long is cut", "src/watch/options.c",
     "(length >= sizeof word || !apply", "(!apply"),
    ("options: a number may have more behind it", "src/watch/options.c", " && *end == 0", ""),
    ("picture: others have a letter", "src/watch/picture.c",
     "if (i < PICTURE_SITES)\n", "if (true)\n"),
    ("fault: checking does not begin with faults", "src/watch/options.c",
     "    arena_fault_begin_checked();\n", ""),
    ("create: the default is halved", "src/core/arena.c",
     "capacity ? capacity : ARENA_TUNE_FIRST", "capacity ? capacity : ARENA_TUNE_FIRST / 2"),
    ("create: the name is dropped", "src/core/arena.c", "arena->name = options->name;", ""),
    ("create: no options are an error", "src/core/arena.c", "        options = &defaults;", "        return NULL;"),
    ("create: something is used already", "src/core/arena.c",
     "    arena_plan_next_block(arena);\n    arena_return_to(arena, block, block->data);\n    return arena;",
     "    arena_plan_next_block(arena);\n    arena_return_to(arena, block, block->data + 8);\n    return arena;"),
    ("region: no bytes are refused", "src/core/arena.c", "larger(size, 1)", "(size ? size : SIZE_MAX)"),
    ("format: strings take too much", "src/core/format.c",
     "arena->cursor += round_up(size, ARENA_GRANULE);", "arena->cursor += round_up(size, 2 * ARENA_GRANULE);"),
    ("strndup: the end of the string is passed", "src/core/platform.h",
     "return end ? (size_t)(end - text) : most;", "return most < 100 ? most : (size_t)(end - text);"),
    ("owns: the cursor is owned", "src/core/inspect.c",
     "return offset_in(arena->current, ptr) < offset_in", "return offset_in(arena->current, ptr) <= offset_in"),
    ("heap: growth that cannot move fails", "src/memory/source_heap.c",
     "return moved ? moved : relocate_by_copy(block, old_size, new_size);", "return moved;"),
    ("heap: the cache keeps nothing", "src/memory/source_heap.c",
     "if (size > cache_bound(atomic_load(&cache_limit)))", "if (true)"),
    ("heap: only the same size is taken from the cache", "src/memory/source_heap.c",
     "taken->mappings[i].size >= size &&", "taken->mappings[i].size == size &&"),
    ("heap: any larger mapping is taken from the cache", "src/memory/source_heap.c",
     "size + size / 4 + 1", "SIZE_MAX"),
    ("heap: a mapping that cannot be cut is leaked", "src/memory/source_heap.c",
     "    if (!pages)\n        arena_pages_unmap(mapping.pages, mapping.size);\n", ""),
    ("heap: the cache overflows", "src/memory/source_heap.c", "|| taken->count > MAPPINGS", ""),
    ("region: a refused commit is ignored", "src/memory/source_region.c",
     "if (!commit_pages(pages, wanted - region->committed))\n        return false;",
     "commit_pages(pages, wanted - region->committed);"),
    ("region: everything is committed at once", "src/memory/source_region.c",
     "size_t wanted = arena_whole_pages(region_lead() + size);\n    if (wanted <= region->committed)",
     "size_t wanted = region->reserved;\n    if (wanted <= region->committed)"),
    ("region: nothing is decommitted", "src/memory/source_region.c", "arena_pages_decommit(pages, region->committed - wanted, true)",
     "(void *)pages"),
    ("region: the reservation is leaked", "src/memory/source_region.c",
     "arena_pages_unmap(region, region->reserved);", ";"),
    ("region: a refused reservation is used", "src/memory/source_region.c",
     "    if (!region)\n", "    if (false)\n"),
    # Maps
    ("map: a rewind takes nothing out", "src/containers/map.c", "while (root->count > old->count)", "while (false)"),
    ("map: buckets are not merged again", "src/containers/map.c",
     "    if (last >= FIRST)\n        merge(root, last);\n", ""),
    ("map: a bucket is split by another bit", "src/containers/map.c", "link->hash & top ?", "link->hash & 1 ?"),
    ("map: the root is not noted", "src/containers/map.c", "touch_root(arena, root) && ", ""),
    ("map: the map is not noted", "src/containers/map.c",
     "if (!arena_touch(arena, &header, arena_restore_header))", "if (false)"),
    ("map: heads are not cleared", "src/containers/map.c", "root->count == 0 && i < FIRST", "false"),
    ("map: a key has no end", "src/containers/map.c", "copy[length] = 0;", ";"),
    ("map: the count stays", "src/containers/map.c",
     "    map->count = root->count;\n", ""),
    ("map: all seeds are one", "src/containers/map.c", "root->seed = (uint64_t)(uintptr_t)root;", "root->seed = 1;"),
    ("hash: the tail is forgotten", "src/containers/hash.c", "| load_tail(from, size)", "| 0"),
    # Threads
    ("scratch: the first arena is no conflict", "src/threads/scratch.c", "for (size_t i = 0; i < count; i++)", "for (size_t i = 1; i < count; i++)"),
    ("scratch: only the first conflict counts", "src/threads/scratch.c", "for (size_t i = 0; i < count; i++)", "for (size_t i = 0; i < count && i < 1; i++)"),
    ("scratch: depth is counted down", "src/threads/scratch.c",
     "    desk.open = scope->depth - 1;\n", "    desk.open--;\n"),
    ("scratch: nothing is trimmed", "src/threads/scratch.c", "if (arena->current->next)", "if (false)"),
    ("scratch: nothing is kept", "src/threads/scratch.c", "has_room ? SCRATCH_KEPT - arena->current->size : 0", "0"),
    ("scratch: what was adopted stays", "src/threads/scratch.c", "        arena_reset(arena);", "        ;"),
    ("scratch: a trim takes arenas in use", "src/threads/scratch.c",
     "if ((*link)->innermost == 0)", "if (true)"),
    ("scratch: a thread that ends keeps arenas in use", "src/threads/scratch.c", "if (!ended) {", "if (true) {"),
    ("scratch: the oldest that was left ends first", "src/threads/scratch.c",
     "scratch->outermost > youngest->outermost", "scratch->outermost < youngest->outermost"),
    ("scratch: a thread ends oldest first", "src/threads/scratch.c", "    end_left_scopes(0);\n", ""),
    ("scratch: an ended thread is still watched", "src/threads/scratch.c", "    desk.is_watched = false;\n", ""),
    ("scratch: arenas are kept though nobody tells", "src/threads/scratch.c",
     "if (is_outermost && !desk.is_watched)", "if (false)"),
    ("scratch: an arena is noted that could not be made", "src/threads/scratch.c", "    if (!arena) {\n        free(made);", "    if (!made) {\n        free(made);"),
    ("scratch: scopes that were left stay open in other arenas", "src/threads/scratch.c",
     "if (desk.open > scope->depth)", "if (false)"),
    ("array: odd bytes are kept", "src/containers/array.c", "bytes / size * size);", "bytes);"),
    ("scratch: the end twice", "src/threads/scratch.c", "    scope->arena = NULL;\n", ""),
    ("heap: what a thread keeps is freed before its scratch arenas", "src/memory/source_heap.c",
     "    if (first)\n        first(ended);\n    forget_kept();\n", "    forget_kept();\n    mine.is_watched = true;\n    if (first)\n        first(ended);\n"),
    ("picture: names are not escaped", "src/watch/picture.c", 'strchr("&<>\\"", *text)', "false"),
    ("picture: control characters are shown", "src/watch/picture.c", "{0, 32, 0xA0, 0x800, 0x10000}", "{0, 0, 0x80, 0x800, 0x10000}"),
    ("picture: names are not cut", "src/watch/picture.c", "if (letters >= most) {", "if (false) {"),
    ("picture: the last boxes are left out", "src/watch/picture.c", "arena);\n    draw_together(picture);", "arena);"),
    ("picture: nothing is summed up", "src/watch/picture.c", "box_size(block)) >= ALONE_WIDTH", "box_size(block)) >= 0"),
    ("picture: adopted arenas are left out", "src/watch/picture.c",
     "        draw_section(picture, &adopted_blocks, arena);", "        ;"),
    ("picture: a row's end is passed", "src/watch/picture.c", "smaller(end - at, ROW_WIDTH - at % ROW_WIDTH)", "(end - at)"),
    ("picture: what is left of a block is free", "src/watch/picture.c", "block->used, PART_WASTED);\n    visit", "block->used, PART_FREE);\n    visit"),
    ("picture: a failure to write is none", "src/watch/picture.c", "return picture.out && fflush(out) == 0;", "return picture.out;"),
    ("picture: writing goes on after a failure", "src/watch/picture.c", "< 0)\n        picture->out = NULL;", "< 0)\n        ;"),
    ("herd: a joined herd keeps its number", "src/threads/herd.c", "    herd->id = next_number(&last_herd);\n    return count", "    return count"),
    ("herd: a herd has its address for a number", "src/threads/herd.c", "    herd->id = next_number(&last_herd);\n    herd->options", "    herd->id = (size_t)herd;\n    herd->options"),
    ("herd: any herd in the place is this one", "src/threads/herd.c", "return known->herd == herd->id ?", "return known->herd ?"),
    ("herd: all threads are one", "src/threads/herd.c", "herder.number = next_number(&last_thread);", "herder.number = 1;"),
    ("herd: a thread is not found again", "src/threads/herd.c", "while (member && member->thread != herder.number)", "while (member)"),
    ("herd: members are not sorted", "src/threads/herd.c", "HerdMember **from = comes_before(second, first) ? &second : &first;", "HerdMember **from = &first;"),
    ("herd: sorting is not stable", "src/threads/herd.c", "return merge_members(older, younger);", "return merge_members(younger, older);"),
    ("herd: a member may be joined into", "src/threads/herd.c", "if (has_member(herd, into)) {", "if (false) {"),
    ("herd: only the youngest is looked at", "src/threads/herd.c", "    while (member && member->arena != arena)\n        member = member->next;\n    return member != NULL;", "    return member && member->arena == arena;"),
    ("herd: a buffer is shared", "src/threads/herd.c", "if (options && (options->buffer || options->buffer_size)) {", "if (false) {"),
    ("herd: the options are forgotten", "src/threads/herd.c", "options ? *options : (ArenaOptions){0}", "(ArenaOptions){0}"),
    ("herd: an arena is lost for want of a note", "src/threads/herd.c", "        arena_destroy(arena);\n        errno", "        errno"),
    ("herd: peaks are not summed", "src/threads/herd.c", "sums.peak += stats.peak;", "sums.peak = stats.peak;"),
    ("herd: failures are not summed", "src/threads/herd.c", "        sums.failures += stats.failures;\n", ""),
    # Containers
    ("touch: nothing is shared", "src/containers/header.c", "(is_shared ? EPOCH_SHARED : 0)", "0"),
    ("touch: an array is noted at each change", "src/containers/header.c",
     "if (arena_is_now(arena, *header->epoch))", "if (arena_is_now(arena, *header->epoch) && !arena->marked)"),
    ("touch: without a mark something is shared", "src/containers/header.c",
     "arena->marked && saved.capacity > 0", "saved.capacity > 0"),
    ("restore: an array in use by the library is written", "src/containers/header.c",
     "is_in_use(parts[i], rewind->frame) || ", ""),
    ("restore: the epoch of the first change is too old", "src/containers/header.c",
     "epoch < saved->since ||", "epoch <= saved->since ||"),
    ("restore: the epoch of the rewind is too new", "src/containers/header.c",
     "epoch > rewind->now", "epoch >= rewind->now"),
    ("restore: any epoch will do", "src/containers/header.c",
     "if (epoch < saved->since || epoch > rewind->now)", "if (epoch == 1)"),
    ("restore: what is newer is looked at", "src/containers/header.c",
     "return !is_newer && ", "return "),
    ("restore: what began with the mark is looked at", "src/containers/header.c",
     "saved->epoch >= rewind->mark", "saved->epoch > rewind->mark"),
    ("restore: the epoch stays", "src/containers/header.c", "    *old->header.epoch = old->epoch;\n", ""),
    ("containers: what was got in vain is kept", "src/containers/header.c",
     "object ? arena_realloc(arena, object, size, 0) : NULL", "object"),
    ("array: own items are not found where they moved", "src/containers/array.c",
     "is_own ? items_of(array) + offset : source", "source"),
    ("array: an insertion moves items of a mark", "src/containers/array.c",
     "is_shared(array) && index < *count", "false"),
    ("array: a removal moves items of a mark", "src/containers/array.c",
     "(is_shared(array) && !move_items(arena, array, *count))", "false"),
    ("array: what was cut is written over", "src/containers/array.c",
     "        *capacity = kept;", "        (void)capacity;"),
    ("array: what has moved is still shared", "src/containers/array.c",
     "    settle(arena, array, items, bytes);\n    *array->header.epoch = arena->epoch;", "    settle(arena, array, items, bytes);"),
    ("array: a copy is twice as large", "src/containers/array.c",
     "least > capacity ? 2 * capacity : capacity", "2 * capacity"),
    ("array: grows by what is needed", "src/containers/array.c",
     "least > capacity ? 2 * capacity : capacity", "capacity"),
    ("array: the count overflows", "src/containers/array.c",
     "more <= SIZE_MAX - count ? count + more : SIZE_MAX", "count + more"),
    ("segments: a full row is written over", "src/containers/array.c",
     "segments >= FIRST_SEGMENTS &&", "segments > FIRST_SEGMENTS &&"),
    ("segments: the longer row lacks one", "src/containers/array.c",
     "memcpy(longer, row, segments * sizeof *row)", "memcpy(longer, row, (segments - 1) * sizeof *row)"),
    ("segments: a segment is too short", "src/containers/array.c",
     "size_t length = (size_t)8 << segments;", "size_t length = (size_t)8 << (segments < 3 ? segments : 3);"),
    ("text: own strings are written over", "src/containers/text.c",
     "text->items + text->count + 1 : NULL", "text->items + text->count : NULL"),
    ("text: the last byte is passed", "src/containers/text.c", "room > 0 ? room - 1 : 0", "room"),
    ("text: the string has no room for its end", "src/containers/text.c",
     "text->capacity, text->count + 1);", "text->capacity, text->count);"),
    ("text: finished twice", "src/containers/text.c", "    text->count = 0;\n", ""),
    ("grow: an extension takes no more than is needed", "src/core/alloc.c",
     "*size = larger(least, (size_t)(end_of(arena->current) - (unsigned char *)ptr));", "*size = least;"),
    ("grow: all or nothing", "src/core/alloc.c",
     "        *size = least;\n        object = arena_alloc_slow(arena, least, align);",
     "        object = arena_alloc_slow(arena, *size, align);"),
    ("undo: the rewind ends before what its calls did", "src/core/journal.c",
     "        if (rewind)\n            rewind->now", "        if (rewind && !rewind->now)\n            rewind->now"),
    ("undo: nobody knows what is changed", "src/core/journal.c",
     ".target = (void *)(uintptr_t)object, .size = size};", ".target = NULL, .size = size};"),
    ("mark: its epoch is that of what is made after it", "src/core/journal.c",
     "        .epoch = arena->epoch,\n", "        .epoch = arena->epoch + ARENA_EPOCH,\n"),
    ("reset: marks of adopted calls outlive it", "src/core/arena.c",
     "    while (any) {\n        arena->large_floor = NULL; // a call of an adopted arena may have made a mark\n        arena->journal_floor = NULL;\n",
     "    arena->large_floor = NULL;\n    arena->journal_floor = NULL;\n    while (any) {\n"),
]

# Changes that only cost time, in the same form
COSTS = [
    ("cost: new counts on the fast path", "include/arena/arena.h",
     "unsigned char *object = arena->cursor;", "unsigned char *object = arena->cursor;\n    arena->peak++;"),
    ("cost: a small type is compared with the room", "include/arena/arena.h",
     "(ARENA_IS_CONSTANT(size) && ARENA_LAST(size) < ARENA_SMALL - ARENA_GRANULE)", "0"),
    ("cost: what a caller tests is tested on the fast path", "include/arena/compiler.h",
     "((pointer) ? (void)0 : __builtin_unreachable())", "((void)0)"),
    ("cost: zero memory is cleared once more", "include/arena/arena.h",
     "return object < arena->dirty ? memset(object, 0, size) : object;", "return memset(object, 0, size);"),
    ("cost: alloc lets the slow path find its alignment", "include/arena/arena.h",
     "    size_t padding = ARENA_PADDING(cursor);",
     "    size_t padding = 0;\n    if (ARENA_PADDING(cursor))\n"
     "        return arena_alloc_slow(arena, size, ARENA_ALIGNOF(max_align_t));"),
    ("cost: a rewind notes the peak twice", "src/core/journal.c",
     "    note_peak(arena);\n    arena_release_large_until",
     "    note_peak(arena);\n    __asm__ volatile(\"\" : : : \"memory\");\n    note_peak(arena);\n    arena_release_large_until"),
    ("cost: a block's header is cleared twice", "src/core/blocks.c", "    memset(memory, 0, header);\n",
     "    memset(memory, 0, header);\n    __asm__ volatile(\"\" : : : \"memory\");\n    memset(memory, 0, header);\n"),
]


def run(command, **options):
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options).returncode


class Build:
    """A copy of the library and the tests, built piece by piece."""

    def __init__(self, place, flags):
        self.place = place
        self.flags = FLAGS + flags
        for folder in ("include", "src", "tests"):
            shutil.copytree(ROOT / folder, place / folder)
        tests = place / "tests"
        self.units = sorted(tests.glob("test_*.c")) + [tests / "random_model.c"]
        self.fakes = [path for path in sorted(tests.glob("fake_pages_*.c"))]
        self.support = sorted((tests / "support").glob("*.c"))
        self.pages = place / "src/memory/pages_posix.c"
        self.library = [path for path in sorted((place / "src").glob("*/*.c"))
                        if not path.name.startswith("pages_") and path.name != "source_none.c"]

    def object(self, source):
        return source.with_suffix(".o")

    def compile(self, sources):
        def one(source):
            return run([*CC, *self.flags, f"-I{self.place}/include", f"-I{self.place}", "-c", source,
                        "-o", self.object(source)]) == 0
        with ThreadPoolExecutor(2) as pool:
            return all(pool.map(one, sources))

    def compile_all(self):
        return self.compile(self.library + [self.pages, self.place / "tests/fake_pages.c"] +
                            self.support + self.units + self.fakes)

    def test(self, source):
        """Whether the program of this test fails, or cannot even end."""
        fake = source in self.fakes
        pages = self.place / "tests/fake_pages.c" if fake else self.pages
        program = source.with_suffix("")
        objects = [self.object(path) for path in [source, pages] + self.support + self.library]
        if run([*CC, *objects, "-lcmocka", "-lpthread", "-o", program]) != 0:
            return False
        words = [program] + (["--seed", "1"] if source.name == "random_model.c" else [])
        try:
            return run(words, timeout=30) != 0
        except subprocess.TimeoutExpired:
            return True

    def failing(self):
        slow = [path for path in self.units if path.name == "test_large.c"]
        quick = [path for path in self.units if path not in slow] + self.fakes
        with ThreadPoolExecutor(2) as pool:
            failed = list(pool.map(lambda path: self.test(path), quick))
        names = [path.stem for path, fails in zip(quick, failed) if fails]
        return names or [path.stem for path in slow if self.test(path)]


class Counts(Build):
    """A copy of the library of which nothing but its instructions is looked at."""

    def __init__(self, place):
        super().__init__(place, [])
        for folder in ("bench", "cmake"):
            shutil.copytree(ROOT / folder, place / folder)
        for file in ("CMakeLists.txt", "CMakePresets.json"):
            shutil.copy(ROOT / file, place / file)

    def compile(self, sources):
        self.status = run([self.place / "bench/instructions/check", "gcc"])
        return self.status in (0, 1)

    def failing(self):
        return ["instructions"] if self.status == 1 else []


def apply(build, file, old, new):
    """Puts the change in; returns what has to be compiled again, or None if it does not apply."""
    path = build.place / file
    text = path.read_text()
    if old not in text:
        return None
    path.write_text(text.replace(old, new))
    if file.startswith("include/"):
        return build.library + build.support + build.units + build.fakes
    return build.library if file.endswith(".h") else [path]


def try_mutant(build, name, file, old, new):
    path = build.place / file
    intact = path.read_text()
    stale = apply(build, file, old, new)
    if stale is None:
        return "does not apply"
    try:
        if not build.compile(stale):
            return "does not compile"
        caught = build.failing()
        return ", ".join(caught) if caught else "SURVIVED"
    finally:
        path.write_text(intact)
        build.compile(stale)


def make_build(build):
    if not build.compile_all():
        sys.exit("the tests do not build")
    intact = build.failing()
    if intact:
        sys.exit("fails without a mutant: " + ", ".join(intact))
    return build


def choose(words):
    """The mutants that the words name; a word for none is a slip, and must not pass for a success."""
    if "-h" in words or "--help" in words:
        print(__doc__.strip())
        sys.exit(0)
    for word in words:
        if word.startswith("-") or not any(word in mutant[0] for mutant in MUTANTS + COSTS):
            problem = "is no option" if word.startswith("-") else "is in no mutant's name"
            print(f"{sys.argv[0]}: {word} {problem}; --help says more", file=sys.stderr)
            sys.exit(2)
    return [mutant for mutant in MUTANTS + COSTS
            if not words or any(word in mutant[0] for word in words)]


def main():
    chosen = choose(sys.argv[1:])
    with tempfile.TemporaryDirectory() as place:
        plain = make_build(Build(Path(place) / "plain", []))
        cut = make_build(Build(Path(place) / "cut", CUT))
        counts = make_build(Counts(Path(place) / "counts"))
        holes = 0
        for mutant in chosen:
            costs = mutant in COSTS
            verdict = try_mutant(counts if costs else plain, *mutant)
            if verdict == "SURVIVED" and not costs:
                verdict = try_mutant(cut, *mutant)
                if verdict != "SURVIVED":
                    verdict = "in the cut build: " + verdict
            holes += verdict in ("SURVIVED", "does not apply", "does not compile")
            print(f"{mutant[0]}: {verdict}", flush=True)
    print(f"{len(chosen)} mutants, {holes} not caught")
    sys.exit(holes != 0)


if __name__ == "__main__":
    main()
