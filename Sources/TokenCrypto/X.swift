internal import COpenSSL
package func x() -> UInt { UInt(OpenSSL_version_num()) }
