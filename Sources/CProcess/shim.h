// What Swift cannot say: variadic calls, C globals of signal handling, and a handler that must not run Swift code.
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

/// Makes the process undumpable: no core file, and no other process of this user may attach to it (prctl(2)).
static inline int process_forbid_dumps(void) {
    return prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L);
}

/// Whether the kernel started this program with more rights than its caller has (getauxval(3)).
static inline int process_is_elevated(void) {
    return getauxval(AT_SECURE) != 0;
}

/// The columns of the terminal behind `fd`, or 0.
static inline int process_columns(int fd) {
    struct winsize size;
    return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/// The rows of the terminal behind `fd`, or 0.
static inline int process_rows(int fd) {
    struct winsize size;
    return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_row : 0;
}

/// The controlling terminal, or -1.
static inline int process_open_terminal(void) {
    return open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
}

static inline int process_has_default_or_own_action(int signal_number) {
    struct sigaction action;
    return sigaction(signal_number, 0, &action) == 0 && action.sa_handler != SIG_IGN;
}

// Async-signal-safe: one write, then out. The code is EX_SOFTWARE of sysexits.h.
static void process_trap(int signal_number) {
    static const char line[] = "tokenctl: error: tokenctl stopped at a bug of its own; nothing half-done was kept\n";
    (void)signal_number;
    ssize_t ignored = write(STDERR_FILENO, line, sizeof line - 1);
    (void)ignored;
    _exit(70);
}

/// Ends traps in one line and 70, on a stack of its own so that an exhausted stack ends so too.
static inline void process_end_traps_in_one_line(void) {
    static char stack_space[65536];
    stack_t stack;
    memset(&stack, 0, sizeof stack);
    stack.ss_sp = stack_space;
    stack.ss_size = sizeof stack_space;
    sigaltstack(&stack, 0);
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = process_trap;
    action.sa_flags = SA_ONSTACK | SA_RESETHAND;
    static const int traps[] = {SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS, SIGFPE};
    for (unsigned i = 0; i < sizeof traps / sizeof *traps; i++) sigaction(traps[i], &action, 0);
}

/// Gives SIGPIPE its default action back: a parent may have it ignored, and then a closed pipe would look like an error.
static inline void process_default_sigpipe(void) {
    signal(SIGPIPE, SIG_DFL);
}

extern char **environ;

/// The environment: `environ` itself is a mutable global, which Swift does not let in.
static inline char *_Nullable *_Nullable process_environment(void) {
    return environ;
}
