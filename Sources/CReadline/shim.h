// readline's state is C globals, which Swift does not let in, and macros, which it does not see.
#pragma once
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <readline/readline.h>
#include <readline/history.h>

/// Once, before the first line: readline handles no signal, changes no environment, and asks us for completions alone.
///
/// `show-all-if-ambiguous` and the like are preferences, which the person's inputrc is read after.
static inline void readline_start(rl_completion_func_t *_Nonnull complete, rl_compdisp_func_t *_Nonnull display) {
    static const char breaks[] = " \t;'\"\\";
    // Everything we write is UTF-8; under LC_ALL=C readline would take it apart byte by byte.
    if (!setlocale(LC_CTYPE, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0) {
        setenv("LC_ALL", "C.UTF-8", 1);
        setlocale(LC_CTYPE, "C.UTF-8");
    }
    rl_readline_name = "tokenctl";
    rl_catch_signals = 0;
    rl_catch_sigwinch = 0;
    rl_change_environment = 0;
    rl_attempted_completion_function = complete;
    rl_completion_display_matches_hook = display;
    rl_basic_word_break_characters = breaks;
    rl_completer_word_break_characters = breaks;
    rl_sort_completion_matches = 0;
    rl_variable_bind("show-all-if-ambiguous", "on");
    rl_variable_bind("bell-style", "none");
    using_history();
}

static inline const char *_Nonnull readline_buffer(void) { return rl_line_buffer; }
static inline FILE *_Nullable readline_output(void) { return rl_outstream; }

/// How the completion that follows ends: with a blank, a closing quote, or nothing (0). No other completion is tried.
static inline void readline_completed(int end) {
    rl_attempted_completion_over = 1;
    rl_completion_append_character = end;
    rl_completion_suppress_append = end == 0;
}

/// Clears the line after Ctrl-C and shows an empty one, whatever readline was in the middle of: a search, an argument.
static inline void readline_clear_line(void) {
    rl_free_line_state();
    rl_callback_sigcleanup();
    // What was half typed stays to be read, with the ^C behind it: a search is over before that is written.
    rl_point = rl_end;
    rl_redisplay();
    fputs("^C", rl_outstream);
    rl_replace_line("", 0);
    rl_crlf();
    rl_on_new_line();
    rl_redisplay();
}

/// Ends the line on which Ctrl-D was pressed. From 8.1 on readline does so itself, where pastes are marked.
static inline void readline_end_line(void) {
    const char *marks = rl_variable_value("enable-bracketed-paste");
    if (rl_readline_version >= 0x0801 && marks && strcmp(marks, "on") == 0) return;
    fputs("\n", rl_outstream);
    fflush(rl_outstream);
}

/// Puts the terminal into readline's hands again, as it is after a stop.
static inline void readline_resume(void) {
    rl_prep_terminal(1);
    rl_on_new_line();
    rl_redisplay();
}
