// The part of libcrypto that TokenCrypto talks to. Swift sees neither macros with arguments, nor variadic functions, nor
// OSSL_PARAM arrays built on the stack comfortably: those few calls are wrapped here, and nothing else is.
#pragma once
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

/// EVP_PKEY_Q_keygen is variadic.
static inline EVP_PKEY *tokenctl_generate_p256(void) {
    return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
}

static inline EVP_PKEY *tokenctl_generate_ed25519(void) {
    return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
}

static inline EVP_PKEY *tokenctl_generate_rsa(size_t bits) {
    return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", bits);
}

/// Gives a MAC context its key and the digest HMAC runs on. Returns 1 for success.
static inline int tokenctl_hmac_sha256_init(EVP_MAC_CTX *ctx, const unsigned char *key, size_t key_length) {
    OSSL_PARAM params[2];
    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA2-256", 0);
    params[1] = OSSL_PARAM_construct_end();
    return EVP_MAC_init(ctx, key, key_length, params);
}

/// HKDF-SHA-256, extract and expand (RFC 5869). Returns 1 for success.
static inline int tokenctl_hkdf_sha256(
    EVP_KDF *kdf, const void *key, size_t key_length, const void *salt, size_t salt_length,
    const void *info, size_t info_length, unsigned char *out, size_t out_length) {
    OSSL_PARAM params[5], *next = params;
    EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
    int result;
    if (ctx == NULL) return 0;
    *next++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA2-256", 0);
    *next++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)key, key_length);
    if (salt_length > 0)
        *next++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)salt, salt_length);
    if (info_length > 0)
        *next++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)info, info_length);
    *next = OSSL_PARAM_construct_end();
    result = EVP_KDF_derive(ctx, out, out_length, params);
    EVP_KDF_CTX_free(ctx);
    return result;
}

/// The selections for EVP_PKEY_fromdata are macros of macros.
static const int tokenctl_select_key_pair = EVP_PKEY_KEYPAIR;
static const int tokenctl_select_public_key = EVP_PKEY_PUBLIC_KEY;

/// OPENSSL_secure_clear_free is a macro over file and line.
static inline void tokenctl_secure_clear_free(void *pointer, size_t length) {
    OPENSSL_secure_clear_free(pointer, length);
}
