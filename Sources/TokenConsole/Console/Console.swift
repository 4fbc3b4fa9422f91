package import TokenLifecycle

/// The world of one command: everything it reads, writes and asks. Nothing in a command reaches past it, so a test runs
/// commands in process with a world of its own.
package struct Console {
    package var environment: [String: String]
    package var clock: Clock
    package var input: Input
    package var output: Sink
    package var errors: Sink
    package var prompter: Prompter
    /// Who runs this: recorded beside the actor in every audit event.
    package var uid: UInt32
    package var login: String?
    package var interruption: Interruption
    /// The options that any command takes; the dispatcher sets them before it runs one.
    package var globals = Globals()
    /// What they are where a command line says nothing: in a shell, what the shell itself was given.
    package var standing = Globals()
    /// Where a script stands, `stdin:3`: in front of every error.
    package var place: String?
    /// The rows of the last listing, for who will refer to them; nil where nobody will.
    package var listed: ListedRows?
    /// Whether listings for people say the numbers of their rows.
    var numbersRows = false
    /// How the command ended if it threw nothing: `.no`, `.nothingMatched` and `.partial` are answers, not errors.
    package var outcome = ExitCode.done
    /// Whether the store stays open for the commands that follow.
    package var keepsStore = false
    /// The schema of the verb that runs; an act's own name where none is known.
    var schema: String?
    var openStore: OpenStore?

    package init(
        environment: [String: String], clock: Clock, input: Input, output: Sink,
        errors: Sink, prompter: Prompter = .nobody, uid: UInt32, login: String?,
        interruption: Interruption = Interruption()
    ) {
        self.environment = environment
        self.clock = clock
        self.input = input
        self.output = output
        self.errors = errors
        self.prompter = prompter
        self.uid = uid
        self.login = login
        self.interruption = interruption
    }

    package var now: Instant { clock.now() }

    /// An environment variable; an empty one counts as not set.
    package func variable(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Who is recorded as acting: `--as`, else who called sudo, else the login name; never what looks like a secret. That is
    /// passed over and not refused: an act that ends something must not wait for an environment to be mended.
    package var actor: String {
        [globals.actor, variable("SUDO_USER"), login].lazy.compactMap { $0 }
            .first { SecretGuard.secret(in: $0) == nil } ?? "uid \(uid)"
    }

    package var notes: Notes { Notes(sink: errors, isSilent: globals.isQuiet || globals.isCron) }

    /// Whether a person may be asked something.
    package var canAsk: Bool { prompter.isAvailable && !globals.noInput && !globals.isCron }
}
