import Foundation
import TokenLifecycle

/// An application that spends each refresh token it is given, one a line of standard input, and answers each with a line of
/// JSON: `access_token` and `refresh_token`, or the `reason` why not.
///
///     racer DATABASE MASTER-KEY
///
/// It stays open from line to line, so a thousand rounds of two hundred of them cost what they do and not what starting
/// processes does.
@main struct Racer {
    static func main() async {
        let words = CommandLine.arguments
        guard words.count == 3 else { end("usage: racer DATABASE MASTER-KEY", code: 64) }
        var options = TokenStore.Options()
        options.readers = 1
        // With hundreds waiting for one writer, the standard five seconds are not enough.
        options.lockTimeout = .seconds(60)
        do {
            let store = try await TokenStore.open(at: words[1], masterKeyFile: words[2], options: options)
            while let token = readLine() {
                let answer: [String: String] =
                    switch try await store.refresh(token, client: "web") {
                    case .refreshed(let pair):
                        ["access_token": pair.accessToken, "refresh_token": pair.refreshToken]
                    case .refused(let reason): ["reason": reason.rawValue]
                    }
                FileHandle.standardOutput.write(try JSONEncoder().encode(answer) + Data("\n".utf8))
            }
            try await store.close()
        } catch {
            end("racer: \(error)", code: 1)
        }
    }

    private static func end(_ message: String, code: Int32) -> Never {
        FileHandle.standardError.write(Data((message + "\n").utf8))
        exit(code)
    }
}
