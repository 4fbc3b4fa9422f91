// What Swift cannot say: variadic calls, C globals of signal handling, and a handler that must not run Swift code.
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <termios.h>
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

/// A descriptor that one thread makes readable for another (eventfd(2)), or -1.
static inline int process_wakeup(void) {
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
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

/// A pipe whose reader left is an error of the write, as whoever shows output through a pager needs it.
static inline void process_ignore_sigpipe(void) {
    signal(SIGPIPE, SIG_IGN);
}

/// WINCH and TSTP as something to read, instead of what they do by themselves; -1 on failure. `process_release_keys` takes
/// it back.
static inline int process_hold_keys(void) {
    sigset_t held;
    sigemptyset(&held);
    sigaddset(&held, SIGWINCH);
    sigaddset(&held, SIGTSTP);
    if (pthread_sigmask(SIG_BLOCK, &held, 0) != 0) return -1;
    return signalfd(-1, &held, SFD_CLOEXEC | SFD_NONBLOCK);
}

/// The next signal held, or 0.
static inline int process_held_key(int fd) {
    struct signalfd_siginfo info;
    return read(fd, &info, sizeof info) == sizeof info ? (int)info.ssi_signo : 0;
}

static inline void process_release_keys(int fd) {
    sigset_t held;
    sigemptyset(&held);
    sigaddset(&held, SIGWINCH);
    sigaddset(&held, SIGTSTP);
    if (fd >= 0) close(fd);
    pthread_sigmask(SIG_UNBLOCK, &held, 0);
}

/// Stops, as Ctrl-Z does where nobody holds it; returns when continued.
static inline void process_stop(void) {
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    pthread_sigmask(SIG_UNBLOCK, &stop, 0);
    raise(SIGTSTP);
    pthread_sigmask(SIG_BLOCK, &stop, 0);
}

/// Whether the terminal shows keys that are signals, as `^C` in the middle of what is written. Answers whether it did.
static inline int process_echo_signals(int fd, int on) {
    struct termios settings;
    if (tcgetattr(fd, &settings) != 0) return 0;
    int was = (settings.c_lflag & ECHOCTL) != 0;
    settings.c_lflag = on ? settings.c_lflag | ECHOCTL : settings.c_lflag & ~(tcflag_t)ECHOCTL;
    tcsetattr(fd, TCSADRAIN, &settings);
    return was;
}

/// A pipe that no child inherits by accident.
static inline int process_pipe(int *_Nonnull ends) {
    if (pipe(ends) != 0) return -1;
    return fcntl(ends[0], F_SETFD, FD_CLOEXEC) != 0 || fcntl(ends[1], F_SETFD, FD_CLOEXEC) != 0 ? -1 : 0;
}

/// Something that can be read once the process has ended (pidfd_open(2)), or -1.
static inline int process_end(pid_t pid) {
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

extern char **environ;

/// The environment: `environ` itself is a mutable global, which Swift does not let in.
static inline char *_Nullable *_Nullable process_environment(void) {
    return environ;
}
