import TokenCrypto
import TokenJOSE

extension Reader {
    /// Nothing is accepted by a key that did not sign it, and what it signed only as it was.
    static func jws(_ bytes: [UInt8]) {
        parse(bytes)
        parseDetached(bytes)
        readClaims(bytes)
        let half = bytes.count / 2
        sign(Array(bytes.prefix(4000)), by: keys[bytes.count % keys.count])
        detach(bytes[..<half], other: bytes[half...], by: keys[bytes.count % keys.count])
    }

    private static func parse(_ bytes: [UInt8]) {
        do throws(JOSEError) {
            let jws = try CompactJWS(parsing: bytes)
            let again = jws.signingInput + [UInt8(ascii: ".")] + Array(Base64URL.encode(jws.signature).utf8)
            promise(again == bytes, "jws: the parts are not the whole")
            promise(jws.header["alg"] == .string(jws.alg), "jws: another algorithm than the header's")
            for key in keys { promise(!key.verifier.verify(jws), "jws: a signature out of nowhere verifies") }
        } catch {
            promiseSilence(error.message, about: bytes)
        }
    }

    private static func parseDetached(_ bytes: [UInt8]) {
        do throws(JOSEError) {
            let jws = try DetachedJWS(parsing: bytes)
            for key in keys { promise(!key.verifier.verify(jws, of: bytes[...]), "jws: a detached one verifies") }
        } catch {
            promiseSilence(error.message, about: bytes)
        }
    }

    private static func readClaims(_ bytes: [UInt8]) {
        do throws(JOSEError) {
            let claims = try JWTClaims(payload: bytes)
            mayBePlanted(claims.sub)
            let times = [claims.iat, claims.exp, claims.nbf].compactMap(\.self)
            promise(times.allSatisfy(JWTClaims.allowedTimes.contains), "jws: a time that no token may have")
            let again = try JWTClaims(payload: claims.json.serialized)
            promise(isSame(again.json, claims.json), "jws: other claims")
        } catch {
            promiseSilence(error.message, about: bytes)
        }
    }

    private static func sign(_ payload: [UInt8], by key: Key) {
        guard let text = try? Array(key.signer.sign(protectedHeader: ["typ": "at+jwt"], payload: payload).utf8) else {
            fatalError("broken: jws: cannot sign")
        }
        guard let jws = try? CompactJWS(parsing: text) else {
            return promise(text.count > CompactJWS.maximumSize, "jws: what was signed does not read")
        }
        promise(key.verifier.verify(jws) && jws.payload == payload, "jws: what was signed does not verify")
        guard let altered = try? CompactJWS(parsing: text.changedOnce(among: alphabet)) else { return }
        promise(!key.verifier.verify(altered), "jws: one character changed, and it still verifies")
    }

    private static func detach(_ content: ArraySlice<UInt8>, other: ArraySlice<UInt8>, by key: Key) {
        guard let text = try? key.signer.sign(detached: content, header: []),
            let jws = try? DetachedJWS(parsing: Array(text.utf8))
        else { fatalError("broken: jws: what was signed beside its content does not read") }
        promise(key.verifier.verify(jws, of: content), "jws: a detached signature does not verify")
        promise(key.verifier.verify(jws, of: other) == (content == other), "jws: it verifies other content")
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.".utf8)

    private struct Key: Sendable {
        let signer: JWSSigner
        let verifier: JWSVerifier

        /// From a private key that an RFC printed, and that so is nobody's secret.
        init(_ algorithm: SignatureAlgorithm, printed jwk: String) {
            guard let key = try? PrivateJWK(parsing: SecretBytes(copying: Array(jwk.utf8))),
                let signer = try? JWSSigner(algorithm: algorithm, privateJWK: key),
                let verifier = try? JWSVerifier(algorithm: algorithm, privateJWK: key)
            else { fatalError("no key for \(algorithm)") }
            self.signer = signer
            self.verifier = verifier
        }
    }

    private static let keys = [
        // RFC 8037 appendix A.1
        Key(
            .edDSA,
            printed: """
                {"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
                "d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}
                """),
        // RFC 7515 appendix A.3.1
        Key(
            .es256,
            printed: """
                {"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}
                """),
        // RFC 7515 appendix A.1.1
        Key(
            .hs256,
            printed: """
                {"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}
                """),
    ]
}
