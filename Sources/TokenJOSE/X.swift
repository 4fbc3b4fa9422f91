internal import TokenCrypto
