// What the sanitizers run with and know, in the tests and in every process that these start. Compiled in, because a test gives its
// processes an environment of their own.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

// REPORTS is where reports go, a file a process: what a process writes that a test has started, nobody may read. And it ends in a
// code that is none of ours, which no test can take for an answer.
//
// Swift keeps the case of an enum in spare bits of the pointer beside it, so that what is held looks lost. The fuzzers look for
// leaks, where inputs come by the million.
const char *__asan_default_options(void) { return "detect_leaks=0:exitcode=86:log_path=" REPORTS; }
const char *__tsan_default_options(void) { return "exitcode=86:log_path=" REPORTS; }

#if __has_feature(thread_sanitizer)

// Swift's Mutex takes and gives back a lock that nobody waits for in the code that uses it, where the sanitizer sees that. It
// waits, and wakes who waits, in the library Synchronization, which comes without the sanitizer's marks: of a lock that two
// threads fought for, one would seem not to have come after the other. So these stand before the library's own, and say it.

void __tsan_acquire(void *address);
void __tsan_release(void *address);

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *self
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

static SWIFT void (*library_lock)(uint32_t thread, SELF);
static SWIFT _Bool (*library_try_lock)(SELF);
static SWIFT void (*library_unlock)(SELF);

__attribute__((constructor(101))) static void find(void) {
    library_lock = dlsym(RTLD_NEXT, LOCK);
    library_try_lock = dlsym(RTLD_NEXT, TRY_LOCK);
    library_unlock = dlsym(RTLD_NEXT, UNLOCK);
}

SWIFT void mutex_lock(uint32_t thread, SELF) __asm__(LOCK);
SWIFT void mutex_lock(uint32_t thread, SELF) {
    library_lock(thread, self);
    __tsan_acquire(self);
}

SWIFT _Bool mutex_try_lock(SELF) __asm__(TRY_LOCK);
SWIFT _Bool mutex_try_lock(SELF) {
    _Bool is_taken = library_try_lock(self);
    if (is_taken) __tsan_acquire(self);
    return is_taken;
}

SWIFT void mutex_unlock(SELF) __asm__(UNLOCK);
SWIFT void mutex_unlock(SELF) {
    __tsan_release(self);
    library_unlock(self);
}

#endif
