#pragma once
#include <sqlite3.h>
#include <sys/vfs.h>

// What Swift cannot call: variadic functions, casts in macros, and methods behind a struct of function pointers.

/// Turns a connection flag (SQLITE_DBCONFIG_…) on or off; SQLITE_ERROR when SQLite did not take it.
static inline int csqlite_set_flag(sqlite3 *db, int flag, int on) {
    int now = -1;
    int code = sqlite3_db_config(db, flag, on, &now);
    return code == SQLITE_OK && now != on ? SQLITE_ERROR : code;
}

/// The value of a connection flag: 0, 1, or -1 when this SQLite does not know it.
static inline int csqlite_flag(sqlite3 *db, int flag) {
    int now = -1;
    sqlite3_db_config(db, flag, -1, &now);
    return now;
}

/// Binds text of `count` bytes, copied. A null pointer is empty text, not NULL.
static inline int csqlite_bind_text(sqlite3_stmt *statement, int index, const char *bytes, sqlite3_uint64 count) {
    return sqlite3_bind_text64(statement, index, bytes ? bytes : "", bytes ? count : 0, SQLITE_TRANSIENT, SQLITE_UTF8);
}

/// Binds a blob of `count` bytes, copied. A null pointer is an empty blob, not NULL.
static inline int csqlite_bind_blob(sqlite3_stmt *statement, int index, const void *bytes, sqlite3_uint64 count) {
    return sqlite3_bind_blob64(statement, index, bytes ? bytes : "", bytes ? count : 0, SQLITE_TRANSIENT);
}

/// Reads the first `count` bytes of the main database file with the descriptor the connection already holds: no lock, no
/// WAL, no schema. Opening the file a second time, and closing that descriptor, would drop the process' POSIX locks.
/// A file that is shorter is filled up with zeros.
static inline int csqlite_read_start(sqlite3 *db, unsigned char *bytes, int count) {
    sqlite3_file *file = 0;
    int code = sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    if (code != SQLITE_OK) return code;
    if (!file || !file->pMethods) return SQLITE_CANTOPEN;
    code = file->pMethods->xRead(file, bytes, count, 0);
    return code == SQLITE_IOERR_SHORT_READ ? SQLITE_OK : code;
}

/// What a file of SQLite's said of its last failure: an errno, or 0.
static inline int csqlite_file_error(sqlite3_file *file) {
    int code = 0;
    if (file && file->pMethods) file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &code);
    return code;
}

/// The errno of a read from the database file or its log that failed, the last of this connection; 0 where none did.
static inline int csqlite_read_error(sqlite3 *db) {
    sqlite3_file *file = 0, *log = 0;
    sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    int code = csqlite_file_error(file);
    return code ? code : csqlite_file_error(log);
}

/// What kind of file system a path is on (statfs(2)), which SQLite does not ask; 0 when it cannot be told.
static inline unsigned int csqlite_file_system(const char *path) {
    struct statfs status;
    return statfs(path, &status) == 0 ? (unsigned int)status.f_type : 0;
}
