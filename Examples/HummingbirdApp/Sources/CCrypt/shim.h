// The system's password hashing: crypt_r, with yescrypt where the hash begins with $y$.
#include <crypt.h>
